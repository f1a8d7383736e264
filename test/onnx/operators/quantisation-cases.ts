/** Operators between floats and levels. Scales are powers of two, so that ties are ties in float32 too. */
import { f32, fixed, type OpCase, some, values } from "./case.ts";

const halves = [-1.5, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1.5, 2.5, 1e6, -1e6, 63.75];
const scale = (...numbers: number[]) => values("float32", numbers, numbers.length === 1 ? [] : [numbers.length]);
const scales = f32([3], { low: 0.25, high: 2 });
const blockScales = f32([2, 5], { low: -2, high: 2 });

const level4 = fixed(some("int4", [4, 5], { low: -8, high: 8 }));

const quantise: readonly OpCase[] = [
  { title: "ties go to even, the rest saturates", inputs: [values("float32", halves), scale(0.5)] },
  { title: "uint8 about 128", inputs: [values("float32", halves), scale(0.25), values("uint8", [128], [])] },
  { title: "int8", inputs: [values("float32", halves), scale(0.25), values("int8", [-3], [])] },
  {
    title: "one scale a column",
    inputs: [f32([4, 3]), scale(0.25, 0.5, 1), values("uint8", [0, 128, 3])],
    attributes: { axis: 1n },
  },
  { title: "one scale a row", inputs: [f32([2, 4]), scale(0.25, 2)], attributes: { axis: 0n } },
];

const dequantise: readonly OpCase[] = [
  { title: "uint8", inputs: [some("uint8", [3, 4]), scale(0.1), values("uint8", [128], [])] },
  { title: "int8 without a zero point", inputs: [some("int8", [3, 4]), scale(0.3)] },
  { title: "int32, one scale an element", inputs: [some("int32", [3]), scales], attributes: { axis: 0n } },
  {
    title: "int8, one scale a row",
    inputs: [some("int8", [3, 4]), scales, values("int8", [1, 2, 3])],
    attributes: { axis: 0n },
  },
  { title: "int8, one scale a column", inputs: [some("int8", [2, 2, 3]), scales], attributes: { axis: -1n } },
  {
    title: "int4 in blocks of rows, the last one shorter",
    inputs: [fixed(some("int4", [19, 5], { low: -8, high: 8 })), blockScales],
    attributes: { axis: 0n, block_size: 16n },
    opset: 21,
  },
  {
    title: "int4 in blocks of columns",
    inputs: [fixed(some("int4", [2, 80], { low: -8, high: 8 })), f32([2, 5])],
    attributes: { axis: 1n, block_size: 16n },
    opset: 21,
  },
  { title: "int4, one scale", inputs: [level4, scale(0.5)], opset: 21 },
];

export const quantisationCases = { QuantizeLinear: quantise, DequantizeLinear: dequantise } as const;
