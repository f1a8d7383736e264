import { GraphBuilder } from "../../onnx/builder.ts";
import { encodeModel } from "../../onnx/codec/encode.ts";
import { servedIrVersion, servedOpset } from "../../onnx/graph.ts";
import type { HostTensor, OpenSession, SessionHost } from "../../runtime/session.ts";
import { codeVersion } from "../../schemas/version.ts";
import type { LayersModel } from "../layers-model.ts";
import type { PredictZ, ZBlock } from "../standardised.ts";

/** Weights of ŷ = x·kernel + bias: `kernel` [L, T], `bias` [T], float32. */
export interface Affine {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The bias of weights `kernel` [L, T] about means: ȳ − x̄·kernel, [T]. */
export function intercept(kernel: Float64Array | Float32Array, meanX: Float64Array, meanY: Float64Array): Float32Array {
  const bias = Float64Array.from(meanY);
  for (const [i, mean] of meanX.entries()) {
    const row = i * meanY.length;
    for (let j = 0; j < meanY.length; j++) bias[j]! -= mean * kernel[row + j]!;
  }
  return Float32Array.from(bias);
}

/** An affine map as a one-layer LayersModel. */
export function affineModel(name: string, landmarks: number, { kernel, bias }: Affine): LayersModel {
  return {
    name,
    inputs: landmarks,
    layers: [{ kind: "dense", name: "targets", units: bias.length, activation: "linear", kernel, bias }],
  };
}

function affineBytes(landmarks: number, targets: number, result: "prediction" | "errors"): Uint8Array {
  const b = new GraphBuilder(`affine-${result}`);
  const x = b.input("x", "float32", ["N", landmarks]);
  const kernel = b.input("kernel", "float32", [landmarks, targets]);
  const bias = b.input("bias", "float32", [targets]);
  const prediction = b.op("Gemm", [x, kernel, bias]);
  if (result === "prediction") b.output("prediction", prediction);
  else {
    const y = b.input("y", "float32", ["N", targets]);
    const rows = b.initializer("rows", { type: "int64", dims: [1], data: BigInt64Array.of(0n) });
    const errors = b.op("Abs", [b.op("Sub", [prediction, y])]);
    b.output("errors", b.op("ReduceSum", [errors, rows], { keepdims: 0n }));
  }
  return encodeModel({
    graph: b.build(),
    opset: servedOpset,
    irVersion: servedIrVersion,
    producer: { name: "landfall", version: codeVersion },
    metadata: {},
  });
}

/** Runs affine maps whose weights are fed, not stored: one session serves every candidate, no weight is copied. */
export class AffineRunner implements AsyncDisposable {
  readonly #prediction: SessionHost;
  readonly #errors: SessionHost;
  readonly #landmarks: number;

  private constructor(prediction: SessionHost, errors: SessionHost, landmarks: number) {
    this.#prediction = prediction;
    this.#errors = errors;
    this.#landmarks = landmarks;
  }

  static async open(open: OpenSession, landmarks: number, targets: number): Promise<AffineRunner> {
    const prediction = await open({ bytes: affineBytes(landmarks, targets, "prediction") });
    const errors = await open({ bytes: affineBytes(landmarks, targets, "errors") });
    return new AffineRunner(prediction, errors, landmarks);
  }

  /** Adds Σ over the block's rows of |x·kernel + bias − y| to `sums`, per target [T]. */
  async addErrors(affine: Affine, { landmarks, targets, rows }: ZBlock, sums: Float64Array): Promise<void> {
    const y: HostTensor = { type: "float32", dims: [rows, affine.bias.length], data: targets };
    const { errors } = await this.#errors.run({ ...this.#feeds(affine, landmarks, rows), y });
    const data = errors?.data as Float32Array;
    for (let t = 0; t < sums.length; t++) sums[t] = sums[t]! + data[t]!;
  }

  /** The prediction of one fixed affine map; valid while this runner lives. */
  predictor(affine: Affine): PredictZ {
    return async (landmarks, rows) => {
      const { prediction } = await this.#prediction.run(this.#feeds(affine, landmarks, rows));
      return prediction?.data as Float32Array;
    };
  }

  #feeds({ kernel, bias }: Affine, x: Float32Array, rows: number): Record<string, HostTensor> {
    return {
      x: { type: "float32", dims: [rows, this.#landmarks], data: x },
      kernel: { type: "float32", dims: [this.#landmarks, bias.length], data: kernel },
      bias: { type: "float32", dims: [bias.length], data: bias },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prediction[Symbol.asyncDispose]();
    await this.#errors[Symbol.asyncDispose]();
  }
}
