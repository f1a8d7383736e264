/**
 * Reverse-mode differentiation of graphs (Baydin et al. 2018, JMLR 18:1): the backward pass is added to the same
 * builder as plain `ai.onnx` operators.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { AppError } from "../../schemas/errors.ts";
import { type GradientRule, notDifferentiable } from "./rule.ts";
import { gradientRules } from "./rules.ts";
import { unbroadcast } from "./unbroadcast.ts";

/** What to differentiate. */
export interface GradientRequest {
  /** Holds the forward nodes and receives the backward ones. */
  readonly builder: GraphBuilder;
  /** The forward pass as built so far (`builder.build()`). */
  readonly forward: Graph;
  /** Gradients to start from: value → gradient of the loss by it, of the value's dims. 1 for the loss itself. */
  readonly seeds: ReadonlyMap<string, string>;
  /** Values whose gradients are wanted. */
  readonly wrt: readonly string[];
  /** Constants of the graphs around `forward`. */
  readonly outerConstants?: ReadonlyMap<string, Tensor>;
}

const isFloat = (g: GraphBuilder, name: string): boolean => g.info(name).type.startsWith("float");

/** Values that depend on what is differentiated by, through floats. */
function dependents({ builder, forward, wrt }: GradientRequest): ReadonlySet<string> {
  const found = new Set(wrt);
  for (const { inputs, outputs } of forward.nodes)
    if (inputs.some((name) => found.has(name))) for (const name of outputs) if (isFloat(builder, name)) found.add(name);
  return found;
}

function ruleOf(node: Node): GradientRule | undefined {
  const rule = gradientRules[node.op];
  if (typeof rule === "function") return rule;
  if (rule.kind === "unsupported") throw notDifferentiable(node, rule.reason);
  return undefined;
}

/** Contributions to the gradient of each value, added up when the value's own node is reached. */
class Contributions {
  readonly #g: GraphBuilder;
  readonly #parts = new Map<string, string[]>();

  constructor(g: GraphBuilder, seeds: ReadonlyMap<string, string>) {
    this.#g = g;
    for (const [value, gradient] of seeds) this.add(value, gradient);
  }

  add(value: string, gradient: string): void {
    const own = unbroadcast(this.#g, gradient, this.#g.info(value).dims);
    this.#parts.set(value, [...(this.#parts.get(value) ?? []), own]);
  }

  /** The sum, or `undefined` where the loss does not depend on the value. */
  total(value: string): string | undefined {
    const parts = this.#parts.get(value);
    if (parts === undefined) return undefined;
    const sum = parts.reduce((left, right) => this.#g.op("Add", [left, right]));
    this.#parts.set(value, [sum]);
    return sum;
  }
}

/**
 * Adds the backward pass and returns the gradient of each value of `wrt`, of that value's dims. Only what these need is
 * emitted.
 * @throws AppError `bad-model` for an operator on the way that has no rule, and for a value that the seeds do not
 * depend on.
 */
export function gradients(request: GradientRequest): ReadonlyMap<string, string> {
  const { builder: g, forward, seeds, wrt, outerConstants } = request;
  const needed = dependents(request);
  const sums = new Contributions(g, seeds);
  const constant = (name: string): Tensor | undefined => forward.initializers.get(name) ?? outerConstants?.get(name);
  for (const node of forward.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    const outputs = node.outputs.map((name) => sums.total(name));
    const dY = outputs.find((gradient) => gradient !== undefined);
    const rule = dY === undefined ? undefined : ruleOf(node);
    if (dY === undefined || rule === undefined) continue;
    const emitters = rule({ node, g, dY, gradients: outputs, constant });
    for (const [index, input] of node.inputs.entries()) {
      if (!needed.has(input)) continue;
      const emit = emitters[index];
      if (emit === undefined) throw notDifferentiable(node, `by its input ${index}`);
      sums.add(input, emit());
    }
  }
  const found = new Map<string, string>();
  for (const name of wrt) {
    const gradient = sums.total(name);
    if (gradient !== undefined) found.set(name, gradient);
  }
  const without = wrt.filter((name) => !found.has(name));
  if (without.length === 0) return found;
  throw new AppError("bad-model", {
    what: "the loss does not depend on a value that is to be trained",
    where: forward.name,
    examples: without,
  });
}
