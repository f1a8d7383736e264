/** Operators that move a window over the data. */
import { f32, fixed, type OpCase, some, values } from "./case.ts";

const ints = (...numbers: number[]): readonly bigint[] => numbers.map(BigInt);

function poolCases(): readonly OpCase[] {
  return [
    { title: "one axis", inputs: [f32([2, 3, 7])], attributes: { kernel_shape: ints(3) } },
    {
      title: "two axes, strides",
      inputs: [f32([2, 3, 6, 5])],
      attributes: { kernel_shape: ints(2, 3), strides: ints(2, 1) },
    },
    {
      title: "pads of their own on each side",
      inputs: [f32([1, 2, 5, 4])],
      attributes: { kernel_shape: ints(3, 2), strides: ints(2, 2), pads: ints(1, 0, 2, 1) },
    },
    { title: "three axes", inputs: [f32([1, 2, 4, 3, 5])], attributes: { kernel_shape: ints(2, 2, 3) } },
    { title: "a window as large as the data", inputs: [f32([2, 1, 4, 4])], attributes: { kernel_shape: ints(4, 4) } },
  ];
}

export const windowCases = {
  AveragePool: [
    ...poolCases(),
    {
      title: "padding counts",
      inputs: [f32([1, 2, 5])],
      attributes: { kernel_shape: ints(3), pads: ints(1, 2), count_include_pad: 1n },
    },
  ],
  Conv: [
    { title: "one axis", inputs: [f32([2, 3, 7]), f32([4, 3, 3])], terms: 9 },
    { title: "with bias", inputs: [f32([2, 3, 7]), f32([4, 3, 3]), f32([4])], terms: 10 },
    {
      title: "two axes, strides and pads of their own on each side",
      inputs: [f32([2, 3, 6, 5]), f32([4, 3, 2, 3]), f32([4])],
      attributes: { kernel_shape: ints(2, 3), strides: ints(2, 1), pads: ints(1, 0, 0, 2) },
      terms: 19,
    },
    {
      title: "dilated",
      inputs: [f32([1, 2, 9, 7]), f32([3, 2, 3, 2])],
      attributes: { dilations: ints(2, 3) },
      terms: 12,
    },
    { title: "in groups", inputs: [f32([2, 4, 5]), f32([6, 2, 2])], attributes: { group: 2n }, terms: 4 },
    {
      title: "a channel a group, two outputs each",
      inputs: [f32([2, 3, 5, 5]), f32([6, 1, 3, 3]), f32([6])],
      attributes: { group: 3n, pads: ints(1, 1, 1, 1) },
      terms: 10,
    },
    { title: "three axes", inputs: [f32([1, 2, 4, 3, 5]), f32([3, 2, 2, 2, 2])], terms: 16 },
  ],
  ConvTranspose: [
    { title: "one axis", inputs: [f32([2, 3, 4]), f32([3, 2, 3])], terms: 9 },
    {
      title: "strides, bias",
      inputs: [f32([2, 3, 4, 3]), f32([3, 2, 3, 2]), f32([2])],
      attributes: { strides: ints(2, 3) },
      terms: 18,
    },
    {
      title: "pads cut, output_padding adds",
      inputs: [f32([1, 2, 4, 4]), f32([2, 3, 3, 3])],
      attributes: { strides: ints(2, 2), pads: ints(0, 1, 1, 1), output_padding: ints(1, 0) },
      terms: 18,
    },
    {
      title: "dilated, in groups",
      inputs: [f32([1, 4, 3, 3]), f32([4, 2, 2, 2])],
      attributes: { dilations: ints(2, 1), group: 2n },
      terms: 8,
    },
    {
      title: "three axes",
      inputs: [f32([1, 2, 2, 3, 2]), f32([2, 2, 2, 2, 2])],
      attributes: { strides: ints(1, 2, 1) },
      terms: 16,
    },
  ],
  MaxPool: [
    ...poolCases(),
    { title: "dilated", inputs: [f32([1, 2, 9])], attributes: { kernel_shape: ints(3), dilations: ints(2) } },
    { title: "float64", inputs: [some("float64", [1, 2, 6])], attributes: { kernel_shape: ints(2) } },
  ],
  Resize: [
    {
      title: "nearest, rows and columns",
      inputs: [f32([2, 3, 4, 5]), undefined, fixed(values("float32", [1, 1, 2, 3]))],
      attributes: { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" },
    },
    {
      title: "nearest, channels last",
      inputs: [f32([2, 3, 4, 5]), undefined, fixed(values("float32", [1, 2, 1, 1]))],
      attributes: { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" },
    },
    {
      title: "linear",
      inputs: [f32([2, 3, 4, 5]), undefined, fixed(values("float32", [1, 1, 3, 2]))],
      attributes: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    },
    {
      title: "linear, channels last",
      inputs: [f32([1, 3, 4, 2]), undefined, fixed(values("float32", [1, 2, 2, 1]))],
      attributes: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    },
  ],
} as const;
