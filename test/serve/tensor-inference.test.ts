import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { Predictor } from "../../infer/predictor.ts";
import { sizes, trainingLike } from "../infer/support/small-model.ts";
import { message, readAnswer, values } from "./support/oip-message.ts";
import { echoGraph, publishGraph, smallRepository } from "./support/repository.ts";
import { type TestServer, testServer } from "./support/server.ts";

type Body = string | Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

const { landmarks: l, targets: t } = sizes;
const rows = 3;
const x = trainingLike(rows, 9);
const shape = [rows, l];

let server: TestServer;
let predictor: Predictor;
/** The oracle: the predictor's own run of its graph, `[rows, T]` and `[rows, 1]`. */
let expected: { readonly targets: Float32Array; readonly ood: Float32Array };

beforeAll(async () => {
  const { models, small } = await smallRepository();
  await publishGraph(models, { name: "echo", graph: echoGraph() });
  server = testServer(models);
  predictor = await loadModelFolder(small.dir, { device: "cpu", threads: 1 });
  const outputs = await predictor.session.run({ landmarks: { type: "float32", dims: shape, data: x } });
  expected = { targets: outputs["targets"]?.data as Float32Array, ood: outputs["ood"]?.data as Float32Array };
});
afterAll(() => predictor[Symbol.asyncDispose]());

const post = (
  path: string,
  { body, headers = {} }: { body: Body; headers?: Record<string, string> },
): Promise<Response> => Promise.resolve(server.app.request(path, { method: "POST", body, headers }));

const inputForms = {
  binary: () => ({ input: { parameters: { binary_data_size: x.byteLength } }, tensors: [x] }),
  flat: () => ({ input: { data: [...x] }, tensors: [] }),
  nested: () => ({
    input: { data: Array.from({ length: rows }, (_, i) => [...x.subarray(i * l, (i + 1) * l)]) },
    tensors: [],
  }),
} as const;
const outputForms = {
  json: { request: {}, binary: [] },
  binary: { request: { parameters: { binary_data_output: true } }, binary: ["targets", "ood"] },
  mixed: {
    request: {
      parameters: { binary_data_output: true },
      outputs: [{ name: "ood", parameters: { binary_data: false } }, { name: "targets" }],
    },
    binary: ["targets"],
  },
} as const;
const encodings = { identity: (body: Uint8Array) => body, gzip: gzipSync, deflate: deflateSync } as const;
const paths = {
  current: "/v2/models/small/infer?test_1=1&test_2=2",
  version: "/v2/models/small/versions/1/infer",
} as const;

describe.each(Object.keys(inputForms) as (keyof typeof inputForms)[])("an input as %s", (inputForm) => {
  describe.each(Object.keys(outputForms) as (keyof typeof outputForms)[])("with outputs as %s", (outputForm) => {
    describe.each(Object.keys(encodings) as (keyof typeof encodings)[])("in %s", (encoding) => {
      it.each(Object.entries(paths))("gives the predictor's bits, %s", async (_, path) => {
        const { input, tensors } = inputForms[inputForm]();
        const { request, binary } = outputForms[outputForm];
        const sent = message(
          { id: "ä7", inputs: [{ name: "landmarks", shape, datatype: "FP32", ...input }], ...request },
          tensors,
        );
        const headers = { ...sent.headers, ...(encoding !== "identity" && { "Content-Encoding": encoding }) };
        const response = await post(path, { body: Uint8Array.from(encodings[encoding](sent.body)), headers });
        const answer = await readAnswer(response);
        expect(answer).toMatchObject({ status: 200, json: { id: "ä7", model_name: "small", model_version: "1" } });
        expect([...answer.bytes.keys()]).toEqual(binary);
        expect(values(answer, "targets")).toEqual(expected.targets);
        expect(values(answer, "ood")).toEqual(expected.ood);
        const shapes = Object.fromEntries((answer.json.outputs ?? []).map((output) => [output.name, output.shape]));
        expect(shapes).toEqual({ targets: [rows, t], ood: [rows, 1] });
      });
    });
  });
});

it("pads binary answers so that tensors can be read in place", async () => {
  const sent = message({
    inputs: [{ name: "landmarks", shape, datatype: "FP32", data: [...x] }],
    parameters: { binary_data_output: true },
  });
  const response = await post(paths.current, sent);
  expect(Number(response.headers.get("Inference-Header-Content-Length")) % 8).toBe(0);
  expect(response.headers.get("Content-Type")).toBe("application/octet-stream");
});

it("answers the bytes that tritonclient sends by default: binary in, binary out, no content type", async () => {
  // _client.py: infer() with outputs=None; _utils.py _get_inference_request, as rapidjson writes it.
  const json = `{"inputs":[{"name":"landmarks","shape":[${rows},${l}],"datatype":"FP32","parameters":{"binary_data_size":${x.byteLength}}}],"parameters":{"binary_data_output":true}}`;
  const head = new TextEncoder().encode(json);
  const body = new Uint8Array(head.byteLength + x.byteLength);
  body.set(head);
  body.set(new Uint8Array(x.buffer), head.byteLength);
  const response = await post("/v2/models/small/infer", {
    body,
    headers: { "inference-header-content-length": String(head.byteLength) },
  });
  expect(values(await readAnswer(response), "targets")).toEqual(expected.targets);
});

it("answers a raw request with binary outputs", async () => {
  const response = await post(paths.current, {
    body: x.slice(0, l),
    headers: { "Inference-Header-Content-Length": "0" },
  });
  const answer = await readAnswer(response);
  expect(values(answer, "targets")).toEqual(expected.targets.slice(0, t));
  expect(answer.json.outputs?.map((output) => output.shape)).toEqual([
    [1, t],
    [1, 1],
  ]);
});

it("chooses versions by number and by alias", async () => {
  const sent = message({ inputs: [{ name: "landmarks", shape, datatype: "FP32", data: [...x] }] });
  const versions = await Promise.all(
    ["/v2/models/small/infer", "/v2/models/small/versions/2/infer", "/v2/models/small/versions/production/infer"].map(
      async (path) => (await readAnswer(await post(path, sent))).json.model_version,
    ),
  );
  expect(versions).toEqual(["1", "2", "1"]);
});

it("takes no rows at all", async () => {
  const sent = message({ inputs: [{ name: "landmarks", shape: [0, l], datatype: "FP32", data: [] }] });
  const answer = await readAnswer(await post(paths.current, sent));
  expect(answer.json.outputs?.map((output) => [output.shape, output.data])).toEqual([
    [[0, t], []],
    [[0, 1], []],
  ]);
});

describe("a model of tensors", () => {
  const data = {
    float32: { datatype: "FP32", json: [0.1, -2], array: new Float32Array([0.1, -2]) },
    float64: { datatype: "FP64", json: [0.1, -2], array: new Float64Array([0.1, -2]) },
    int32: { datatype: "INT32", json: [-(2 ** 31), 7], array: new Int32Array([-(2 ** 31), 7]) },
    int64: { datatype: "INT64", json: [-5, 2 ** 53 - 1], array: new BigInt64Array([-5n, 2n ** 53n - 1n]) },
    uint8: { datatype: "UINT8", json: [0, 255], array: new Uint8Array([0, 255]) },
    uint32: { datatype: "UINT32", json: [0, 2 ** 32 - 1], array: new Uint32Array([0, 2 ** 32 - 1]) },
    bool: { datatype: "BOOL", json: [true, false], array: new Uint8Array([1, 0]) },
  } as const;
  const kinds = Object.entries(data);

  it("carries every type as JSON", async () => {
    const inputs = kinds.map(([type, { datatype, json }]) => ({
      name: `in_${type}`,
      shape: [1, 2],
      datatype,
      data: json,
    }));
    const answer = await readAnswer(await post("/v2/models/echo/infer", message({ inputs })));
    expect(answer.json.outputs?.map((output) => [output.datatype, output.data])).toEqual(
      kinds.map(([, { datatype, json }]) => [datatype, json]),
    );
  });

  it("carries every type as bytes, at whatever offset they lie", async () => {
    const inputs = kinds.toReversed().map(([type, { datatype, array }]) => ({
      name: `in_${type}`,
      shape: [1, 2],
      datatype,
      parameters: { binary_data_size: array.byteLength },
    }));
    const sent = message(
      { inputs, parameters: { binary_data_output: true } },
      kinds.toReversed().map(([, { array }]) => array),
    );
    const answer = await readAnswer(await post("/v2/models/echo/infer", sent));
    for (const [type, { array }] of kinds)
      expect(answer.bytes.get(`out_${type}`)).toEqual(new Uint8Array(array.buffer));
  });

  it("keeps NaN in binary tensors and refuses to say it in JSON", async () => {
    const inputs = kinds.map(([type, { datatype, array }]) => ({
      name: `in_${type}`,
      shape: [1, 2],
      datatype,
      parameters: { binary_data_size: array.byteLength },
    }));
    const arrays = kinds.map(([type, { array }]) => (type === "float32" ? new Float32Array([Number.NaN, 1]) : array));
    const binary = await readAnswer(
      await post("/v2/models/echo/infer", message({ inputs, parameters: { binary_data_output: true } }, arrays)),
    );
    expect(values(binary, "out_float32")).toEqual(new Float32Array([Number.NaN, 1]));
    const json = await readAnswer(await post("/v2/models/echo/infer", message({ inputs }, arrays)));
    expect(json).toMatchObject({ status: 400, json: { error: expect.stringContaining("not finite") } });
  });
});

describe("refuses, in the protocol's error object,", () => {
  const good = { name: "landmarks", shape, datatype: "FP32", data: [...x] };
  const bin = (size: number) => ({
    name: "landmarks",
    shape,
    datatype: "FP32",
    parameters: { binary_data_size: size },
  });
  const raw = (length: string) => ({ headers: { "Inference-Header-Content-Length": length } });
  const cases: Record<string, readonly [{ body: Body; headers?: Record<string, string> }, number, RegExp, string?]> = {
    "an unknown model": [
      message({ inputs: [good] }),
      404,
      /Request for unknown model: 'nope'/,
      "/v2/models/nope/infer",
    ],
    "an unknown version": [message({ inputs: [good] }), 404, /'small' version 9/, "/v2/models/small/versions/9/infer"],
    "a path as a model": [message({ inputs: [good] }), 404, /unknown model/, "/v2/models/..%2Fsmall/infer"],
    "another shape": [
      message({ inputs: [{ ...good, shape: [1, l + 1] }] }),
      400,
      /unexpected shape for input 'landmarks' for model 'small'\. Expected \[-1,24\], got \[1,25\]/,
    ],
    "another rank": [message({ inputs: [{ ...good, shape: [l] }] }), 400, /unexpected shape/],
    "a shape that is none": [message({ inputs: [{ ...good, shape: [-1, l] }] }), 400, /shape/],
    "another datatype": [
      message({ inputs: [{ ...good, datatype: "FP64" }] }),
      400,
      /data-type is 'FP64', but model 'small' expects 'FP32'/,
    ],
    "text tensors": [message({ inputs: [{ ...good, datatype: "BYTES" }] }), 400, /'BYTES'/],
    "too little data": [message({ inputs: [{ ...good, data: [1, 2] }] }), 400, /does not have the shape/],
    "ragged data": [message({ inputs: [{ ...good, data: [[1], [2, 3], []] }] }), 400, /nested data/],
    "data of another kind": [
      message({ inputs: [{ ...good, data: [...x.slice(1), "7"] }] }),
      400,
      /not a value of FP32/,
    ],
    "missing values": [message({ inputs: [{ ...good, data: [...x.slice(1), null] }] }), 400, /\/v1\/infer/],
    "numbers past float32": [
      message({ inputs: [{ ...good, data: [...x.slice(1), 1e39] }] }),
      400,
      /not a value of FP32/,
    ],
    "NaN in bytes": [
      message({ inputs: [bin(x.byteLength)] }, [x.map((v, i) => (i === 25 ? Number.NaN : v))]),
      400,
      /row 1, column 1: input 'landmarks' holds a value that is not finite/,
    ],
    "no input": [message({ inputs: [] }), 400, /expected 1 inputs but got 0 inputs for model 'small'/],
    "an input twice": [message({ inputs: [good, good] }), 400, /expected 1 inputs but got 2/],
    "an unknown input": [
      message({ inputs: [{ ...good, name: "__proto__" }] }),
      400,
      /unexpected inference input '__proto__'/,
    ],
    "an unknown output": [
      message({ inputs: [good], outputs: [{ name: "x" }] }),
      400,
      /unexpected inference output 'x' for model 'small'/,
    ],
    "an output twice": [
      message({ inputs: [good], outputs: [{ name: "ood" }, { name: "ood" }] }),
      400,
      /more than once/,
    ],
    "an input without data": [message({ inputs: [{ name: "landmarks", shape, datatype: "FP32" }] }), 400, /neither/],
    classification: [
      message({ inputs: [good], outputs: [{ name: "targets", parameters: { classification: 3 } }] }),
      400,
      /classification/,
    ],
    "shared memory in": [
      message({ inputs: [{ ...good, parameters: { shared_memory_region: "r" } }] }),
      400,
      /shared memory/,
    ],
    "shared memory out": [
      message({ inputs: [good], outputs: [{ name: "ood", parameters: { shared_memory_region: "r" } }] }),
      400,
      /shared memory/,
    ],
    "bytes without a header length": [
      { body: message({ inputs: [bin(x.byteLength)] }).body },
      400,
      /must specify valid 'Infer-Header-Content-Length'/,
    ],
    "fewer bytes than declared": [message({ inputs: [bin(x.byteLength + 4)] }, [x]), 400, /only 288 are left/],
    "more bytes than declared": [
      message({ inputs: [bin(x.byteLength - 4)] }, [x]),
      400,
      /unexpected additional input data/,
    ],
    "bytes that do not make the shape": [
      message({ inputs: [bin(x.byteLength - 4)] }, [x.subarray(1)]),
      400,
      /unexpected total byte size 284 for input 'landmarks', expecting 288/,
    ],
    "a size that is none": [message({ inputs: [bin(-1)] }, [x]), 400, /binary_data_size/],
    "a negative header length": [{ body: "{}", ...raw("-1") }, 400, /should be in range/],
    "a header length that is none": [{ body: "{}", ...raw("NaN") }, 400, /should be in range/],
    "a header length past the body": [{ body: "{}", ...raw("3") }, 400, /should be in range \(0, 2\)/],
    "a header length inside the JSON": [{ body: "{} ", ...raw("1") }, 400, /failed to parse the request JSON/],
    "no JSON": [{ body: "inputs" }, 400, /failed to parse the request JSON/],
    "Python's NaN": [{ body: '{"inputs":[{"data":[NaN]}]}' }, 400, /failed to parse/],
    "JSON that is no request": [{ body: "[]" }, 400, /failed to parse/],
    nothing: [{ body: "" }, 400, /failed to parse/],
    "deep JSON": [{ body: "[".repeat(100_000) }, 400, /failed to parse/],
    "a raw request of another length": [
      { body: x.slice(1), ...raw("0") },
      400,
      /unexpected total byte size 284 for input 'landmarks', expecting a multiple of 96/,
    ],
    "an empty raw request": [{ body: "", ...raw("0") }, 400, /total byte size 0/],
    "a raw request to a model of several inputs": [
      { body: x.slice(1), ...raw("0") },
      400,
      /one input/,
      "/v2/models/echo/infer",
    ],
    "an unknown encoding": [{ body: "{}", headers: { "Content-Encoding": "br" } }, 415, /br is not supported/],
    "data that is not gzip": [{ body: "{}", headers: { "Content-Encoding": "gzip" } }, 400, /not gzip data/],
    "truncated gzip": [
      { body: Uint8Array.from(gzipSync("{}".repeat(99)).subarray(0, 20)), headers: { "Content-Encoding": "gzip" } },
      400,
      /not gzip data/,
    ],
  };

  it.each(Object.entries(cases))("%s", async (_, [request, status, text, path = paths.current]) => {
    const answer = await readAnswer(await post(path, request));
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.json)).toEqual(["error"]);
    expect(answer.json.error).toMatch(text);
  });

  it("and never with the server's paths or as an error of its own", async () => {
    for (const [request, , , path = paths.current] of Object.values(cases)) {
      const text = await (await post(path, request)).text();
      expect(text).not.toMatch(/landfall-serve|\/tmp|node_modules/);
    }
    expect(server.errors).toEqual([]);
  });
});
