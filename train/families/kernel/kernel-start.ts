import { joinedArrays } from "../../../data/joined-arrays.ts";
import { Products } from "../../../runtime/algebra/products.ts";
import { AppError } from "../../../schemas/errors.ts";
import { type KernelStart, LinearRecipe } from "../../../schemas/index.ts";
import { best, edgeNote, requireValidation } from "../../candidates.ts";
import type { Affine } from "../affine.ts";
import type { FittedModel } from "../family.ts";
import { type FitInput, fitLinear } from "../linear.ts";
import type { StartFit } from "../start-fit.ts";
import { clusterTargets } from "./gene-groups.ts";
import { type FitGroup, wholeFits } from "./group-fit.ts";
import { kernelEnd, kernelLayers } from "./kernel-layers.ts";
import { drawnPositions, type HeldRows, kernelBytes, readRows } from "./kernel-rows.ts";
import { scoreRidgeShares } from "./kernel-score.ts";
import { choicesOf, type SettingFit, searchKernel, settingFits } from "./kernel-search.ts";
import { streamedFits } from "./nystrom-fit.ts";

/** Fewest profiles that leave something to learn from when one is left out. */
const fewestProfiles = 3;

/** What a kernel start is fitted from beside its recipe. */
export interface KernelInput extends FitInput {
  /** The cohort whose validation rows choose; absent: all. */
  readonly selectOn?: string | undefined;
  /** Memory that this process may still take. */
  readonly availableBytes: number;
}

/** Ridge, by which targets are grouped and landmarks weighed, and which may be mixed in. */
export function fitRidge(
  lambda: KernelStart["lambda"],
  input: FitInput & { readonly selectOn?: string | undefined },
): Promise<FittedModel> {
  const { selectOn } = input;
  const recipe = LinearRecipe.parse({
    schemaVersion: 1,
    name: "ridge",
    family: "linear",
    ...(lambda !== undefined && { lambda }),
    ...(selectOn !== undefined && { selectOn }),
  });
  return fitLinear(recipe, input);
}

/** The map of a linear model. */
export function affineOf({ model }: FittedModel): Affine {
  const [layer] = model.layers;
  if (layer?.kind === "dense") return layer;
  throw new AppError("internal", { what: "a linear model has another layer than a Dense one", where: model.name });
}

/**
 * Fits the kernel start (docs/residual.md): grouped by ridge, compared by a kernel, solved in closed form.
 * @throws AppError `usage` for fewer than 3 training profiles, for several candidates without validation rows, and
 * where memory does not suffice; `cancelled`.
 */
export async function fitKernelStart(start: KernelStart, input: KernelInput): Promise<StartFit> {
  const { data, open, context, selectOn } = input;
  const { choices, rows, notes } = await prepare(start, input);
  const { centres, held } = rows;
  await using ridge = await fitRidge(start.lambda, input);
  await using products = new Products(open);
  const { kernel } = affineOf(ridge);
  const weights = { kernel, landmarks: data.landmarks, targets: data.targets };
  const labels = new Map<number, Promise<Int32Array>>();
  const clustersOf = (clusters: number): Promise<Int32Array> => {
    const known = labels.get(clusters) ?? clusterTargets(open, weights, { clusters, seed: start.seed });
    labels.set(clusters, known);
    return known;
  };
  const check = (): void => {
    if (context.signal?.aborted)
      throw new AppError("cancelled", { what: "training was stopped", advice: "Run it again" });
  };
  const fitAndScore = settingFits({
    fitGroup: rows.fitGroup,
    held,
    weights,
    clustersOf,
    options: { products, penalties: start.penalties, check },
    onGroup: (done, total) => context.onProgress({ phase: "fit kernel", done, total, unit: "gene clusters" }),
  });
  const { fit, candidates } = await searchKernel(start, fitAndScore);
  const end = await ending(start, { fit, held, ridge });
  const { shape, winsorise, clusters, metricPower } = fit.setting;
  const layers = await kernelLayers(products, { ...fit, shape, centres });
  const targetOrder = Int32Array.from(fit.groups.flatMap(({ group }) => [...group.targets]));
  const isInOrder = targetOrder.every((target, place) => target === place);
  return {
    layers: [...layers, ...kernelEnd(layers.at(-1)?.name ?? "", end.layersOf(targetOrder))],
    ...(!isInOrder && { targetOrder }),
    ...(held.count > 0 && { validationMae: end.validationMae }),
    selected: {
      lambda: ridge.selected["lambda"] ?? Number.NaN,
      gamma: shape.gamma,
      linear: shape.linear,
      winsorise,
      clusters,
      ...(clusters > 1 && { metricPower }),
      medianShare: fit.shiftShare,
      ...(start.mix && { ridgeShare: end.share }),
    },
    candidates: [...ridge.candidates, ...candidates, ...end.candidates],
    notes: [
      ...notes,
      ...ridge.notes,
      ...edgeNote("winsorise", winsorise, choices.winsorise),
      ...(clusters > 1 ? edgeNote("metricPower", metricPower, choices.metricPower) : []),
      ...(selectOn === undefined ? [] : [`every choice is by the validation rows of ${selectOn}`]),
    ],
  };
}

/** Checks what the dataset allows, and reads the rows. */
async function prepare(start: KernelStart, input: KernelInput) {
  const { data, selectOn, availableBytes } = input;
  const choices = choicesOf(start);
  for (const [name, values] of Object.entries(choices))
    if (values.length > 1) requireValidation(`start.${name}`, data, selectOn);
  const total = data.count("train");
  if (total < fewestProfiles)
    throw new AppError("usage", {
      what: "there are too few training profiles to leave one out",
      expected: `at least ${fewestProfiles}`,
      got: String(total),
    });
  const centres = Math.min(total, start.profiles);
  const validation = data.count("validation", selectOn);
  const held = Math.min(validation, start.profiles);
  const { landmarks, targets } = data;
  const needed = kernelBytes({ centres, held, landmarks, targets });
  if (needed > availableBytes)
    throw new AppError("usage", {
      what: "the kernel fit needs more memory than there is",
      expected: `about ${gigabytes(needed)} for ${centres} profiles`,
      got: gigabytes(availableBytes),
      advice: "Lower start.profiles",
    });
  const notes = held < validation ? [`${held} of ${validation} validation profiles, drawn at random, choose`] : [];
  const [chosen = new Int32Array()] = drawnPositions(validation, [held], start.seed);
  const heldRows = await readRows(data, { split: "validation", cohort: selectOn, positions: chosen });
  const rows = centres < total ? await someCentres(start, input, heldRows) : await allCentres(input, heldRows);
  return { choices, rows, notes: [...notes, ...rows.notes] };
}

/** What profiles are compared with, and how groups are fitted. */
interface PreparedRows {
  /** `[N, L]` */
  readonly centres: Float32Array;
  readonly held: HeldRows;
  readonly fitGroup: FitGroup;
  readonly notes: readonly string[];
}

async function allCentres({ data }: KernelInput, held: HeldRows): Promise<PreparedRows> {
  const [positions = new Int32Array()] = drawnPositions(data.count("train"), [data.count("train")], 0);
  const train = await readRows(data, { split: "train", positions });
  return { centres: train.x, held, fitGroup: wholeFits({ train, held }), notes: [] };
}

async function someCentres(start: KernelStart, { data, open }: KernelInput, held: HeldRows): Promise<PreparedRows> {
  const total = data.count("train");
  const sizes = [start.profiles, Math.min(start.profiles, total - start.profiles)];
  const [centrePositions = new Int32Array(), judgedPositions = new Int32Array()] = drawnPositions(
    total,
    sizes,
    start.seed,
  );
  const centres = await readRows(data, { split: "train", positions: centrePositions });
  const judged = await readRows(data, { split: "train", positions: judgedPositions });
  const notes = [
    `Nyström approximation: ${total} training profiles, ${centres.count} of them centres drawn at random ` +
      "(start.profiles); outliers are not pulled in, and every cluster takes a pass over the training rows: all " +
      "profiles as centres predict better (docs/residual.md)",
  ];
  return { centres: centres.x, held, fitGroup: streamedFits({ data, open, centres: centres.x, judged, held }), notes };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;

interface Ending {
  readonly fit: SettingFit;
  readonly held: HeldRows;
  readonly ridge: FittedModel;
}

/** The share of ridge, and what the last layers are made of. */
async function ending({ mix }: KernelStart, { fit, held, ridge }: Ending) {
  const candidates = mix && held.count > 0 ? scoreRidgeShares(fit, held, await ridge.predictZ(held.x, held.count)) : [];
  const { value: share, validationMae } = candidates.length > 0 ? best(candidates) : { value: 0, ...fit };
  const floors = fit.groups.map(({ floor }) => floor);
  return {
    share,
    validationMae,
    candidates: candidates.map((candidate) => ({ name: "ridgeShare", ...candidate })),
    layersOf: (order: Int32Array) => ({
      floor: joinedArrays(floors, Float32Array),
      ...(share > 0 && { mix: { ridge: inOrder(affineOf(ridge), order), share } }),
    }),
  };
}

/** A linear map with its targets in another order. */
function inOrder({ kernel, bias }: Affine, order: Int32Array): Affine {
  const ordered = new Float32Array(kernel.length);
  const t = order.length;
  for (let start = 0; start < kernel.length; start += t)
    for (let place = 0; place < t; place++) ordered[start + place] = kernel[start + order[place]!]!;
  return { kernel: ordered, bias: Float32Array.from(order, (target) => bias[target]!) };
}
