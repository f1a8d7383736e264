/**
 * The training step as one ONNX graph: forward, loss, backward and optimiser inside a `Loop` of K steps. Weights and
 * optimiser state are inputs and outputs; inside the loop they are carried and never leave the runtime.
 * @module
 */
import { lowerNetwork } from "../../export/lower/network.ts";
import type { Topology } from "../../export/lower/topology.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { gradients } from "../autodiff/gradients.ts";
import type { Loss } from "../losses.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { type Draw, type DrawnNet, drawnNet, type Parameter } from "./drawn-net.ts";
import { dropoutMask, elementIndices } from "./dropout-mask.ts";
import { foldIntoProducts } from "./fold-into-products.ts";

/** `BitwiseXor` came with it. */
export const trainingOpset = 18;

/** What a training graph is made of. */
export interface TrainingSpec {
  /** z landmarks → z targets; one input, one output. */
  readonly topology: Topology;
  /** Rows of every batch. */
  readonly batchRows: number;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Factors of the learning rate by parameter; 1 where absent. */
  readonly rateFactors: ReadonlyMap<string, number>;
}

/** A tensor that a step changes: a weight, or a slot of the optimiser. Its output is `<name>/next`. */
export interface StateTensor extends Parameter {
  readonly kind: "weight" | "slot";
}

/**
 * Inputs: `steps` int64 (K), `x` `[K, B, L]`, `y` `[K, B, T]`, `rates` `[K]` (learning rates), `keys/<draw>` uint32
 * `[K]`, and the state. Outputs: `losses` `[K]`, before each step's update, and the state as `<name>/next`.
 */
export interface TrainingGraph {
  readonly graph: Graph;
  readonly state: readonly StateTensor[];
  readonly draws: readonly Draw[];
}

export const nextName = (name: string): string => `${name}/next`;
export const keysName = (draw: string): string => `keys/${draw}`;

/** The graph around the loop, its body, and what is put into them. */
interface Parts {
  readonly root: GraphBuilder;
  readonly body: GraphBuilder;
  readonly spec: TrainingSpec;
  readonly net: DrawnNet;
}

/** Values at the start of a step: state by name, and what belongs to this step. */
interface StepInputs {
  readonly x: string;
  readonly y: string;
  /** The learning rate, rank 0. */
  readonly rate: string;
  readonly masks: readonly string[];
  readonly state: ReadonlyMap<string, string>;
}

const slotName = (parameter: string, slot: string): string => `${parameter}/${slot}`;

/** The weights, then every weight's slots. */
function stateOf(parameters: readonly Parameter[], { slots }: Optimiser): StateTensor[] {
  return [
    ...parameters.map((parameter): StateTensor => ({ ...parameter, kind: "weight" })),
    ...parameters.flatMap(({ name, dims }) =>
      slots.map((slot): StateTensor => ({ name: slotName(name, slot), dims, kind: "slot" })),
    ),
  ];
}

/** The value that holds a state tensor. */
function held(state: ReadonlyMap<string, string>, name: string): string {
  const value = state.get(name);
  if (value === undefined) throw new Error(`no state ${name}`);
  return value;
}

/** Emits forward pass and loss; `descents` is −rate·gradient by parameter name. */
function addGradients({ root, body, spec, net }: Parts, { x, y, rate, masks, state }: StepInputs) {
  const outputs = lowerNetwork({
    topology: net.topology,
    mode: "train",
    builder: body.scope("forward"),
    inputs: [x, ...masks],
    weights: ({ layer, weight }) => held(state, `${layer}/${weight}`),
  });
  const [prediction = ""] = outputs;
  const loss = spec.loss(body.scope("loss"), { prediction, truth: y, rows: spec.batchRows });
  const seed = loss.gradientTimes(body.scope("loss").op("Neg", [rate]));
  const found = gradients({
    builder: body.scope("backward"),
    forward: body.build(),
    seeds: new Map([[prediction, seed]]),
    wrt: net.parameters.map(({ name }) => held(state, name)),
    outerConstants: root.build().initializers,
  });
  const descents = new Map(net.parameters.map(({ name }) => [name, held(found, held(state, name))]));
  return { loss: loss.value, descents };
}

/** Emits the optimiser; returns the state after the step, by name. */
function addUpdates(
  { body, spec, net }: Parts,
  state: ReadonlyMap<string, string>,
  descents: ReadonlyMap<string, string>,
) {
  const next = new Map<string, string>();
  const { optimiser, rateFactors } = spec;
  for (const { name } of net.parameters) {
    const g = body.scope(`update/${name}`);
    const factor = rateFactors.get(name) ?? 1;
    const descent = held(descents, name);
    const updated = optimiser.update(g, {
      parameter: held(state, name),
      descent: factor === 1 ? descent : g.op("Mul", [descent, g.scalar(factor)]),
      slots: optimiser.slots.map((slot) => held(state, slotName(name, slot))),
    });
    next.set(name, updated.parameter);
    for (const [at, slot] of optimiser.slots.entries()) next.set(slotName(name, slot), updated.slots[at] ?? "");
  }
  return next;
}

/** The loop's body: takes this step's rows, rate and keys, and gives the state after it and the loss before it. */
function buildBody(parts: Parts, state: readonly StateTensor[]): Graph {
  const { root, body, net } = parts;
  const step = body.input("step", "int64", []);
  const goesOn = body.input("condition", "bool", []);
  const carried = new Map(state.map(({ name, dims }) => [name, body.input(name, "float32", dims)]));
  const taken = (from: string): string => body.op("Gather", [from, step], { axis: 0n });
  const masks = net.draws.map(({ name, rate, dims }) => {
    const data = elementIndices(dims.reduce((product, length) => product * length, 1));
    const indices = root.initializer(`indices/${name}`, { type: "uint32", dims, data });
    return dropoutMask(body.scope(name), { indices, key: taken(keysName(name)), rate });
  });
  const inputs = { x: taken("x"), y: taken("y"), rate: taken("rates"), masks, state: carried };
  const { loss, descents } = addGradients(parts, inputs);
  const next = addUpdates(parts, carried, descents);
  body.output("continues", goesOn);
  for (const { name } of state) body.output(nextName(name), held(next, name));
  body.output("loss", loss);
  return foldIntoProducts(body.build(), root.build().initializers);
}

/**
 * Builds the training graph; `batchRows` and all widths are fixed, the number of steps K is open.
 * @throws AppError `bad-model` for a layer or operator that cannot be trained.
 */
export function trainingGraph(spec: TrainingSpec): TrainingGraph {
  const net = drawnNet(spec.topology, spec.batchRows);
  const root = new GraphBuilder(spec.topology.name, { opset: trainingOpset });
  const state = stateOf(net.parameters, spec.optimiser);
  const steps = root.input("steps", "int64", []);
  root.input("x", "float32", ["K", ...net.inputDims]);
  root.input("y", "float32", ["K", ...net.outputDims]);
  root.input("rates", "float32", ["K"]);
  for (const { name } of net.draws) root.input(keysName(name), "uint32", ["K"]);
  for (const { name, dims } of state) root.input(name, "float32", dims);
  const body = buildBody({ root, body: root.subgraph("body"), spec, net }, state);
  const results = root.ops({
    op: "Loop",
    inputs: [steps, root.scalar(1, "bool"), ...state.map(({ name }) => name)],
    attributes: { body },
    outputs: state.length + 1,
  });
  for (const [at, { name }] of state.entries()) root.output(nextName(name), results[at] ?? "");
  root.output("losses", results.at(-1) ?? "");
  return { graph: root.build(), state, draws: net.draws };
}
