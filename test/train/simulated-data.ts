import { Random } from "../../data/random.ts";
import type { SplitName, TrainingData, ZBlock } from "../../train/standardised.ts";

/** Splits of one resident matrix, streamed in blocks of an odd size so that a block border falls anywhere. */
export class ResidentData implements TrainingData {
  readonly landmarks: number;
  readonly targets: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The cohort of a row. */
  cohortOf: (row: number) => string = () => "*";
  readonly #splits: Readonly<Record<SplitName, readonly number[]>>;

  constructor(
    { x, y, landmarks, targets }: { x: Float32Array; y: Float32Array; landmarks: number; targets: number },
    splits: Readonly<Record<SplitName, readonly number[]>>,
  ) {
    [this.x, this.y, this.landmarks, this.targets] = [x, y, landmarks, targets];
    this.#splits = splits;
  }

  rowsOf(split: SplitName, cohort?: string): readonly number[] {
    return this.#splits[split].filter((row) => cohort === undefined || this.cohortOf(row) === cohort);
  }

  cohortsOf(split: SplitName): readonly string[] {
    return [...new Set(this.#splits[split].map((row) => this.cohortOf(row)))];
  }

  count(split: SplitName, cohort?: string): number {
    return this.rowsOf(split, cohort).length;
  }

  async *blocks(split: SplitName, cohort?: string): AsyncIterable<ZBlock> {
    const indices = this.rowsOf(split, cohort);
    for (let start = 0; start < indices.length; start += 37) {
      const rows = indices.slice(start, start + 37);
      const gather = (from: Float32Array, width: number): Float32Array =>
        Float32Array.from({ length: rows.length * width }, (_, i) => {
          const row = rows[Math.floor(i / width)] ?? 0;
          return from[row * width + (i % width)] ?? Number.NaN;
        });
      yield { rows: rows.length, landmarks: gather(this.x, this.landmarks), targets: gather(this.y, this.targets) };
    }
  }
}

/** Correlated landmarks and targets that are noisy linear combinations of them; 60/20/20 split by position. */
export function linearData(options: {
  readonly samples: number;
  readonly landmarks: number;
  readonly targets: number;
  readonly seed: number;
}): ResidentData {
  const { samples, landmarks, targets, seed } = options;
  const random = new Random(seed);
  const weights = Float64Array.from({ length: landmarks * targets }, () => random.normal() / Math.sqrt(landmarks));
  const x = new Float32Array(samples * landmarks);
  const y = new Float32Array(samples * targets);
  for (let r = 0; r < samples; r++) {
    const common = random.normal();
    for (let i = 0; i < landmarks; i++) x[r * landmarks + i] = 0.6 * common + 0.8 * random.normal();
    for (let t = 0; t < targets; t++) {
      let value = 0.3 * random.normal() + 0.1;
      for (let i = 0; i < landmarks; i++) value += (x[r * landmarks + i] ?? 0) * (weights[i * targets + t] ?? 0);
      y[r * targets + t] = value;
    }
  }
  const [a, b] = [Math.floor(0.6 * samples), Math.floor(0.8 * samples)];
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  return new ResidentData(
    { x, y, landmarks, targets },
    { train: range(0, a), validation: range(a, b), test: range(b, samples) },
  );
}
