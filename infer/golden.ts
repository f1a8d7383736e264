import type { SessionHost } from "../runtime/session.ts";
import { AppError, type ExpressionManifest } from "../schemas/index.ts";

/** A loaded model as far as the check needs it. */
export interface LoadedModel {
  readonly manifest: ExpressionManifest;
  readonly session: SessionHost;
  /** Ids of the targets, for messages. */
  readonly targetIds: readonly string[];
}

/**
 * Runs the manifest's golden rows on this session and compares, with the tolerance of the session's provider: a
 * damaged model, a wrong file or a provider that computes something else is found before a profile is inferred.
 * @throws AppError `bad-model` naming the values that differ, or when the model knows no tolerance for the provider
 */
export async function checkGolden({ manifest, session, targetIds }: LoadedModel): Promise<void> {
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
  const compare = (what: string, expected: number, got: number): void => {
    // NaN differs from everything.
    if (!(Math.abs(got - expected) <= tolerance * (1 + Math.abs(expected))))
      differing.push(`${what}: expected ${expected}, got ${got}`);
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
    what: `the model gives other results on ${session.provider} than when it was exported`,
    expected: `differences up to ${tolerance} · (1 + |value|)`,
    got: `${differing.length} values further apart`,
    examples: differing,
    advice: "Get the model again; if that does not help, try --device cpu",
  });
}
