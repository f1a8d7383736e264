/**
 * The training step as one ONNX graph: forward, loss, backward and optimiser inside a `Loop` of K steps. Weights and
 * optimiser state are inputs and outputs; inside the loop they are carried and never leave the runtime.
 * @module
 */
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { AppError } from "../../schemas/errors.ts";
import { gradients } from "../autodiff/gradients.ts";
import { lossOf } from "../losses.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import { clipScale } from "./clip-scale.ts";
import { elementIndices } from "./counter-hash.ts";
import { addDraw, type Draw, indexDims } from "./draw.ts";
import { foldIntoProducts } from "./fold-into-products.ts";
import { disturbedInput, inputDraws } from "./input-noise.ts";
import { lowerForTraining } from "./lower-for-training.ts";
import { stateOf } from "./state-tensors.ts";
import { stepNumbers } from "./step-numbers.ts";
import { type TrainingNet, trainingNet } from "./training-net.ts";
import type { TrainingSpec } from "./training-spec.ts";
import { type CarriedTensor, carriedDims, isInBlocks } from "./update-blocks.ts";
import { addUpdates } from "./updates.ts";

/** `BitwiseXor` came with it. */
export const trainingOpset = 18;

/** How a training graph is laid out. */
export interface Layout {
  /** Updates large weights in blocks where that pays: they and what belongs to them are then inputs `[blocks, elements of a block]`. */
  readonly inBlocks: boolean;
}

/**
 * Inputs: `steps` int64 (K), `x` `[K, B, L]`, `y` `[K, B, T]`, `numbers/<name>` `[K]` (learning rates and what goes with
 * them), `keys/<draw>` uint32 `[K]`, and the state. Outputs: `losses` `[K]`, before each step's update, and the state as
 * `<name>/next`, but for fixed weights.
 */
export interface TrainingGraph {
  readonly graph: Graph;
  readonly state: readonly CarriedTensor[];
  readonly draws: readonly Draw[];
}

export const nextName = (name: string): string => `${name}/next`;
export const keysName = (draw: string): string => `keys/${draw}`;
export const numbersName = (name: string): string => `numbers/${name}`;

/** The graph around the loop, its body, and what is put into them. */
interface Parts {
  readonly root: GraphBuilder;
  readonly body: GraphBuilder;
  readonly spec: TrainingSpec;
  readonly net: TrainingNet;
  /** This step's part of a `[K, …]` input. */
  readonly taken: (from: string) => string;
  /** A weight at the start of the step, of its dims. */
  readonly held: (name: string) => string;
  readonly isFixed: (weight: string) => boolean;
}

/** Emits the forward pass; `moved` is what weights become that no gradient moves. */
function addForward({ root, body, spec, net, taken, held, isFixed }: Parts) {
  const moved = new Map<string, string>();
  const draws: Draw[] = [...net.draws, ...inputDraws(spec.optimisation, net.inputDims)];
  const drawn = (name: string): string => {
    const draw = draws.find((one) => one.name === name);
    if (draw === undefined) throw new Error(`no draw ${name}`);
    const dims = indexDims(draw);
    const data = elementIndices(dims.reduce((product, length) => product * length, 1));
    const indices = root.initializer(`indices/${name}`, { type: "uint32", dims, data });
    return addDraw(body.scope(name), draw, [indices, taken(keysName(name))]);
  };
  const [prediction = ""] = lowerForTraining({
    topology: spec.topology,
    builder: body.scope("forward"),
    inputs: [disturbedInput(body.scope("input"), taken("x"), { ...spec.optimisation, drawn })],
    weights: ({ layer, weight }) => held(`${layer}/${weight}`),
    isFixed,
    draw: drawn,
    becomes: (weight, value) => void moved.set(weight, value),
  });
  return { prediction, moved };
}

/** Emits loss and backward pass; the gradients are those of the trained weights, times the optimiser's number. */
function addGradients({ root, body, spec, net, taken, held }: Parts, prediction: string) {
  const { loss, clipNorm, optimiser, batchSize } = spec.optimisation;
  const { gradientTimes } = optimiserOf(optimiser);
  const g = body.scope("loss");
  const { targetWeights } = spec;
  const weights =
    targetWeights &&
    root.initializer("target weights", { type: "float32", dims: [targetWeights.length], data: targetWeights });
  const compared = { prediction, truth: taken("y"), rows: batchSize, ...(weights !== undefined && { weights }) };
  const { value, gradientTimes: seedTimes } = lossOf(loss)(g, compared);
  const number = gradientTimes === undefined ? undefined : taken(numbersName(gradientTimes));
  // The norm is that of plain gradients: where it is limited, the number waits until it is known.
  const isLate = clipNorm !== undefined;
  const trained = net.parameters.filter(({ role }) => role === "trained").map(({ name }) => name);
  const found = gradients({
    builder: body.scope("backward"),
    forward: body.build(),
    seeds: new Map([[prediction, seedTimes(isLate || number === undefined ? g.scalar(1) : number)]]),
    wrt: trained.map(held),
    outerConstants: root.build().initializers,
  });
  const byWeight = new Map(trained.map((name) => [name, found.get(held(name)) ?? ""]));
  if (!isLate) return { loss: value, gradients: byWeight };
  const clip = body.scope("clip");
  const scale = clipScale(clip, [...byWeight.values()], clipNorm);
  const late = number === undefined ? scale : clip.op("Mul", [scale, number]);
  return { loss: value, gradients: byWeight, late };
}

/** The loop's body: takes this step's rows, numbers and keys, and gives the state after it and the loss before it. */
function buildBody(
  root: GraphBuilder,
  state: readonly CarriedTensor[],
  given: Pick<Parts, "spec" | "net" | "isFixed">,
) {
  const body = root.subgraph("body");
  const step = body.input("step", "int64", []);
  const goesOn = body.input("condition", "bool", []);
  const changing = state.filter(({ kind }) => kind !== "fixed");
  const values = new Map(changing.map(({ name, carried }) => [name, body.input(name, "float32", carried)]));
  const takenBefore = new Map<string, string>();
  const taken = (from: string): string => {
    const value = takenBefore.get(from) ?? body.op("Gather", [from, step], { axis: 0n });
    takenBefore.set(from, value);
    return value;
  };
  // A fixed weight is an input of the graph around the loop, under its own name.
  const carried = (name: string): string => values.get(name) ?? name;
  const whole = changing
    .filter((tensor) => tensor.kind === "weight" && isInBlocks(tensor))
    .map(({ name, dims }) => [name, body.scope(name).op("Reshape", [carried(name), body.ints(dims)])] as const);
  const weights = new Map([...values, ...whole]);
  const parts: Parts = { ...given, root, body, taken, held: (name) => weights.get(name) ?? name };
  const { prediction, moved } = addForward(parts);
  const { loss, ...moves } = addGradients(parts, prediction);
  const number = (name: string): string => taken(numbersName(name));
  const next = addUpdates({ spec: given.spec, body, state, number, carried }, { ...moves, moved });
  body.output("continues", goesOn);
  for (const { name } of changing) body.output(nextName(name), next.get(name) ?? "");
  body.output("loss", loss);
  return foldIntoProducts(body.build(), root.build().initializers);
}

/**
 * Builds the training graph; batch size and all widths are fixed, the number of steps K is open. The layout decides
 * how fast a step is, not what it computes: the bits are the same.
 * @throws AppError `bad-model` for a layer or operator that cannot be trained.
 */
export function trainingGraph(spec: TrainingSpec, { inBlocks }: Layout): TrainingGraph {
  const { topology, rateFactors, optimisation } = spec;
  const isFixed = (weight: string): boolean => rateFactors.get(weight) === 0;
  const net = trainingNet(topology, optimisation.batchSize, isFixed);
  if (!net.parameters.some(({ role }) => role === "trained"))
    throw new AppError("bad-model", { what: "nothing is left to train: every weight is fixed", where: topology.name });
  const root = new GraphBuilder(topology.name, { opset: trainingOpset });
  const trained = new Set(net.parameters.filter(({ role }) => role === "trained").map(({ name }) => name));
  const pays = inBlocks && optimiserOf(optimisation.optimiser).goesInBlocks;
  const state = stateOf(net.parameters, optimisation).map((tensor) => ({
    ...tensor,
    carried: pays && trained.has(tensor.weight) ? carriedDims(tensor.dims) : tensor.dims,
  }));
  const draws = [...net.draws, ...inputDraws(optimisation, net.inputDims)];
  const steps = root.input("steps", "int64", []);
  root.input("x", "float32", ["K", ...net.inputDims]);
  root.input("y", "float32", ["K", ...net.outputDims]);
  for (const name of Object.keys(stepNumbers(optimisation, 1, 1))) root.input(numbersName(name), "float32", ["K"]);
  for (const { name } of draws) root.input(keysName(name), "uint32", ["K"]);
  for (const { name, carried } of state) root.input(name, "float32", carried);
  const body = buildBody(root, state, { spec, net, isFixed });
  const changing = state.filter(({ kind }) => kind !== "fixed");
  const results = root.ops({
    op: "Loop",
    inputs: [steps, root.scalar(1, "bool"), ...changing.map(({ name }) => name)],
    attributes: { body },
    outputs: changing.length + 1,
  });
  for (const [at, { name }] of changing.entries()) root.output(nextName(name), results[at] ?? "");
  root.output("losses", results.at(-1) ?? "");
  return { graph: root.build(), state, draws };
}
