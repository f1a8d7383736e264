/** What the server and a model's thread say to each other: one request, then one answer. */
import type { PrecisionChoice } from "../infer/variant.ts";
import type { Device, HostTensor } from "../runtime/session.ts";
import type { Answer, Job, ModelFacts } from "./served-model.ts";

/** How a model is loaded. */
export interface HostOptions {
  readonly device: Device;
  /** Threads of one operator; the machine's cores by default. */
  readonly threads?: number;
  /** Which of a model's graphs; float32 by default. */
  readonly precision?: PrecisionChoice;
  /** Path of an HGNC file, whose gene names take the place of the shipped ones. */
  readonly hgnc?: string | undefined;
}

/** Requests. Arrays of jobs are copies and travel by transfer. */
export type ToModelThread =
  | { readonly kind: "open"; readonly dir: string; readonly options: HostOptions }
  | { readonly kind: "run"; readonly jobs: readonly Job[] }
  /** Close the model and end the thread; the thread's exit is the answer. */
  | { readonly kind: "stop" };

/** Answers. Arrays travel by transfer. */
export type FromModelThread =
  | { readonly kind: "opened"; readonly facts: ModelFacts }
  | { readonly kind: "ran"; readonly answers: readonly Answer[] }
  | Extract<Answer, { kind: "failed" }>;

/** The arrays of an answer. */
function arraysOf(answer: Answer): readonly ArrayBufferView[] {
  switch (answer.kind) {
    case "tensors":
      return Object.values(answer.outputs).map(({ data }) => data);
    case "profiles":
      return [answer.profiles.values, answer.profiles.ood, answer.profiles.missing];
    case "failed":
      return [];
  }
}

/** The buffers that leave with answers, each once: answers of one batch are views of common outputs. */
export function buffersOf(answers: readonly Answer[]): ArrayBuffer[] {
  const buffers = answers.flatMap(arraysOf).map(({ buffer }) => buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

/** A job over buffers of its own, to be moved: its arrays may be views of a body, whose whole buffer would be cloned. */
export function detachedJob(job: Job): { readonly job: Job; readonly buffers: readonly ArrayBuffer[] } {
  if (job.kind === "profiles") {
    const values = new Float32Array(job.values);
    return { job: { ...job, values }, buffers: [values.buffer] };
  }
  const copies = Object.entries(job.feeds).map(([name, tensor]) => {
    // `slice` of a typed array is a copy; of a Buffer it would be a view, but tensors have none.
    const data = tensor.data.slice();
    return { name, tensor: { ...tensor, data } as HostTensor, buffer: data.buffer };
  });
  const feeds = Object.fromEntries(copies.map(({ name, tensor }) => [name, tensor]));
  return { job: { ...job, feeds }, buffers: copies.map(({ buffer }) => buffer) };
}
