import { oodScores } from "../../export/ood.ts";
import { verifyParity } from "../../export/verify/parity.ts";
import { parityRows, standardised } from "../../export/verify/rows.ts";
import { cmapFormula } from "../../registry/import/cmap-formula.ts";
import type { CmapWeights } from "../../registry/import/cmap-weights.ts";
import type { ReferenceProfiles } from "../../registry/import/reference-profiles.ts";
import type { SessionHost } from "../../runtime/session.ts";
import type { Parity } from "../../schemas/index.ts";
import type { ProfileStatistics } from "./statistics.ts";

/** Profiles of the reference to verify on, beside generated ones. */
const verifiedProfiles = 32;

/** What the graph is held against. */
export interface CmapVerification {
  readonly weights: CmapWeights;
  readonly statistics: ProfileStatistics;
  readonly reference: ReferenceProfiles;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares the graph in a session with the formula and the score, both in float64, on generated, extreme and real
 * profiles, alone and in batches.
 * @throws AppError `bad-model` when they disagree, `cancelled`
 */
export async function verifyCmap(
  session: SessionHost,
  { weights, statistics, reference, signal }: CmapVerification,
): Promise<Parity> {
  const { landmarkTransform, ood, components } = statistics;
  const transform = { ...landmarkTransform, targets: { mean: [], sd: [] } };
  const l = weights.landmarks.length;
  const generated = parityRows({ transform, ood, components });
  const real = reference.heldOut.subarray(0, verifiedProfiles * l);
  const data = new Float32Array(generated.length + real.length);
  data.set(generated);
  data.set(real, generated.length);
  const rows = data.length / l;
  return verifyParity({
    variant: "fp32",
    session,
    feeds: { landmarks: { type: "float32", dims: [rows, l], data } },
    expected: [
      { output: "targets", dims: [rows, weights.targets.length], values: cmapFormula(weights, data) },
      { output: "ood", dims: [rows, 1], values: oodScores(standardised(data, transform), { ood, components }) },
    ],
    signal,
  });
}
