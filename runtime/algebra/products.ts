import { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/errors.ts";
import { hostTensor } from "../host-tensor.ts";
import { modelBytes } from "../model-bytes.ts";
import type { HostArray, OpenOptions, OpenSession, SessionHost } from "../session.ts";

/** Element types that products are computed in. */
export type ProductType = "float32" | "float64";

/** op(a)·op(b), where op transposes on demand; all arrays row-major. */
export interface Product<T extends ProductType> {
  readonly type: T;
  /** `[m, k]`, or `[k, m]` with `transA`. */
  readonly a: HostArray[T];
  /** `[k, n]`, or `[n, k]` with `transB`. */
  readonly b: HostArray[T];
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/**
 * Dense matrix products on ONNX Runtime (`Gemm`), one session for each type and transposition, opened at first use
 * and kept until disposal. Use `float64` on `cpu` or `cuda`; other providers lack it.
 * @example
 * await using products = new Products(openSession);
 * const c = await products.multiply({ type: "float64", a, b, m: 2, k: 3, n: 4 });
 */
export class Products implements AsyncDisposable {
  readonly #open: OpenSession;
  readonly #options: OpenOptions;
  readonly #sessions = new Map<string, Promise<SessionHost>>();

  constructor(open: OpenSession, options: OpenOptions = {}) {
    this.#open = open;
    this.#options = options;
  }

  /**
   * The product `[m, n]`, owned by the caller; zeros when k = 0.
   * @throws AppError `usage` when an array does not have its shape's length; as {@link OpenSession} otherwise.
   */
  async multiply<T extends ProductType>(product: Product<T>): Promise<HostArray[T]> {
    const { type, a, b, m, k, n, transA = false, transB = false } = product;
    assertLength("a", a, [m, k]);
    assertLength("b", b, [k, n]);
    const session = await this.#session(type, transA, transB);
    const { y } = await session.run({
      a: hostTensor(type, transA ? [k, m] : [m, k], a),
      b: hostTensor(type, transB ? [n, k] : [k, n], b),
    });
    if (y?.type !== type) throw new Error(`a ${type} product came back as ${y?.type}`);
    // `type` is one literal here, which the compiler cannot tell of a type parameter.
    return y.data as HostArray[T];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of opened) if (session.status === "fulfilled") await session.value[Symbol.asyncDispose]();
  }

  #session(type: ProductType, transA: boolean, transB: boolean): Promise<SessionHost> {
    const key = `${type} ${transA} ${transB}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const opening = this.#open({ bytes: gemmModel(type, transA, transB) }, this.#options);
    this.#sessions.set(key, opening);
    return opening;
  }
}

function gemmModel(type: ProductType, transA: boolean, transB: boolean): Uint8Array {
  const graph = new GraphBuilder("product");
  const a = graph.input("a", type, transA ? ["K", "M"] : ["M", "K"]);
  const b = graph.input("b", type, transB ? ["N", "K"] : ["K", "N"]);
  graph.output("y", graph.op("Gemm", [a, b], { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n }));
  return modelBytes(graph.build());
}

function assertLength(
  name: string,
  { length }: { readonly length: number },
  [rows, columns]: readonly [number, number],
): void {
  if (length === rows * columns) return;
  throw new AppError("usage", {
    what: `the factor ${name} of a product does not have its shape's length`,
    expected: `${rows} × ${columns} = ${rows * columns} values`,
    got: `${length}`,
  });
}
