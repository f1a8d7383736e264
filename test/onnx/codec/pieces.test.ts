/** Files that are made while they are written: the oracle is onnx-proto, which makes them in one go. */
import * as fc from "fast-check";
import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { checkGraph } from "../../../onnx/check.ts";
import { encodePieces } from "../../../onnx/codec/encode.ts";
import { decodeModel, encodeModel, encodeModelStreamed } from "../../../onnx/codec/index.ts";
import type { Model, Tensor } from "../../../onnx/graph.ts";
import { StoredTensor } from "../../../onnx/stored-tensor.ts";
import { modelOf } from "../ort.ts";

const { onnx } = onnxProto;

/** x [N, width] · w + b, with weights as given. */
function affine(w: Tensor, b: Tensor): Model {
  const g = new GraphBuilder("affine");
  const x = g.input("x", "float32", ["N", w.dims[0] ?? 0]);
  g.output("y", g.op("Gemm", [x, g.initializer("w", w), g.initializer("b", b)]));
  return { ...modelOf(g.build()), metadata: { "landfall.run": "r", another: "a" } };
}

const ramp = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i / 7 - 3);

/** The same values, given a few at a time in an array that is used again. */
function stored(dims: readonly number[], values: Float32Array, partLength: number): StoredTensor {
  const part = new Float32Array(partLength);
  return new StoredTensor({
    dims,
    *parts() {
      for (let start = 0; start < values.length; start += partLength) {
        part.set(values.subarray(start, start + partLength));
        yield part.subarray(0, Math.min(partLength, values.length - start));
      }
    },
  });
}

/** Each piece is copied before the next is asked for, as a writer does. */
function written(pieces: Iterable<Uint8Array>): Uint8Array {
  const copies: Uint8Array[] = [];
  for (const piece of pieces) copies.push(Uint8Array.from(piece));
  return new Uint8Array(Buffer.concat(copies));
}

/** The same message by onnx-proto alone. */
function byProto(model: Model): Uint8Array {
  return Uint8Array.from(onnx.ModelProto.encode(onnx.ModelProto.decode(encodeModel(model))).finish());
}

describe("a file in pieces", () => {
  it("has the bytes that onnx-proto writes, whatever the lengths (property)", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, size, (width, units, partLength) => {
        const [w, b] = [ramp(width * units), ramp(units)];
        const held = affine(
          { type: "float32", dims: [width, units], data: w },
          { type: "float32", dims: [units], data: b },
        );
        const lazy = affine(stored([width, units], w, partLength), stored([units], b, partLength));
        const { bytes, pieces } = encodePieces(lazy, () => undefined);
        const file = written(pieces);
        expect(file.length).toBe(bytes);
        expect(file).toEqual(encodeModel(held));
        expect(file).toEqual(byProto(held));
      }),
      { numRuns: 60 },
    );
  });

  it("says where the values of every initializer lie", () => {
    const [w, b] = [ramp(600), ramp(20)];
    const model = affine(stored([30, 20], w, 7), stored([20], b, 3));
    const whole = written(encodePieces(model, () => undefined).pieces);
    const split = encodeModelStreamed(model, { externalName: "d", thresholdBytes: 0 });
    const files = new Map([
      [undefined, written(split.graph)],
      ["d", written(split.data)],
    ]);
    const floats = (file: Uint8Array | undefined, at: { offset: number; length: number } | undefined) =>
      new Float32Array(Uint8Array.from(file?.subarray(at?.offset, (at?.offset ?? 0) + (at?.length ?? 0)) ?? []).buffer);
    expect(floats(whole, encodePieces(model, () => undefined).inside.get("w"))).toEqual(w);
    expect(split.places.get("w")?.location).toBe("d");
    expect(split.places.get("b")?.location).toBeUndefined();
    for (const [name, values] of [["w", w] as const, ["b", b] as const]) {
      const place = split.places.get(name);
      expect(floats(files.get(place?.location), place)).toEqual(values);
    }
  });

  it("asks for no values before they are written, and then once", () => {
    let asked = 0;
    const values = ramp(600);
    const lazy = new StoredTensor({
      dims: [30, 20],
      *parts() {
        for (let start = 0; start < 600; start += 100) {
          asked++;
          yield values.subarray(start, start + 100);
        }
      },
    });
    const model = affine(lazy, { type: "float32", dims: [20], data: ramp(20) });
    checkGraph(model.graph);
    const { pieces } = encodePieces(model, () => undefined);
    expect(asked).toBe(0);
    expect(decodeModel(written(pieces)).graph.initializers.get("w")?.data).toEqual(values);
    expect(asked).toBe(6);
  });

  it("is refused when the parts are not what the dims say", () => {
    const model = affine(stored([30, 20], ramp(599), 100), { type: "float32", dims: [20], data: ramp(20) });
    expect(() => written(encodePieces(model, () => undefined).pieces)).toThrow(/2396 bytes/);
  });
});

describe("a stored tensor", () => {
  it("gives all its values anew at every access, and to copies of itself", () => {
    const tensor = stored([4, 5], ramp(20), 3);
    expect(tensor.data).toEqual(ramp(20));
    expect(tensor.data).not.toBe(tensor.data);
    expect(Object.assign({}, tensor).data).toEqual(ramp(20));
  });
});
