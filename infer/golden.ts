import type { SessionHost } from "../runtime/session.ts";
import { AppError, type ExpressionManifest, type Precision } from "../schemas/index.ts";

/** A loaded model as far as the check needs it. */
export interface LoadedModel {
  readonly manifest: ExpressionManifest;
  readonly session: SessionHost;
  /** How the session's graph stores its weights, for messages. */
  readonly precision: Precision;
  /** Ids of the targets, for messages. */
  readonly targetIds: readonly string[];
}

/**
 * Runs the manifest's golden rows on this session and compares, with the tolerance of the session's provider: a
 * damaged model, a wrong file or a provider that computes something else is found before a profile is inferred.
 * @throws AppError `bad-model` naming provider, precision, the largest difference and the values that differ, or when
 *   the model knows no tolerance for the provider
 */
export async function checkGolden({ manifest, session, precision, targetIds }: LoadedModel): Promise<void> {
  const { golden, landmarks, targets } = manifest;
  const tolerance = golden.tolerance[session.provider];
  if (tolerance === undefined)
    throw new AppError("bad-model", {
      what: `the model was exported without a tolerance for the provider ${session.provider}`,
      expected: Object.keys(golden.tolerance).join(", "),
      advice: "Export it again, or choose another device",
    });
  const rows = golden.landmarks.length;
  const data = new Float32Array(rows * landmarks);
  for (const [row, values] of golden.landmarks.entries()) data.set(values, row * landmarks);
  const outputs = await session.run({ landmarks: { type: "float32", dims: [rows, landmarks], data } });
  const differing: string[] = [];
  let largest = 0;
  const compare = (what: string, expected: number, got: number): void => {
    const relative = Math.abs(got - expected) / (1 + Math.abs(expected));
    // NaN differs from everything.
    if (relative <= tolerance) return;
    differing.push(`${what}: expected ${expected}, got ${got}`);
    largest = Math.max(largest, Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative);
  };
  for (let row = 0; row < rows; row += 1) {
    for (const [i, index] of golden.targetIndices.entries()) {
      const got = Number(outputs["targets"]?.data[row * targets + index]);
      compare(`golden row ${row + 1}, ${targetIds[index]}`, golden.targets[row]?.[i] ?? Number.NaN, got);
    }
    compare(`golden row ${row + 1}, ood`, golden.ood[row] ?? Number.NaN, Number(outputs["ood"]?.data[row]));
  }
  if (differing.length === 0) return;
  throw new AppError("bad-model", {
    what: `the model's ${precision} graph gives other results on ${session.provider} than when it was exported`,
    expected: `differences up to ${tolerance} · (1 + |value|)`,
    got: `${differing.length} values further apart, the largest difference ${largest.toPrecision(3)} · (1 + |value|)`,
    examples: differing,
    advice: "Get the model again; if that does not help, choose another device or precision",
  });
}
