import { Random } from "../../data/random.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { Partitions } from "../../schemas/index.ts";
import type { TrainingData } from "../standardised.ts";
import { drawnPositions, readRows } from "./kernel/kernel-rows.ts";
import { sphericalKMeans } from "./spherical-k-means.ts";

/** Training profiles that targets are compared by, at most: 2,048 of 10,000 targets are 80 MB. */
const comparedProfiles = 2048;

/**
 * Divides the dataset's targets into disjoint parts, each ascending and none empty; together they are all targets.
 * @throws AppError `usage` when there are fewer targets than parts.
 */
export async function targetPartitions(
  { count, by, seed }: Partitions,
  { data, open }: { readonly data: TrainingData; readonly open: OpenSession },
): Promise<Int32Array[]> {
  const { targets } = data;
  if (count > targets)
    throw new AppError("usage", {
      what: "there are more partitions than targets",
      where: "partitions.count",
      expected: `at most ${targets}`,
      got: String(count),
    });
  if (by === "random") return randomParts(targets, count, seed);
  const labels = await expressionClusters(data, { count, seed, open });
  const clusters = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  return Array.from({ length: clusters }, (_, part) =>
    Int32Array.from(labels.keys()).filter((target) => labels[target] === part),
  );
}

/** Equal slices of a seeded order. */
function randomParts(targets: number, count: number, seed: number): Int32Array[] {
  const order = Int32Array.from({ length: targets }, (_, target) => target);
  new Random(seed).shuffle(order);
  const border = (part: number): number => Math.round((part * targets) / count);
  return Array.from({ length: count }, (_, part) => order.subarray(border(part), border(part + 1)).toSorted());
}

/** Each target's cluster, by the direction of its centred values over training profiles: by correlation. */
async function expressionClusters(
  data: TrainingData,
  { count, seed, open }: { readonly count: number; readonly seed: number; readonly open: OpenSession },
): Promise<Int32Array> {
  const [positions = new Int32Array()] = drawnPositions(data.count("train"), [comparedProfiles], seed);
  const { y } = await readRows(data, { split: "train", positions });
  const [rows, targets] = [positions.length, data.targets];
  const profiles = new Float32Array(y.length);
  for (let t = 0; t < targets; t++) {
    let mean = 0;
    for (let r = 0; r < rows; r++) mean += y[r * targets + t]! / rows;
    for (let r = 0; r < rows; r++) profiles[t * rows + r] = y[r * targets + t]! - mean;
  }
  return sphericalKMeans(profiles, rows, { open, clusters: count, random: new Random(seed) });
}
