/** A small exported net with a hidden layer in all precisions, and what a host must infer from profiles with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseGenesTable } from "../../../data/genes-table.ts";
import { Random } from "../../../data/random.ts";
import { exportRun } from "../../../export/index.ts";
import { chooseGraph, type PrecisionChoice } from "../../../infer/variant.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { Provider } from "../../../runtime/session.ts";
import type { ExpressionManifest, Precision } from "../../../schemas/index.ts";
import { preparedRun, withHiddenLayer } from "./prepared-run.ts";

/** Which graph, on which host. */
export interface HostChoice {
  readonly precision: PrecisionChoice;
  readonly provider: Provider;
}

/** Results of one graph for the profiles. */
export interface HostResults {
  /** `[rows, T]` */
  readonly targets: Float32Array;
  /** `[rows]` */
  readonly ood: Float32Array;
}

/** A version folder with profiles for it. */
export interface VariantModel {
  readonly dir: string;
  readonly manifest: ExpressionManifest;
  /** Ids of the landmarks. */
  readonly genes: readonly string[];
  /** Profiles, `[rows, L]`. */
  readonly profiles: Float32Array;
  /** What onnxruntime-node's CPU provider gives for the very file that the host is to run. */
  readonly reference: (choice: HostChoice) => Promise<HostResults>;
}

/** Profiles compared. */
export const profileCount = 7;

/** The precisions that a host is asked for. */
export const askedPrecisions: readonly PrecisionChoice[] = ["fp32", "fp16", "int8", "int4", "auto"];

/** What `auto` is in a browser. */
export const webAuto: Readonly<Record<"wasm" | "webgpu", Precision>> = { wasm: "int8", webgpu: "fp16" };

/** Exports the net into `<folder>/model`. */
export async function makeVariantModel(folder: string): Promise<VariantModel> {
  const prepared = await preparedRun(folder);
  await withHiddenLayer(prepared);
  const { run, data } = prepared;
  const dir = join(folder, "model");
  const precisions = ["fp16", "int8", "int4"] as const;
  const manifest = await exportRun({ run, data, out: dir, open: openSession, precisions: [...precisions] });
  const { landmarks: count, transform } = manifest;
  const genes = parseGenesTable(await readFile(join(dir, "genes.tsv"), "utf8"), "genes.tsv")
    .slice(0, count)
    .map(({ id }) => id);
  const random = new Random(17);
  const { mean, sd } = transform.landmarks;
  const profiles = Float32Array.from(
    { length: profileCount * count },
    (_, i) => (mean[i % count] ?? 0) + (sd[i % count] ?? 0) * random.normal(),
  );
  const reference = async (choice: HostChoice): Promise<HostResults> => {
    await using session = await openSession({ path: join(dir, chooseGraph(manifest, choice).path) }, { device: "cpu" });
    const feeds = { landmarks: { type: "float32", dims: [profileCount, count], data: profiles } } as const;
    const { targets, ood } = await session.run(feeds);
    return { targets: Float32Array.from(targets?.data ?? [], Number), ood: Float32Array.from(ood?.data ?? [], Number) };
  };
  return { dir, manifest, genes, profiles, reference };
}

/** Largest |host − reference| / (1 + |reference|) of a host's `[landmarks | targets]` rows and scores. */
export function hostDifference(
  { values, ood }: { readonly values: ArrayLike<number>; readonly ood: ArrayLike<number> },
  expected: HostResults,
): number {
  const targets = expected.targets.length / profileCount;
  const width = values.length / profileCount;
  const relative = (got: number | undefined, wanted: number): number => {
    const difference = Math.abs((got ?? Number.NaN) - wanted) / (1 + Math.abs(wanted));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  };
  const differences = [...expected.targets].map((wanted, i) => {
    const row = Math.floor(i / targets);
    return relative(values[row * width + (width - targets) + (i % targets)], wanted);
  });
  return Math.max(...differences, ...[...expected.ood].map((wanted, i) => relative(ood[i], wanted)));
}

/** The tolerance that the manifest gives a graph on a host. */
export function toleranceOn(manifest: ExpressionManifest, choice: HostChoice): number {
  return chooseGraph(manifest, choice).manifest.golden.tolerance[choice.provider] ?? 0;
}
