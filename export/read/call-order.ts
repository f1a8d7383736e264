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

function requireAll({ calls, inputs, outputs, where }: Wiring, byKey: ReadonlyMap<string, LayerCall>): void {
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
}

function cycle(open: readonly string[], again: string, where: string): AppError {
  return new AppError("bad-model", {
    what: "the layers form a cycle",
    where,
    got: [...open.slice(open.indexOf(again)), again].map((step) => step.replace(/:\d+$/, "")).join(" → "),
  });
}

/**
 * The calls that inputs and outputs depend on, each after the calls it reads (depth first from the outputs, so the
 * order depends on the wiring alone). The way down is a list, not the stack: a chain may be longer than that is deep.
 * @throws AppError `bad-model` for references to a call that does not exist, and for a cycle, naming its layers.
 */
export function orderCalls(wiring: Wiring): LayerCall[] {
  const { calls, inputs, outputs, where } = wiring;
  const byKey = new Map(calls.map((call) => [key(call), call]));
  requireAll(wiring, byKey);
  const ordered = new Map<string, LayerCall>();
  /** Calls on the way down, with the input that is looked at next. */
  const open = new Map<string, { readonly call: LayerCall; next: number }>();
  const enter = (ref: TensorRef): void => {
    const id = key(ref);
    const call = byKey.get(id);
    if (call === undefined || ordered.has(id)) return;
    if (open.has(id)) throw cycle([...open.keys()], id, where);
    open.set(id, { call, next: 0 });
  };
  for (const root of [...inputs, ...outputs]) {
    enter(root);
    const path = [...open.keys()];
    while (path.length > 0) {
      const id = path.at(-1) ?? "";
      const step = open.get(id);
      const input = step?.call.inputs[step.next];
      if (step === undefined || input === undefined) {
        if (step !== undefined) ordered.set(id, step.call);
        open.delete(id);
        path.pop();
        continue;
      }
      step.next++;
      enter(input);
      if (open.has(key(input))) path.push(key(input));
    }
  }
  return [...ordered.values()];
}
