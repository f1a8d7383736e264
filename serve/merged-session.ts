import type { HostTensor, RunOptions, SessionHost, TensorMap } from "../runtime/session.ts";

interface Asked {
  readonly feeds: TensorMap;
  readonly fetch: readonly string[];
  readonly resolve: (outputs: TensorMap) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows of a tensor map: the first dimension, common to all. */
function rowsOf(feeds: TensorMap): number {
  return Object.values(feeds)[0]?.dims[0] ?? 0;
}

/** The tensors of several runs under each other. */
function stack(tensors: readonly HostTensor[]): HostTensor {
  const [first] = tensors;
  if (first === undefined) throw new Error("nothing to stack");
  if (tensors.length === 1) return first;
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  // `type` and the class of `data` stay paired: both are the first tensor's.
  const data = new (first.data.constructor as new (length: number) => HostTensor["data"])(length);
  let at = 0;
  for (const tensor of tensors) {
    (data as Float32Array).set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  const rows = tensors.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  return { type: first.type, dims: [rows, ...first.dims.slice(1)], data } as HostTensor;
}

/** Rows `[start, start + rows)` of a tensor, a view. */
function rowsFrom({ type, dims, data }: HostTensor, start: number, rows: number): HostTensor {
  const width = data.length / Math.max(1, dims[0] ?? 0);
  return {
    type,
    dims: [rows, ...dims.slice(1)],
    data: data.subarray(start * width, (start + rows) * width),
  } as HostTensor;
}

/**
 * A session that makes one run of all runs asked for in one turn of the event loop, for graphs whose rows are
 * independent of each other (`Predictor` says why ours are, to the bit). Outputs may be views of one buffer.
 * It owns the session it is given.
 */
export function mergedSession(session: SessionHost): SessionHost {
  let asked: Asked[] = [];
  const flush = async (): Promise<void> => {
    const runs = asked;
    asked = [];
    try {
      const feeds = Object.fromEntries(
        session.inputs.map(({ name }) => [name, stack(runs.flatMap((run) => run.feeds[name] ?? []))]),
      );
      const fetch = [...new Set(runs.flatMap((run) => run.fetch))];
      const outputs = await session.run(feeds, { fetch });
      let start = 0;
      for (const run of runs) {
        const rows = rowsOf(run.feeds);
        const own = run.fetch.map((name) => [name, outputs[name]] as const);
        run.resolve(
          Object.fromEntries(own.flatMap(([name, tensor]) => (tensor ? [[name, rowsFrom(tensor, start, rows)]] : []))),
        );
        start += rows;
      }
    } catch (error) {
      for (const { reject } of runs) reject(error);
    }
  };
  const run = (feeds: TensorMap, { fetch = session.outputs.map(({ name }) => name) }: RunOptions = {}) =>
    new Promise<TensorMap>((resolve, reject) => {
      asked.push({ feeds, fetch, resolve, reject });
      // Everything between a batch's arrival and its runs is done in microtasks: all runs are there by then.
      if (asked.length === 1) setImmediate(() => void flush());
    });
  const { provider, tried, inputs, outputs } = session;
  return { provider, tried, inputs, outputs, run, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
}
