/**
 * The served graph: landmarks `[N, L]` on the model's scale → targets `[N, T]` on the same scale and `ood` `[N, 1]`.
 * Standardisation, clipping and the inverse are inside, so that no host can apply others.
 * @module
 */
import { GraphBuilder } from "../onnx/builder.ts";
import type { Graph } from "../onnx/graph.ts";
import { AppError, type GeneTransform, type OodModel } from "../schemas/index.ts";
import { foldInverse, type Inverse, linearHead, withHeadBias } from "./fold-inverse.ts";
import { initializersOf } from "./initializers.ts";
import { lowerNetwork } from "./lower/network.ts";
import { addOod } from "./ood.ts";
import { inputShape } from "./read/input-shape.ts";
import type { LayersModel } from "./read/layers-model.ts";

/** What the served graph is made of. */
export interface ServedParts {
  /** z landmarks `[N, L]` → z targets `[N, T]`. */
  readonly model: LayersModel;
  readonly transform: GeneTransform;
  readonly ood: OodModel;
  /** Principal components of the training landmarks in z units `[components, L]`. */
  readonly components: Float32Array;
}

/** The inverse of the targets' standardisation: scale sd + ε, offset mean. */
export function inverseOf({ targets, epsilon }: GeneTransform): Inverse {
  return { scale: targets.sd.map((sd) => sd + epsilon), offset: targets.mean };
}

/** A float32 vector `[values.length]` under the builder's scope. */
function vector(g: GraphBuilder, name: string, values: ArrayLike<number>): string {
  return g.initializer(name, { type: "float32", dims: [values.length], data: Float32Array.from(values) });
}

/** z = clip((x − mean) · 1/(sd + ε), ±clip): subtracting first keeps the digits that a folded Gemm would cancel. */
function standardise(g: GraphBuilder, x: string, { landmarks, epsilon, clip }: GeneTransform): string {
  const centred = g.op("Sub", [x, vector(g, "mean", landmarks.mean)]);
  const factors = landmarks.sd.map((sd) => 1 / (sd + epsilon));
  const z = g.op("Mul", [centred, vector(g, "factor", factors)]);
  return clip === undefined ? z : g.op("Clip", [z, g.scalar(-clip), g.scalar(clip)]);
}

/** Lowers the net with the inverse folded into its head, or behind it where it has no linear Dense head. */
function nativeTargets(builder: GraphBuilder, z: string, { model, transform }: ServedParts): readonly string[] {
  const inverse = inverseOf(transform);
  const head = linearHead(model);
  const plain = initializersOf(model, builder);
  const shared = { mode: "infer", builder, inputs: [z] } as const;
  if (head !== undefined)
    return lowerNetwork({
      ...shared,
      topology: withHeadBias(model, head),
      weights: foldInverse(plain, { model, builder, head, inverse }),
      outInKernels: new Set([head]),
    });
  const g = builder.scope("destandardise");
  return lowerNetwork({ ...shared, topology: model, weights: plain }).map((value) => {
    const scaled = g.op("Mul", [value, vector(g, "factor", inverse.scale)]);
    return g.op("Add", [scaled, vector(g, "mean", inverse.offset)]);
  });
}

/** Refuses a net whose inputs or outputs are not the genes of the transform. */
function checkNet({ model, transform }: ServedParts): void {
  const landmarks = transform.landmarks.mean.length;
  const shapes = model.inputs.map((ref) => inputShape(model, ref.layer).dims);
  if (shapes.length !== 1 || shapes[0]?.length !== 1 || shapes[0][0] !== landmarks || model.outputs.length !== 1)
    throw new AppError("bad-model", {
      what: "the net is not one from landmarks to targets",
      where: model.label,
      expected: `one input [null, ${landmarks}] and one output`,
      got: `inputs ${shapes.map((dims) => `[null, ${dims.join(", ")}]`).join(", ")}, ${model.outputs.length} outputs`,
    });
}

/**
 * Assembles the served graph; names are the same for the same model.
 * @throws AppError `bad-model` for layers without a rule, weights that do not fit, and nets of another shape.
 */
export function servedGraph(parts: ServedParts): Graph {
  checkNet(parts);
  const { model, transform } = parts;
  const builder = new GraphBuilder(model.name);
  const x = builder.input("landmarks", "float32", ["N", transform.landmarks.mean.length]);
  const z = standardise(builder.scope("standardise"), x, transform);
  const [targets = ""] = nativeTargets(builder, z, parts);
  const { dims } = builder.info(targets);
  if (dims.length !== 2 || dims[1] !== transform.targets.mean.length)
    throw new AppError("bad-model", {
      what: "the net's output is not one value a target",
      where: model.label,
      expected: `[N, ${transform.targets.mean.length}]`,
      got: `[${dims.join(", ")}]`,
    });
  const ood = addOod(builder.scope("ood"), z, parts);
  builder.output("targets", targets);
  builder.output("ood", ood);
  return builder.build();
}

/** Names in order, each different: a name that comes again gets `_1`, `_2`, …. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

/**
 * The graph of a bare tfjs model: the inputs and outputs of `tf.LayersModel.inputNames` and `outputNames`, in order.
 * @throws AppError `bad-model` for layers without a rule and weights that do not fit.
 */
export function genericGraph(model: LayersModel): Graph {
  const builder = new GraphBuilder(model.name);
  const inputs = model.inputs.map(({ layer }) => {
    const { type, dims } = inputShape(model, layer);
    return builder.input(layer, type, ["N", ...dims]);
  });
  const outputs = lowerNetwork({
    topology: model,
    mode: "infer",
    builder,
    inputs,
    weights: initializersOf(model, builder),
  });
  const taken = new Set(inputs);
  for (const [i, name] of distinct(model.outputs.map(({ layer }) => layer)).entries())
    builder.output(taken.has(name) ? `${name}_output` : name, outputs[i] ?? "");
  return builder.build();
}
