import type { Figure } from "../../evaluate/plots/chart.ts";
import type { EpochRow } from "../checkpoint.ts";
import { type Line, lineFigure } from "./line-figure.ts";

/** Okabe & Ito's colours in the order of the evaluation report, dark enough for white and light enough for black. */
export const lineColours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#B8A200", "#8C6D46"] as const;
/** Ridge, as in the evaluation report. */
export const ridgeColour = "#E69F00";
const monitorColour = "#8A8F98";

/** Ridge's MAE (z units) on sets of rows, by the keys of an epoch's `mae`. */
export type RidgeLines = Readonly<Record<string, number | undefined>>;

type Epochs = readonly EpochRow[];

const epochAxis = { name: "epoch", whole: true } as const;

const line = (name: string, colour: string, points: Line["points"]): Line => ({ name, colour, points });

/** Every key of a measured set, in the order of first appearance. */
const maeKeys = (history: Epochs): string[] => [...new Set(history.flatMap(({ mae }) => Object.keys(mae)))];

/** `validation:GTEx` as a reader says it. */
export function setLabel(key: string): string {
  const [split = "", cohort] = key.split(/:(.*)/s);
  return cohort === undefined ? split : `${cohort} (${split})`;
}

function maeFigure(history: Epochs, ridge: RidgeLines): Figure | undefined {
  const keys = maeKeys(history);
  const measured = keys.map((key, at) =>
    line(
      setLabel(key),
      lineColours[at % lineColours.length] ?? monitorColour,
      history.flatMap((epoch) => {
        const mae = epoch.mae[key];
        return mae === undefined ? [] : [[epoch.epoch, mae] as const];
      }),
    ),
  );
  const monitor = line(
    "training (monitored rows)",
    monitorColour,
    history.map(({ epoch, monitorMae }) => [epoch, monitorMae]),
  );
  const ends = [history[0]?.epoch ?? 1, history.at(-1)?.epoch ?? 1] as const;
  const ridges = measured.flatMap(({ name, colour }, at): Line[] => {
    const mae = ridge[keys[at] ?? ""];
    if (mae === undefined) return [];
    // Beside several sets each ridge has its set's colour.
    const own = keys.length > 1 ? { name: `ridge, ${name}`, colour } : { name: "ridge", colour: ridgeColour };
    return [{ ...own, dashed: true, points: ends.map((epoch) => [epoch, mae]) }];
  });
  return lineFigure(
    {
      id: "mae",
      title: "Error by epoch",
      caption:
        "Mean absolute error of the weights after each epoch (D-GEX, fig. 5); lower is better. " +
        "Held-out curves that rise while training falls tell overfitting. " +
        (ridges.length > 0 ? "Dashed: ridge regression on the same rows, the error to beat." : ""),
    },
    { x: epochAxis, y: { name: "MAE (z units)" } },
    [...measured, monitor, ...ridges],
  );
}

function lossFigure(history: Epochs): Figure | undefined {
  return lineFigure(
    {
      id: "loss",
      title: "Training loss",
      caption: "Mean over the epoch's steps of the loss before each update: a sum over targets, a mean over the batch.",
    },
    { x: epochAxis, y: { name: "loss", log: true } },
    [
      line(
        "loss",
        lineColours[0],
        history.map(({ epoch, loss }) => [epoch, loss]),
      ),
    ],
  );
}

function rateFigure(history: Epochs): Figure | undefined {
  return lineFigure(
    { id: "rate", title: "Learning rate", caption: "The rate that each epoch was trained with." },
    { x: epochAxis, y: { name: "learning rate", log: true } },
    [
      line(
        "learning rate",
        lineColours[2],
        history.map(({ epoch, learningRate }) => [epoch, learningRate]),
      ),
    ],
  );
}

function timeFigure(history: Epochs): Figure | undefined {
  return lineFigure(
    {
      id: "time",
      title: "Time of an epoch",
      caption:
        "Seconds with the evaluation of held-out rows; what was before a resumed training's last stop is left out.",
    },
    { x: epochAxis, y: { name: "seconds", fromZero: true } },
    [
      line(
        "seconds",
        lineColours[3],
        history.map(({ epoch, seconds }) => [epoch, seconds]),
      ),
    ],
  );
}

/** The curves of a training: error with ridge's line, loss, learning rate, time. */
export function trainingCurves(history: Epochs, ridge: RidgeLines): Figure[] {
  const figures = [maeFigure(history, ridge), lossFigure(history), rateFigure(history), timeFigure(history)];
  return figures.filter((figure) => figure !== undefined);
}

/** Validation MAE of every candidate of a closed form, a line a hyper-parameter. */
export function candidateCurves(
  candidates: readonly { readonly name: string; readonly value: number; readonly validationMae: number }[],
): Figure[] {
  const names = [...new Set(candidates.map(({ name }) => name))].filter((name) => name !== "epoch");
  return names.flatMap((name) => {
    const own = candidates.filter((candidate) => candidate.name === name).toSorted((a, b) => a.value - b.value);
    const points = own.map(({ value, validationMae }) => [value, validationMae] as const);
    const figure = lineFigure(
      {
        id: `candidates-${name.replaceAll(/\W/g, "_")}`,
        title: `Validation error by ${name}`,
        caption: `Mean absolute error on validation rows of every ${name} tried; the lowest was kept.`,
      },
      { x: { name, log: true }, y: { name: "MAE (z units)" } },
      [{ name, colour: lineColours[0], points, marked: true }],
    );
    return own.length > 1 && figure ? [figure] : [];
  });
}
