/** What tests ask of the page without a face; everything is plain data. */
import type { PrecisionChoice } from "../../../infer/variant.ts";
import type { Provider } from "../../../runtime/session.ts";
import type { TensorSignature } from "../../../schemas/index.ts";

/** Tensors by name, all float32. */
export type PlainTensors = Readonly<
  Record<string, { readonly dims: readonly number[]; readonly values: readonly number[] }>
>;

export type WebHost = "wasm" | "webgpu";

/** Profiles inferred by the published model at a URL, or the error. */
export type Inferred =
  | {
      readonly ok: true;
      readonly provider: Provider;
      readonly precision: string;
      /** `[samples, landmarks and targets]` */
      readonly values: readonly number[];
      readonly ood: readonly number[];
    }
  | { readonly ok: false; readonly tag: string; readonly message: string };

/** The page's global scope. */
export interface HostsWindow {
  readonly hosts: {
    /** Why there is no WebGPU; undefined where there is. */
    whyNoGpu(): Promise<string | undefined>;
    open(graph: { readonly base64: string; readonly provider: WebHost }): Promise<{
      readonly id: number;
      readonly inputs: readonly TensorSignature[];
      readonly outputs: readonly TensorSignature[];
    }>;
    run(job: { readonly id: number; readonly feeds: PlainTensors }): Promise<PlainTensors>;
    close(id: number): Promise<void>;
    infer(job: {
      readonly url: string;
      readonly device: WebHost;
      readonly precision: PrecisionChoice;
      readonly genes: readonly string[];
      /** `[samples, genes]` */
      readonly values: readonly number[];
    }): Promise<Inferred>;
  };
}
