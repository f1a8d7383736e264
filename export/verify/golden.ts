import type { SessionHost } from "../../runtime/session.ts";
import type { GoldenVectors } from "../../schemas/index.ts";
import { goldenRows, type RowSource } from "./rows.ts";
import { goldenTolerance } from "./tolerances.ts";

/** Targets kept of every golden row: enough to notice any damage, few enough for a manifest. */
const keptTargets = 64;

/** Up to `count` indices spread evenly over `[0, length)`, both ends included. */
function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
}

/**
 * Input rows with the outputs that the session gives for them: every host compares its own with these when it loads
 * the model. The session should be the CPU provider's.
 */
export async function goldenVectors(session: SessionHost, source: RowSource): Promise<GoldenVectors> {
  const rows = goldenRows(source);
  const l = source.transform.landmarks.mean.length;
  const t = source.transform.targets.mean.length;
  const data = new Float32Array(rows.length * l);
  for (const [i, row] of rows.entries()) data.set(row, i * l);
  const { targets, ood } = await session.run({ landmarks: { type: "float32", dims: [rows.length, l], data } });
  const targetIndices = spread(t, keptTargets);
  return {
    landmarks: rows.map((row) => Array.from(row)),
    targetIndices,
    targets: rows.map((_, r) => targetIndices.map((index) => Number(targets?.data[r * t + index]))),
    ood: Array.from(ood?.data ?? [], Number),
    tolerance: { ...goldenTolerance },
  };
}
