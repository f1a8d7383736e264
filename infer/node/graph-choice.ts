import { openSession } from "../../runtime/node/open.ts";
import type { Device, Provider } from "../../runtime/session.ts";
import type { ExpressionManifest } from "../../schemas/index.ts";
import { type ChosenGraph, chooseGraph, dependsOnProvider, type PrecisionChoice } from "../variant.ts";

/**
 * Chooses the graph of a precision for a device. Where the choice depends on the provider, the device is tried on a
 * graph of one node first: opening a model of a gigabyte only to open another one takes seconds.
 * @throws AppError `usage` when the model has no such variant, `unavailable` for a device that cannot start.
 */
export async function graphForDevice(
  manifest: ExpressionManifest,
  { precision, device }: { readonly precision: PrecisionChoice; readonly device: Device | undefined },
): Promise<ChosenGraph> {
  const provider = dependsOnProvider(precision) ? await providerOf(device) : "cpu";
  return chooseGraph(manifest, { precision, provider });
}

async function providerOf(device: Device | undefined): Promise<Provider> {
  if (device === "cpu") return device;
  const [{ GraphBuilder }, { modelBytes }] = await Promise.all([
    import("../../onnx/builder.ts"),
    import("../../runtime/model-bytes.ts"),
  ]);
  const graph = new GraphBuilder("provider");
  graph.output("y", graph.op("Relu", [graph.input("x", "float32", ["N", 1])]));
  await using session = await openSession({ bytes: modelBytes(graph.build()) }, device === undefined ? {} : { device });
  return session.provider;
}

/** True for a file that another graph than the chosen one needs. */
export function isOtherGraph(path: string, chosen: ChosenGraph): boolean {
  const isGraph = /^(model\.onnx|variants\/)/.test(path);
  return isGraph && path !== chosen.path && path !== `${chosen.path}.data`;
}
