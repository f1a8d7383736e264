import { MomentsAccumulator } from "../../data/dataset/moments.ts";
import { InputProfileBuilder } from "../../data/scale/profile.ts";
import { standardised } from "../../export/verify/rows.ts";
import type { ReferenceProfiles } from "../../registry/import/reference-profiles.ts";
import type { OpenSession, SessionHost } from "../../runtime/session.ts";
import type { GeneTransform, InputProfile, OodModel } from "../../schemas/index.ts";
import { landmarkStats } from "../../train/landmark-stats.ts";
import { finishOod, fitOod, oodDistances } from "../../train/ood.ts";
import { secondMoments } from "../../train/second-moments.ts";
import type { TrainingContext, TrainingData } from "../../train/standardised.ts";

/** The clip keeps one absurd value from owning the covariance; it touches the score alone, never the targets. */
const [epsilon, clip] = [1e-3, 8];
/** Profiles of one run of the graph. */
const blockRows = 256;

/** What reference profiles say of the landmarks: the parts of a version that come from training otherwise. */
export interface ProfileStatistics {
  readonly landmarkTransform: Omit<GeneTransform, "targets"> & { readonly clip: number };
  readonly inputProfile: InputProfile;
  /** Mean `[L]` and covariance `[L, L]` on the model's scale. */
  readonly landmarkStats: Float32Array;
  readonly ood: OodModel;
  /** Principal components in z units `[components, L]`. */
  readonly components: Float32Array;
}

/** Mean and population sd of the columns of `values` `[rows, genes]`. */
function momentsOf(values: Float32Array, genes: number): { mean: number[]; sd: number[] } {
  const accumulator = new MomentsAccumulator(genes);
  accumulator.add({ values, rows: Int32Array.from({ length: values.length / genes }, (_, row) => row) });
  const { mean, sd } = accumulator.finish();
  return { mean: [...mean], sd: [...sd] };
}

/** Rows in memory as the one split of a training without targets. */
function onlyLandmarks(z: Float32Array, landmarks: number): TrainingData {
  const rows = z.length / landmarks;
  return {
    landmarks,
    targets: 0,
    cohortsOf: () => [],
    count: (split) => (split === "train" ? rows : 0),
    // biome-ignore lint/suspicious/useAwait: the contract is asynchronous, these rows are here
    blocks: async function* () {
      yield { rows, landmarks: z, targets: new Float32Array(0) };
    },
  };
}

/**
 * Fits moments, quantiles, covariance and the out-of-distribution score to reference profiles, as training does to its
 * rows; the score's threshold comes from the profiles held out.
 */
export async function describeProfiles(
  { fitted, heldOut, landmarks: { length: l } }: ReferenceProfiles,
  { open, context }: { readonly open: OpenSession; readonly context: TrainingContext },
): Promise<ProfileStatistics> {
  const landmarks = momentsOf(fitted, l);
  const landmarkTransform = { epsilon, clip, landmarks };
  const profile = new InputProfileBuilder({ landmarks: l, seed: 0 });
  profile.add(fitted, fitted.length / l);
  const inZ = (rows: Float32Array): Float32Array =>
    standardised(rows, { ...landmarkTransform, targets: { mean: [], sd: [] } });
  const moments = await secondMoments(onlyLandmarks(inZ(fitted), l), open, context);
  const fit = fitOod(moments);
  const unit = Float64Array.from(landmarks.sd, (sd) => sd + epsilon);
  return {
    landmarkTransform,
    inputProfile: profile.finish(),
    landmarkStats: landmarkStats(moments, { mean: landmarks.mean, unit }),
    ood: finishOod(fit, [...oodDistances(fit, inZ(heldOut))]),
    components: fit.components,
  };
}

/** Mean and sd over profiles `[rows, L]` of what the graph infers from them: the z units of its targets. */
export async function targetMoments(
  session: SessionHost,
  profiles: Float32Array,
  landmarks: number,
): Promise<GeneTransform["targets"]> {
  const rows = profiles.length / landmarks;
  let accumulator: MomentsAccumulator | undefined;
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    const data = profiles.subarray(start * landmarks, (start + count) * landmarks);
    const feeds = { landmarks: { type: "float32", dims: [count, landmarks], data } } as const;
    const { targets } = await session.run(feeds, { fetch: ["targets"] });
    if (targets?.type !== "float32") throw new Error("the graph's targets are not float32");
    accumulator ??= new MomentsAccumulator(targets.data.length / count);
    accumulator.add({ values: targets.data, rows: Int32Array.from({ length: count }, (_, row) => row) });
  }
  const { mean = [], sd = [] } = accumulator?.finish() ?? {};
  return { mean: [...mean], sd: [...sd] };
}
