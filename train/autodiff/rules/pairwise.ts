/**
 * Gradients of broadcasting operators; the engine sums over stretched axes.
 * @module
 */
import { elementCodes } from "../../../onnx/element.ts";
import { type BackwardCall, type GradientRule, nameAt, scalarLike } from "../rule.ts";

interface Pair extends BackwardCall {
  readonly a: string;
  readonly b: string;
  readonly y: string;
}

function pair(dA: (call: Pair) => string, dB: (call: Pair) => string): GradientRule {
  return (call) => {
    const [a, b] = [nameAt(call.node.inputs, 0), nameAt(call.node.inputs, 1)];
    const full = { ...call, a, b, y: nameAt(call.node.outputs, 0) };
    return [() => dA(full), () => dB(full)];
  };
}

// dA = dY, dB = dY
export const add = pair(
  ({ dY }) => dY,
  ({ dY }) => dY,
);

// dA = dY, dB = −dY
export const sub = pair(
  ({ dY }) => dY,
  ({ g, dY }) => g.op("Neg", [dY]),
);

// dA = dY·b, dB = dY·a
export const mul = pair(
  ({ g, dY, b }) => g.op("Mul", [dY, b]),
  ({ g, dY, a }) => g.op("Mul", [dY, a]),
);

// y = a/b: dA = dY/b, dB = −dY·y/b
export const div = pair(
  ({ g, dY, b }) => g.op("Div", [dY, b]),
  ({ g, dY, b, y }) => g.op("Neg", [g.op("Div", [g.op("Mul", [dY, y]), b])]),
);

// y = aᵇ: dA = dY·b·aᵇ⁻¹, dB = dY·y·ln a
export const pow = pair(
  ({ g, dY, a, b }) => {
    const exponent = g.op("Cast", [b], { to: elementCodes[g.info(a).type] });
    const lower = g.op("Pow", [a, g.op("Sub", [exponent, scalarLike(g, a, 1)])]);
    return g.op("Mul", [dY, g.op("Mul", [exponent, lower])]);
  },
  ({ g, dY, a, y }) => g.op("Mul", [dY, g.op("Mul", [y, g.op("Log", [a])])]),
);

// y = c ? a : b: dA = c ? dY : 0, dB = c ? 0 : dY
export const where: GradientRule = ({ g, node, dY }) => {
  const condition = nameAt(node.inputs, 0);
  const zero = (): string => scalarLike(g, dY, 0);
  return [undefined, () => g.op("Where", [condition, dY, zero()]), () => g.op("Where", [condition, zero(), dY])];
};

/**
 * y = max(x₁, x₂, …) or min: the first input that equals y takes all of dY, as tfjs does. Each input's share is what
 * the inputs before it have left.
 */
export const extreme: GradientRule = ({ g, node, dY }) => {
  const y = nameAt(node.outputs, 0);
  const taken = (input: string): string => g.op("Equal", [input, y]);
  return node.inputs.map((input, index) => () => {
    const zero = scalarLike(g, dY, 0);
    const left = node.inputs.slice(0, index).reduce((rest, earlier) => g.op("Where", [taken(earlier), zero, rest]), dY);
    return g.op("Where", [taken(input), left, zero]);
  });
};
