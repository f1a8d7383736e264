import type { Graph } from "../../onnx/graph.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError, type Precision } from "../../schemas/index.ts";
import { inverseOf } from "../graph.ts";
import type { RunDirectory } from "../run-directory.ts";
import { typicalRows } from "../verify/rows.ts";
import type { VariantPrecision } from "./limits.ts";
import { readVariantRows } from "./rows.ts";
import { type VariantRequest, type WrittenVariants, writeVariants } from "./variants.ts";

/** Which variants of an exported run are wanted. */
export interface RunVariants {
  readonly dir: string;
  readonly source: RunDirectory;
  readonly graph: Graph;
  readonly metadata: Readonly<Record<string, string>>;
  readonly precisions: readonly Precision[];
  /** The dataset that the run was trained on. */
  readonly data: string | undefined;
  readonly open: OpenSession;
  readonly onVariant?: (label: string) => void;
}

/** Generated profiles that fp16 is measured on where no dataset is given. */
const generatedRows = 64;

/**
 * Writes the variants of an exported run.
 * @throws AppError `usage` when precisions of few bits are asked for without the dataset, and as `readVariantRows` and
 *   `writeVariants`.
 */
export async function writeRunVariants(wanted: RunVariants): Promise<WrittenVariants> {
  const precisions = wanted.precisions.filter((precision): precision is VariantPrecision => precision !== "fp32");
  if (precisions.length === 0) return { files: [], variants: [], parity: [] };
  const { source, data } = wanted;
  const { run, components } = source;
  const few = precisions.filter((precision) => precision !== "fp16");
  if (data === undefined && few.length > 0)
    throw new AppError("usage", {
      what: `${few.join(" and ")} cannot be exported without the dataset that the run was trained on`,
      expected: "--data DATASET: ranges are calibrated on its training rows, the loss is measured on held-out rows",
      got: "no --data",
      advice: `Give the dataset ${run.dataset.name} (${run.dataset.hash.slice(0, 12)}), or export fp32 and fp16 alone`,
    });
  const golden = { ...run, components };
  const { train, validation = train } = run.scores;
  const landmarkCount = run.transform.landmarks.mean.length;
  const rows = data === undefined ? undefined : await readVariantRows(data, source);
  const measured: Pick<VariantRequest, "rows" | "rowKind" | "calibration"> =
    rows === undefined
      ? {
          rows: { landmarks: typicalRows(golden, generatedRows), landmarkCount },
          rowKind: "generated",
          calibration: new Float32Array(),
        }
      : {
          rows: { landmarks: rows.heldOut.landmarks, truth: rows.heldOut.truth, landmarkCount },
          rowKind: rows.heldOut.split,
          calibration: rows.calibration,
        };
  return writeVariants({
    ...wanted,
    ...measured,
    precisions,
    inverse: inverseOf(run.transform),
    usualMae: validation.mae.model,
    golden,
  });
}
