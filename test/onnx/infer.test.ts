import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attributes, GraphBuilder } from "../../onnx/builder.ts";
import type { Dim, OpName } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { broadcast } from "../../onnx/shapes/broadcast.ts";
import { product, quotient, sum } from "../../onnx/shapes/dims.ts";

interface Call {
  readonly dims: readonly (readonly Dim[])[];
  readonly ints?: readonly (readonly number[])[];
  readonly attributes?: Attributes;
}

/** Dims of one node's first output over float32 inputs and constant int64 vectors. */
function dimsOf(op: OpName, { dims, ints = [], attributes = {} }: Call): string {
  const g = new GraphBuilder("g");
  const inputs = dims.map((own, index) => g.input(`x${index}`, "float32", own));
  return g.info(g.op(op, [...inputs, ...ints.map((values) => g.ints(values))], attributes)).dims.join(", ");
}

/** A call as a test's title; JSON knows no bigint. */
function titled<T>(
  rows: readonly (readonly [OpName, Call, T])[],
): readonly [string, { op: OpName; call: Call; expected: T }][] {
  return rows.map(([op, call, expected]) => {
    const text = JSON.stringify(call, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
    return [`${op} of ${text}`, { op, call, expected }];
  });
}

describe("symbolic dimensions", () => {
  it.each(
    titled<string>([
      ["Add", { dims: [["N", 3], [3]] }, "N, 3"],
      [
        "Add",
        {
          dims: [
            ["N", 1],
            [1, 4],
          ],
        },
        "N, 4",
      ],
      ["Add", { dims: [["N"], [5]] }, "5"],
      [
        "MatMul",
        {
          dims: [
            ["N", 3],
            [3, 4],
          ],
        },
        "N, 4",
      ],
      [
        "MatMul",
        {
          dims: [
            ["B", "N", 3],
            [3, 4],
          ],
        },
        "B, N, 4",
      ],
      [
        "Gemm",
        {
          dims: [
            ["N", "K"],
            ["K", 4],
          ],
        },
        "N, 4",
      ],
      ["Flatten", { dims: [["N", 3, 4]] }, "N, 12"],
      ["Flatten", { dims: [["N", "M", 4]], attributes: { axis: 2n } }, "M*N, 4"],
      ["Reshape", { dims: [["N", 12]], ints: [[-1, 4]] }, "3*N, 4"],
      ["Reshape", { dims: [["N", 12]], ints: [[0, 3, -1]] }, "N, 3, 4"],
      [
        "Concat",
        {
          dims: [
            ["N", 3],
            ["N", 2],
          ],
          attributes: { axis: 1n },
        },
        "N, 5",
      ],
      [
        "Concat",
        {
          dims: [
            ["N", 3],
            ["M", 3],
          ],
          attributes: { axis: 0n },
        },
        "(M+N), 3",
      ],
      ["Slice", { dims: [["N", 6]], ints: [[1], [4], [1]] }, "N, 3"],
      ["Slice", { dims: [["N", 6]], ints: [[0], [2 ** 40], [0]] }, "N, 6"],
      ["Slice", { dims: [["N", 6]], ints: [[1], [4], [0]] }, "(N[1:4:1]), 6"],
      ["ReduceMean", { dims: [["N", 6]], attributes: { axes: [1n] } }, "N, 1"],
      ["ReduceSum", { dims: [["N", 6]], ints: [[0]], attributes: { keepdims: 0n } }, "6"],
      ["Transpose", { dims: [["N", 6]] }, "6, N"],
      ["Unsqueeze", { dims: [["N"]], ints: [[1]] }, "N, 1"],
      ["Squeeze", { dims: [["N", 1]], ints: [[1]] }, "N"],
      ["Pad", { dims: [["N", 3]], ints: [[0, 1, 0, 1]] }, "N, 5"],
    ]),
  )("%s", (_, { op, call, expected }) => {
    expect(dimsOf(op, call)).toBe(expected);
  });

  it.each(
    titled<RegExp>([
      ["Add", { dims: [["N"], ["M"]] }, /inputs do not broadcast \(got \[N\] and \[M\]\)/],
      ["Add", { dims: [[3], [4]] }, /inputs do not broadcast/],
      [
        "MatMul",
        {
          dims: [
            ["N", "K"],
            ["M", 2],
          ],
        },
        /inner dimensions differ \(expected K, got M\)/,
      ],
      ["MatMul", { dims: [[], [3]] }, /input 0 \(x0\): a scalar has no matrix product/],
      ["Gemm", { dims: [[3], [3, 4]] }, /input 0 \(x0\): not a matrix \(expected rank 2, got \[3\]\)/],
      ["Gemm", { dims: [[2, 3], [3, 4], [5]] }, /input 2 \(x2\): C does not fit/],
      [
        "Gemm",
        {
          dims: [
            [1, 3],
            [3, 4],
            [2, 4],
          ],
        },
        /input 2 \(x2\): C does not fit/,
      ],
      ["Reshape", { dims: [[2, 3]], ints: [[4]] }, /the shape does not fit \(expected 6 elements, got \[4\]\)/],
      ["Reshape", { dims: [["N", 3]], ints: [[-1, 4]] }, /the shape does not fit \(expected 3\*N elements/],
      ["Reshape", { dims: [[4]], ints: [[-1, -1]] }, /the shape does not fit/],
      ["Flatten", { dims: [[2]], attributes: { axis: 2n } }, /axis does not fit/],
      ["Transpose", { dims: [[2, 3]], attributes: { perm: [0n, 0n] } }, /perm is not a permutation/],
      ["Squeeze", { dims: [[2, 3]], ints: [[0]] }, /axis 0 cannot be dropped/],
      ["Unsqueeze", { dims: [[2]], ints: [[0, 0]] }, /axes do not fit/],
      ["Expand", { dims: [[2]], ints: [[3]] }, /the shape does not fit/],
      [
        "Concat",
        {
          dims: [
            [2, 3],
            [2, 4],
          ],
          attributes: { axis: 0n },
        },
        /input 1 \(x1\): dims differ beside axis 0/,
      ],
      ["Gather", { dims: [[2, 3]], ints: [[0]], attributes: { axis: 2n } }, /axes do not fit/],
      ["Slice", { dims: [[2]], ints: [[0], [1], [0], [0]] }, /starts, ends, axes, steps do not fit/],
      ["Softmax", { dims: [[]] }, /axes do not fit/],
      ["Clip", { dims: [[2], [2]] }, /input 1 \(x1\): a limit is not a scalar/],
      ["Pad", { dims: [[2]], ints: [[1]] }, /pads do not fit/],
      ["Pad", { dims: [[2]], ints: [[1, 1]], attributes: { mode: "wrap" } }, /attribute mode/],
      ["Pad", { dims: [[2]], ints: [[-3, 0]] }, /axis 0 would be shorter than nothing/],
      ["Split", { dims: [[5]], attributes: { axis: 1n } }, /axes do not fit/],
      ["Split", { dims: [[5]], ints: [[2]] }, /the parts do not fit/],
      ["Cast", { dims: [[5]], attributes: { to: 8n } }, /attribute to: unknown type/],
    ]),
  )("refuses %s", (_, { op, call, expected }) => {
    expect(() => dimsOf(op, call)).toThrow(expected);
  });
});

describe("arithmetic of dimensions", () => {
  const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("N", "M", "(M+N)", "2*K"));

  it("divides what it multiplied", () => {
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(quotient(product([a, b]), b)).toBe(product([a]));
      }),
    );
  });

  it("does not depend on order", () => {
    fc.assert(
      fc.property(fc.array(dim, { maxLength: 5 }), (dims) => {
        expect(product(dims.toReversed())).toBe(product(dims));
        expect(sum(dims.toReversed())).toBe(sum(dims));
      }),
    );
  });

  it("keeps what is in brackets together", () => {
    expect(product(["(2*M+N)", 3, 2])).toBe("6*(2*M+N)");
    expect(product(["A", "(2*M+N)"])).toBe("(2*M+N)*A");
    expect(quotient("N", "M")).toBeUndefined();
    expect(quotient(7, 2)).toBeUndefined();
    expect(quotient(0, 0)).toBeUndefined();
  });
});

it("broadcasting is commutative, and the same as replacing N by its length", () => {
  const length = fc.constantFrom<Dim>(1, 1, 2, 3, "N");
  const shape = fc.array(length, { maxLength: 4 });
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      const together = broadcast([a, b]);
      expect(broadcast([b, a])).toEqual(together);
      const run = (dims: readonly Dim[]): readonly Dim[] => dims.map((dim) => (dim === "N" ? 2 : dim));
      // With N = 2 a run may refuse what fits symbolically, but never gives anything else.
      const stretched = together === undefined ? undefined : run(together);
      expect([stretched, undefined]).toContainEqual(broadcast([run(a), run(b)]));
    }),
  );
});

describe("Loop", () => {
  function loopOver(body: (b: GraphBuilder) => void): () => unknown {
    return () => {
      const g = new GraphBuilder("g");
      const x = g.input("x", "float32", [2]);
      const b = g.subgraph("body");
      body(b);
      return inferShapes({
        ...g.build(),
        nodes: [{ op: "Loop", name: "l", inputs: ["", "", x], outputs: ["y"], attributes: { body: b.build() } }],
      });
    };
  }

  it.each<[string, (b: GraphBuilder) => void, RegExp]>([
    [
      "a body with too few inputs",
      (b) => b.output("on", b.input("go", "bool", [])),
      /inputs of the body \(expected 3, got 1\)/,
    ],
    [
      "a carried value that changes its shape",
      (b) => {
        b.input("i", "int64", []);
        b.output("on", b.input("go", "bool", []));
        b.output("v2", b.op("Concat", [b.input("v", "float32", [2]), "x"], { axis: 0n }));
      },
      /carried value 0 after a step \(expected float32\[2\], got float32\[4\]\)/,
    ],
    [
      "a condition that is not a bool",
      (b) => {
        b.output("on", b.input("i", "int64", []));
        b.input("go", "bool", []);
        b.output("v2", b.op("Neg", [b.input("v", "float32", [2])]));
      },
      /condition of the body \(expected bool\[\], got int64\[\]\)/,
    ],
    [
      "a body input of another type than what is carried",
      (b) => {
        b.input("i", "int64", []);
        b.output("on", b.input("go", "bool", []));
        b.output("v2", b.op("Neg", [b.input("v", "float64", [2])]));
      },
      /input 2 of the body \(expected float32\[2\], got float64\[2\]\)/,
    ],
  ])("refuses %s", (_, body, message) => {
    expect(loopOver(body)).toThrow(message);
  });
});

describe("Scan", () => {
  function scanOver(scanned: bigint, body: (b: GraphBuilder) => void, outputs = 1): () => unknown {
    return () => {
      const g = new GraphBuilder("g");
      const inputs = [g.input("state", "float32", [2]), g.input("x", "float32", [5, 3])];
      const b = g.subgraph("body");
      body(b);
      return g.ops({ op: "Scan", inputs, attributes: { body: b.build(), num_scan_inputs: scanned }, outputs });
    };
  }
  const inputs = (b: GraphBuilder): readonly string[] => [b.input("s", "float32", [2]), b.input("row", "float32", [3])];

  it.each<[string, () => unknown, RegExp]>([
    ["to scan nothing", scanOver(0n, inputs), /num_scan_inputs \(expected 1 to 2, got 0\)/],
    ["to scan more than there is", scanOver(3n, inputs), /num_scan_inputs \(expected 1 to 2, got 3\)/],
    [
      "scanned inputs of several lengths",
      scanOver(2n, inputs),
      /first axis of the scanned input x \(expected 2, got \[5, 3\]\)/,
    ],
    [
      "a body with too few inputs",
      scanOver(1n, (b) => b.input("s", "float32", [2])),
      /inputs of the body \(expected 2, got 1\)/,
    ],
    ["a body with too few outputs", scanOver(1n, inputs), /outputs of the body \(expected 1, at least 1, got 0\)/],
    [
      "a body that takes a whole for a slice",
      scanOver(1n, (b) => {
        b.output("next", b.op("Neg", [b.input("s", "float32", [2])]));
        b.input("row", "float32", [5, 3]);
      }),
      /input 1 of the body \(expected float32\[3\], got float32\[5, 3\]\)/,
    ],
    [
      "a state that changes its shape",
      scanOver(1n, (b) => b.output("next", b.op("Concat", [...inputs(b)], { axis: 0n }))),
      /state 0 after a step \(expected float32\[2\], got float32\[5\]\)/,
    ],
  ])("refuses %s", (_, scan, message) => {
    expect(scan).toThrow(message);
  });
});
