/**
 * Gradients of operators of one value, element by element. At a kink the value from the left or right is taken, as
 * stated.
 * @module
 */
import { floatOf } from "../../../onnx/attributes.ts";
import type { GraphBuilder } from "../../../onnx/builder.ts";
import { elementCodes } from "../../../onnx/element.ts";
import type { Node } from "../../../onnx/graph.ts";
import { signOf } from "../../sign.ts";
import { type GradientRule, nameAt, scalarLike } from "../rule.ts";

interface Unary {
  readonly g: GraphBuilder;
  readonly node: Node;
  readonly x: string;
  readonly y: string;
  readonly dY: string;
  /** A rank-0 constant of x's type. */
  readonly c: (value: number) => string;
}

function unary(dX: (call: Unary) => string): GradientRule {
  return ({ g, node, dY }) => {
    const x = nameAt(node.inputs, 0);
    const c = (value: number): string => scalarLike(g, x, value);
    return [() => dX({ g, node, x, y: nameAt(node.outputs, 0), dY, c })];
  };
}

// dX = dY
export const identity = unary(({ dY }) => dY);

// dX = dY, in x's type
export const cast = unary(({ g, x, dY }) => g.op("Cast", [dY], { to: elementCodes[g.info(x).type] }));

// dX = dY·sign(x); 0 at 0
export const abs = unary(({ g, x, dY }) => g.op("Mul", [dY, signOf(g, x)]));

// dX = −dY
export const neg = unary(({ g, dY }) => g.op("Neg", [dY]));

// dX = dY·y
export const exp = unary(({ g, y, dY }) => g.op("Mul", [dY, y]));

// dX = dY/x
export const log = unary(({ g, x, dY }) => g.op("Div", [dY, x]));

// dX = dY/2y
export const sqrt = unary(({ g, y, dY, c }) => g.op("Div", [g.op("Mul", [dY, c(0.5)]), y]));

// dX = −dY·y²
export const reciprocal = unary(({ g, y, dY }) => g.op("Neg", [g.op("Mul", [dY, g.op("Mul", [y, y])])]));

// dX = dY·y·(1 − y)
export const sigmoid = unary(({ g, y, dY, c }) => g.op("Mul", [dY, g.op("Mul", [y, g.op("Sub", [c(1), y])])]));

// dX = dY·(1 − y²)
export const tanh = unary(({ g, y, dY, c }) => g.op("Mul", [dY, g.op("Sub", [c(1), g.op("Mul", [y, y])])]));

// dX = dY·2/√π·e^(−x²)
export const erf = unary(({ g, x, dY, c }) => {
  const bell = g.op("Exp", [g.op("Neg", [g.op("Mul", [x, x])])]);
  return g.op("Mul", [dY, g.op("Mul", [bell, c(2 / Math.sqrt(Math.PI))])]);
});

// dX = dY·σ(x)
export const softplus = unary(({ g, x, dY }) => g.op("Mul", [dY, g.op("Sigmoid", [x])]));

// y = x/(1 + |x|): dX = dY·(1 − |y|)²
export const softsign = unary(({ g, y, dY, c }) => {
  const rest = g.op("Sub", [c(1), g.op("Abs", [y])]);
  return g.op("Mul", [dY, g.op("Mul", [rest, rest])]);
});

// dX = dY where y > 0, else 0
export const relu = unary(({ g, y, dY, c }) => g.op("Where", [g.op("Greater", [y, c(0)]), dY, c(0)]));

// dX = alpha·dY where x < 0, else dY
export const leakyRelu = unary(({ g, node, x, dY, c }) =>
  g.op("Where", [g.op("Less", [x, c(0)]), g.op("Mul", [dY, c(floatOf(node, "alpha"))]), dY]),
);

// y = alpha·(eˣ − 1) where x < 0: dX = dY·(y + alpha) there, else dY
export const elu = unary(({ g, node, x, y, dY, c }) => {
  const below = g.op("Mul", [dY, g.op("Add", [y, c(floatOf(node, "alpha"))])]);
  return g.op("Where", [g.op("Less", [x, c(0)]), below, dY]);
});

// y = gamma·alpha·(eˣ − 1) where x ≤ 0: dX = dY·(y + gamma·alpha) there, else gamma·dY
export const selu = unary(({ g, node, x, y, dY, c }) => {
  const [alpha, gamma] = [floatOf(node, "alpha"), floatOf(node, "gamma")];
  const below = g.op("Mul", [dY, g.op("Add", [y, c(alpha * gamma)])]);
  return g.op("Where", [g.op("Greater", [x, c(0)]), g.op("Mul", [dY, c(gamma)]), below]);
});

// y = clip(alpha·x + beta, 0, 1): dX = alpha·dY where 0 < y < 1, else 0
export const hardSigmoid = unary(({ g, node, y, dY, c }) => {
  const inside = g.op("And", [g.op("Greater", [y, c(0)]), g.op("Less", [y, c(1)])]);
  return g.op("Where", [inside, g.op("Mul", [dY, c(floatOf(node, "alpha"))]), c(0)]);
});

// y = clip(x, low, high): dX = dY where y = x, else 0; the bounds are not trained
export const clip = unary(({ g, x, y, dY, c }) => g.op("Where", [g.op("Equal", [x, y]), dY, c(0)]));
