import { AppError } from "../../schemas/index.ts";
import type { LayerCall, TensorRef } from "../lower/topology.ts";

interface Wiring {
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
  /** What an error calls the file. */
  readonly where: string;
}

const key = ({ layer, node }: { readonly layer: string; readonly node: number }): string => `${layer}:${node}`;

/**
 * The calls that inputs and outputs depend on, each after the calls it reads (depth first from the outputs, so the
 * order depends on the wiring alone).
 * @throws AppError `bad-model` for references to a call that does not exist, and for a cycle, naming its layers.
 */
export function orderCalls({ calls, inputs, outputs, where }: Wiring): LayerCall[] {
  const byKey = new Map(calls.map((call) => [key(call), call]));
  const wanted = [...calls.flatMap((call) => call.inputs), ...inputs, ...outputs];
  const missing = new Set(
    wanted.filter((ref) => !byKey.has(key(ref))).map(({ layer, node }) => `${layer} (call ${node})`),
  );
  if (missing.size > 0)
    throw new AppError("bad-model", {
      what: "the topology refers to layers that do not exist",
      where,
      examples: [...missing],
    });
  const ordered = new Map<string, LayerCall>();
  const open: string[] = [];
  const visit = (ref: TensorRef): void => {
    const id = key(ref);
    const call = byKey.get(id);
    if (call === undefined || ordered.has(id)) return;
    if (open.includes(id))
      throw new AppError("bad-model", {
        what: "the layers form a cycle",
        where,
        got: [...open.slice(open.indexOf(id)), id].map((step) => step.replace(/:\d+$/, "")).join(" → "),
      });
    open.push(id);
    for (const input of call.inputs) visit(input);
    open.pop();
    ordered.set(id, call);
  };
  for (const ref of [...inputs, ...outputs]) visit(ref);
  return [...ordered.values()];
}
