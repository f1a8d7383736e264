/**
 * The iterations of the lasso as one ONNX graph. ADMM with over-relaxation α = 1.6 (Boyd et al. 2011, Found. Trends Mach.
 * Learn. 3:1, 3.1 and 6.4), for all targets at once: W = ρ-regularised least squares towards Z − U, Z = the soft
 * threshold of αW + (1−α)Z + U, U = what the threshold took away.
 *
 * With A = αW + (1−α)Z + U as the only state, U = clip(A, ±κ) and Z = A − U, one iteration is one product:
 *
 *     A′ = M·(Z − U) + c·A + offset,  M = αρ(G + ρI)⁻¹ − αI/2,  c = 1 − α/2,  offset = α(G + ρI)⁻¹·XᵀY
 *
 * because (1−α)Z + U = c·(Z + U) − (α/2)·(Z − U) and Z + U = A. Where Z is zero it is exactly zero.
 * @module
 */
import { GraphBuilder } from "../../onnx/builder.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";

/** α: between 1.5 and 1.8 ADMM needs the fewest iterations (Boyd et al. 3.4.3). */
export const relaxation = 1.6;

/** Σ of squares over a target's weights, [T] each: what the stopping rule is made of. */
const residualSums = ["primal", "dual", "weights", "zeroed", "multipliers"] as const;

/** U = clip(A, ±limit), and Z − U. */
function split(g: GraphBuilder, state: string): { readonly u: string; readonly difference: string } {
  const u = g.op("Clip", [state, "lower", "limit"]);
  return { u, difference: g.op("Sub", [g.op("Sub", [state, u]), u]) };
}

/** A′ of A and its Z − U. */
function iterate(g: GraphBuilder, state: string, difference: string): string {
  const product = g.op("Gemm", ["matrix", difference, state], { beta: 1 - relaxation / 2 });
  return g.op("Add", [product, "offset"]);
}

/**
 * Inputs: `state` [L, T], `matrix` [L, L], `offset` [L, T], `lower` and `limit` (∓κ), `rounds` int64. Outputs:
 * `next`, the state after rounds + 1 iterations, and {@link residualSums} of the last one.
 */
export function lassoModel(landmarks: number, targets: number): Uint8Array {
  const g = new GraphBuilder("lasso");
  const weights = [landmarks, targets];
  g.input("matrix", "float32", [landmarks, landmarks]);
  g.input("offset", "float32", weights);
  const start = g.input("state", "float32", weights);
  g.input("lower", "float32", []);
  g.input("limit", "float32", []);
  const rounds = g.input("rounds", "int64", []);
  const body = g.subgraph("iteration");
  body.input("round", "int64", []);
  const goesOn = body.input("condition", "bool", []);
  const held = body.input("state", "float32", weights);
  body.output("continues", goesOn);
  body.output("next", iterate(body, held, split(body, held).difference));
  const [state = ""] = g.ops({
    op: "Loop",
    inputs: [rounds, g.scalar(1, "bool"), start],
    attributes: { body: body.build() },
    outputs: 1,
  });
  addLast(g, state);
  return modelBytes(g.build());
}

/** The last iteration, with W = (A′ − U − (1−α)Z)/α, the primal residual W − Z′ and the dual one Z′ − Z (over ρ). */
function addLast(g: GraphBuilder, state: string): void {
  const { u, difference } = split(g, state);
  const next = iterate(g, state, difference);
  const z = g.op("Sub", [state, u]);
  const nextU = g.op("Clip", [next, "lower", "limit"]);
  const nextZ = g.op("Sub", [next, nextU]);
  const step = g.op("Sub", [g.op("Sub", [next, u]), g.op("Mul", [z, g.scalar(1 - relaxation)])]);
  const w = g.op("Mul", [step, g.scalar(1 / relaxation)]);
  const squares = (value: string): string =>
    g.op("ReduceSum", [g.op("Mul", [value, value]), g.ints([0])], { keepdims: 0n });
  const sums = {
    primal: squares(g.op("Sub", [w, nextZ])),
    dual: squares(g.op("Sub", [nextZ, z])),
    weights: squares(w),
    zeroed: squares(nextZ),
    multipliers: squares(nextU),
  } satisfies Record<(typeof residualSums)[number], string>;
  g.output("next", next);
  for (const name of residualSums) g.output(name, sums[name]);
}
