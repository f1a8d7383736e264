import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { decodeModel, type ExternalReference, encodeModel, encodeModelStreamed } from "../../../onnx/codec/index.ts";
import { intVector } from "../../../onnx/element.ts";
import type { Model } from "../../../onnx/graph.ts";
import { modelOf, runOrt } from "../ort.ts";

const { onnx } = onnxProto;
const page = 4096;
const rows = 300;

/** x [N, 300] · first [300, 5] + bias [5], times second [5, 260]: 6,000, 20 and 5,200 bytes. */
function wide(): Model {
  const g = new GraphBuilder("wide");
  const x = g.input("x", "float32", ["N", rows]);
  const ramp = (count: number) => Float32Array.from({ length: count }, (_, index) => (index % 7) - 3);
  const first = g.initializer("first", { type: "float32", dims: [rows, 5], data: ramp(rows * 5) });
  const bias = g.initializer("bias", { type: "float32", dims: [5], data: ramp(5) });
  const second = g.initializer("second", { type: "float32", dims: [5, 260], data: ramp(5 * 260) });
  g.output("y", g.op("MatMul", [g.op("Gemm", [x, first, bias]), second]));
  return modelOf(g.build());
}

const x = new Map([
  ["x", { type: "float32", dims: [2, rows], data: Float32Array.from({ length: 2 * rows }, (_, i) => i % 5) }],
] as const);

function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

describe("above the threshold", () => {
  const model = wide();
  const streamed = encodeModelStreamed(model, { externalName: "wide.data", thresholdBytes: 10_000 });
  const [graph, data] = [joined(streamed.graph), joined(streamed.data)];
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "landfall-onnx-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("large constants go into pages of the data file, small ones stay", () => {
    const seen: ExternalReference[] = [];
    const readExternal = (reference: ExternalReference): Uint8Array => {
      seen.push(reference);
      return data.subarray(reference.offset, reference.offset + reference.length);
    };
    expect(decodeModel(graph, { readExternal })).toEqual(model);
    expect(seen).toEqual([
      { tensor: "first", location: "wide.data", offset: 0, length: 6000 },
      { tensor: "second", location: "wide.data", offset: 2 * page, length: 5200 },
    ]);
    expect(data.length).toBe(streamed.dataBytes);
    expect(graph.length).toBeLessThan(1000);
  });

  it("the chunks are views: no weight is copied", () => {
    const buffers = new Set([...model.graph.initializers.values()].map((tensor) => tensor.data.buffer));
    expect([...streamed.data].filter(({ buffer }) => buffers.has(buffer)).map(({ length }) => length)).toEqual([
      6000, 5200,
    ]);
  });

  it("onnxruntime-node finds the data beside the graph and agrees with the single file", async () => {
    const path = join(folder, "wide.onnx");
    writeFileSync(path, graph);
    writeFileSync(join(folder, "wide.data"), data);
    const [two, one] = [await runOrt(path, x), await runOrt(model, x)];
    expect(two).toEqual(one);
    expect(two["y"]?.dims).toEqual([2, 260]);
    expect(readFileSync(path).length).toBe(graph.length);
  });
});

it("up to the threshold everything stays in the graph", () => {
  const model = wide();
  const streamed = encodeModelStreamed(model, { externalName: "wide.data", thresholdBytes: 6000 + 20 + 5200 });
  expect([streamed.dataBytes, [...streamed.data]]).toEqual([0, []]);
  expect(joined(streamed.graph)).toEqual(encodeModel(model));
});

it("constants of bodies go out too, and what decides a shape stays where inference finds it", () => {
  const g = new GraphBuilder("g");
  const v = g.input("v", "float32", [512]);
  const body = g.subgraph("body");
  body.input("i", "int64", []);
  body.output("on", body.input("go", "bool", []));
  const step = body.initializer("step", { type: "float32", dims: [512], data: new Float32Array(512).fill(2) });
  const wideV = body.op("Reshape", [
    body.op("Add", [body.input("v", "float32", [512]), step]),
    body.initializer("shape", intVector([512])),
  ]);
  body.output("next", wideV);
  g.output("y", g.op("Loop", [g.scalar(2, "int64"), "", v], { body: body.build() }));
  const model = modelOf(g.build());
  const { graph, data } = encodeModelStreamed(model, { externalName: "d", thresholdBytes: 0 });
  const bytes = joined(data);
  expect(bytes.length).toBe(2048);
  expect(
    decodeModel(joined(graph), { readExternal: ({ offset, length }) => bytes.slice(offset, offset + length) }),
  ).toEqual(model);
});

describe("a reference to another file is refused", () => {
  const reference = (entries: Readonly<Record<string, string>>): Uint8Array =>
    onnx.ModelProto.encode({
      opsetImport: [{ version: 17 }],
      graph: {
        initializer: [
          {
            name: "c",
            dims: [4],
            dataType: 1,
            dataLocation: 1,
            externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
          },
        ],
      },
    }).finish();
  const readExternal = ({ length }: ExternalReference): Uint8Array => new Uint8Array(length);

  it.each([
    ["that leaves the folder", { location: "../secret" }],
    ["in a parent further in", { location: "a/../../secret" }],
    ["with an absolute path", { location: "/etc/passwd" }],
    ["with a Windows drive", { location: "C:\\data" }],
    ["without a location", {}],
    ["of another length", { location: "d", length: "12" }],
    ["at a negative offset", { location: "d", offset: "-4" }],
    ["at an offset that is no number", { location: "d", offset: "x" }],
  ])("%s", (_, entries) => {
    expect(() => decodeModel(reference(entries), { readExternal })).toThrow(/tensor c: bad reference to external data/);
  });

  it("when no reader was given", () => {
    expect(() => decodeModel(reference({ location: "d" }))).toThrow(
      /tensor c: its data lies in another file, which was not given/,
    );
  });

  it("when the reader gives too little", () => {
    const short = (): Uint8Array => new Uint8Array(12);
    expect(() => decodeModel(reference({ location: "d" }), { readExternal: short })).toThrow(
      /tensor c: number of bytes \(expected 16, got 12\)/,
    );
  });

  it("but a good one without offset and length is read", () => {
    expect(decodeModel(reference({ location: "sub/d" }), { readExternal }).graph.initializers.get("c")?.dims).toEqual([
      4,
    ]);
  });
});
