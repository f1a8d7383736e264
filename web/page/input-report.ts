/**
 * What was found in an input, and what to do with it.
 * @module
 */
import type { ExpressionManifest, Harmonise } from "../../schemas/index.ts";
import type { InputReport, PredictOptions } from "../index.ts";
import { faultAlert, fullStop } from "./alert.ts";
import { type Child, element, labelled, select } from "./element.ts";
import { count, counted, percent } from "./format.ts";
import { fact } from "./model-panel.ts";
import { pageWords } from "./page-words.ts";

/** What the user chose. */
export type RunChoices = Pick<
  PredictOptions,
  "harmonise" | "scale" | "duplicates" | "maxMissing" | "allowScaleMismatch"
>;

/** How a report is shown. */
export interface ReportEvents {
  readonly manifest: ExpressionManifest;
  /** What was chosen before, kept when the report is made anew. */
  readonly choices: RunChoices;
  /** Choices changed that the report depends on. */
  readonly onInspect: (choices: RunChoices) => void;
  readonly onRun: (choices: RunChoices) => void;
}

const harmonisations: Readonly<Record<Harmonise, string>> = {
  none: "values as they are",
  quantile: "ranks within each profile take the training data's values",
  cohort: "each gene takes the training mean and sd; for 20 profiles or more",
};

const cohortSize = 20;

/** The report with its controls. */
export function inputReport(report: InputReport, events: ReportEvents): HTMLElement {
  const { scale, problem, warnings } = report;
  const form = choiceForm(report, events);
  return element(
    "div",
    {},
    facts(report),
    missingList(report),
    ...nameLists(report),
    problem === undefined ? undefined : faultAlert(problem.fault),
    scale === undefined ? undefined : verdict(report, scale),
    warnings.length === 0
      ? undefined
      : element("details", {}, element("summary", {}, "Notes on the file"), list(warnings)),
    form,
  );
}

function facts({ format, samples, genes, idType, landmarks }: InputReport): HTMLElement {
  const share = landmarks.found / landmarks.total;
  return element(
    "dl",
    { class: "facts" },
    fact("Format", format?.toUpperCase() ?? "synthetic"),
    fact("Profiles", count(samples)),
    fact("Genes", count(genes), ` ${idType} ids`),
    fact("Landmarks found", `${count(landmarks.found)} of ${count(landmarks.total)}`, ` ${percent(share)}`),
  );
}

function missingList({ landmarks }: InputReport): Child {
  const { missing } = landmarks;
  if (missing.length === 0) return undefined;
  const shown = missing.slice(0, 60).join(", ");
  const more = missing.length > 60 ? ` and ${count(missing.length - 60)} more` : "";
  return element(
    "details",
    {},
    element("summary", {}, `${counted(missing.length, "landmark")} not in the file, to be inferred, too`),
    element("p", { class: "where" }, shown, more),
  );
}

/** What the names of the file's genes were taken for, and which were not taken. */
function nameLists({ landmarks: { renamed, ambiguous, close } }: InputReport): readonly Child[] {
  const told = [
    [renamed, (genes: number) => `${counted(genes, "landmark")} found under other names`],
    [ambiguous, (names: number) => `${counted(names, "name")} of a missing landmark or of another gene, not taken`],
    [close, (names: number) => `${counted(names, "unknown name")} close to a missing landmark, not taken`],
  ] as const;
  return told.map(([names, title]) => {
    if (names.length === 0) return undefined;
    const shown = names.slice(0, 60).map(({ landmark, name }) => `${landmark} as ${name}`);
    const more = names.length > 60 ? ` and ${count(names.length - 60)} more` : "";
    const text = element("p", { class: "where" }, shown.join(", "), more);
    return element("details", {}, element("summary", {}, title(names.length)), text);
  });
}

function verdict({ label }: InputReport, { ok, message, advice }: NonNullable<InputReport["scale"]>): HTMLElement {
  const title = ok ? "The scale fits the model" : "The scale does not fit the model";
  return element(
    "div",
    { class: ok ? "verdict" : "verdict misfit", role: "status", "aria-label": `Scale of ${label}` },
    element("strong", {}, title),
    element("p", {}, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`),
    advice === "" ? undefined : element("p", { class: "advice" }, fullStop(pageWords(advice))),
  );
}

function list(items: readonly string[]): HTMLElement {
  return element("ul", {}, ...items.map((item) => element("li", {}, item)));
}

function choiceForm(report: InputReport, events: ReportEvents): HTMLElement {
  const { scale, problem } = report;
  const { choices, onInspect, onRun } = events;
  const harmonise = harmoniseChoice(report, choices.harmonise);
  const anyway = element("input", { type: "checkbox", checked: choices.allowScaleMismatch === true });
  const further = furtherChoices(events);
  const chosen = (): RunChoices => ({
    ...further.chosen(),
    // Not asked for where the scale is not known yet.
    ...(scale !== undefined && { harmonise: harmonise.chosen() }),
    allowScaleMismatch: anyway.checked,
  });
  const run = element("button", { type: "submit", class: "primary" }, "Infer all genes");
  const refresh = (): void => {
    const fits = scale !== undefined && (scale.ok || scale.remedies.includes(harmonise.chosen()));
    run.disabled = problem !== undefined || !(fits || anyway.checked);
  };
  refresh();
  for (const field of further.inspected) field.addEventListener("change", () => onInspect(chosen()));
  const submit = (event: Event): void => {
    event.preventDefault();
    onRun(chosen());
  };
  const mismatch = element(
    "label",
    { class: "choice" },
    anyway,
    element("span", {}, "Run it as it is, although it does not fit"),
  );
  return element(
    "form",
    { onsubmit: submit, onchange: refresh },
    scale === undefined ? undefined : harmonise.root,
    scale === undefined || scale.ok ? undefined : mismatch,
    element(
      "details",
      { open: problem !== undefined },
      element("summary", {}, "More choices"),
      element("div", { class: "controls" }, ...further.fields),
    ),
    element("div", { class: "actions" }, run),
  );
}

/** Units, repeated genes, missing landmarks; `inspected` are those that the report depends on. */
function furtherChoices({ manifest, choices }: ReportEvents) {
  const units = select(
    [
      ["native", `The model's (${manifest.scale})`],
      ["z", "z scores of the training data"],
    ],
    choices.scale ?? "native",
  );
  const duplicates = select(
    [
      ["error", "Refuse"],
      ["mean", "Take their mean"],
      ["max", "Take the largest"],
    ],
    choices.duplicates ?? "error",
  );
  const maxMissing = select(
    [0.1, 0.25, 0.5, 0.9].map((share) => [String(share), `Up to ${100 * share} %`] as const),
    String(choices.maxMissing ?? 0.1),
  );
  return {
    fields: [
      labelled("Units of inferred genes", units),
      labelled("Several rows of one gene", duplicates),
      labelled("Missing landmarks", maxMissing),
    ],
    inspected: [duplicates, maxMissing],
    chosen: (): RunChoices => ({
      scale: units.value === "z" ? "z" : "native",
      duplicates: duplicates.value === "mean" || duplicates.value === "max" ? duplicates.value : "error",
      maxMissing: Number(maxMissing.value),
    }),
  };
}

/** The harmonisations, with the one that fits chosen where the file needs one. */
function harmoniseChoice({ scale, samples }: InputReport, before: Harmonise | undefined) {
  const remedies = scale === undefined || scale.ok ? [] : scale.remedies;
  const usable = (name: Harmonise): boolean => name !== "cohort" || samples >= cohortSize;
  const advised = remedies.find(usable);
  const first = before ?? advised ?? "none";
  const radios = (Object.keys(harmonisations) as Harmonise[]).map((value) => ({
    value,
    radio: element("input", {
      type: "radio",
      name: "harmonise",
      value,
      checked: value === first,
      disabled: !usable(value),
    }),
  }));
  const root = element(
    "fieldset",
    {},
    element("legend", {}, "Harmonise with the training data"),
    ...radios.map(({ value, radio }) =>
      element(
        "label",
        { class: "choice" },
        radio,
        element(
          "span",
          {},
          `${value} `,
          element("small", {}, `– ${harmonisations[value]} `),
          value === advised ? element("span", { class: "tag" }, "advised for this file") : undefined,
        ),
      ),
    ),
  );
  return { root, chosen: (): Harmonise => radios.find(({ radio }) => radio.checked)?.value ?? "none" };
}
