/**
 * Profiles that an imported model is told about: weights alone do not say what its input looks like, which is what a
 * scale check, an imputed landmark and an out-of-distribution score are made of.
 * @module
 */
import { alignLandmarks, checkMissing } from "../../data/genes/align.ts";
import { gatherLandmarks } from "../../data/genes/gather.ts";
import { type GeneKeys, geneKeys } from "../../data/genes/keys.ts";
import { scaleSampleRows } from "../../data/scale/check.ts";
import { detectScale } from "../../data/scale/detect.ts";
import type { ExpressionSource } from "../../data/source.ts";
import { AppError, type GeneRecord, type OnProgress } from "../../schemas/index.ts";

/** Profiles that are kept: moments of 978 landmarks do not move with more, and these take 32 MiB. */
const mostProfiles = 8192;
/** Profiles read one after the other where not all of a file are. */
const runProfiles = 16;
/** Fewer held-out profiles than 20 say nothing of a 99 % quantile; one in {@link heldOutEvery} is held out. */
const leastProfiles = 100;
/** Every fifth profile is held out of the moments, to set the threshold of the out-of-distribution score. */
const heldOutEvery = 5;

/** Complete landmark rows, on the model's scale. */
export interface ReferenceProfiles {
  readonly label: string;
  /** `[fitted, L]`: what moments come from. */
  readonly fitted: Float32Array;
  /** `[heldOut, L]` */
  readonly heldOut: Float32Array;
  /** Complete profiles that were read. */
  readonly profiles: number;
  /** The landmarks, with what the file says of their names where the weights say nothing. */
  readonly landmarks: readonly GeneRecord[];
}

/** How a reference is read. */
export interface ReferenceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads the model's landmarks of up to 8,192 profiles, evenly spread over the file; profiles that lack a value are left
 * out.
 * @throws AppError `bad-data` for a file without all landmarks or with fewer than 100 complete profiles,
 *   `scale-mismatch` when its values are no logarithms; and what the source throws
 */
export async function readReferenceProfiles(
  source: ExpressionSource,
  landmarks: readonly GeneRecord[],
  { signal, onProgress }: ReferenceOptions = {},
): Promise<ReferenceProfiles> {
  const { label } = source;
  const alignment = alignLandmarks({ landmarks, input: source.genes, duplicates: "error", label });
  checkMissing(alignment, 0);
  const l = landmarks.length;
  const parts = [new Rows(l), new Rows(l)] as const;
  const total = source.samples.ids.length;
  let count = 0;
  for (const range of rangesOf(source)) {
    for await (const block of source.blocks({ ...range, ...(signal && { signal }) })) {
      const values = gatherLandmarks(block, alignment);
      for (let row = 0; row < block.rows; row++) {
        if (!isKept(block.start + row, total)) continue;
        const profile = values.subarray(row * l, (row + 1) * l);
        if (!profile.every(Number.isFinite)) continue;
        parts[count++ % heldOutEvery === heldOutEvery - 1 ? 1 : 0].add(profile);
      }
      onProgress?.({ phase: "read reference", done: block.start + block.rows, total, unit: "profiles" });
    }
  }
  if (count < leastProfiles)
    throw new AppError("bad-data", {
      what: "too few profiles to say what the model's input looks like",
      where: label,
      expected: `at least ${leastProfiles} in which no landmark is missing`,
      got: `${count} of ${total}`,
      advice: "Give a file of more level 3 profiles, best of several plates",
    });
  const [fitted, heldOut] = [parts[0].values(), parts[1].values()];
  requireLog2(fitted, { label, landmarks: l });
  return { label, fitted, heldOut, profiles: count, landmarks: named(landmarks, source, alignment.sources) };
}

/** Text is read from its beginning wherever one starts: a part of it costs as much as all. */
function rangesOf({
  format,
  samples,
}: ExpressionSource): readonly { readonly start?: number; readonly end?: number }[] {
  const total = samples.ids.length;
  if (format !== "gctx" || total <= mostProfiles) return [{}];
  return Array.from({ length: mostProfiles / runProfiles }, (_, run) => {
    const start = runStart(run, total);
    return { start, end: start + runProfiles };
  });
}

const runStart = (run: number, total: number): number => Math.floor((run * total) / (mostProfiles / runProfiles));

/** The same profiles are kept whether a file is read in runs or whole. */
function isKept(profile: number, total: number): boolean {
  if (total <= mostProfiles) return true;
  const run = Math.floor(((profile + 1) * (mostProfiles / runProfiles) - 1) / total);
  return profile - runStart(run, total) < runProfiles;
}

/** Rows end to end, in an array that grows. */
class Rows {
  readonly #width: number;
  #data: Float32Array;
  #used = 0;

  constructor(width: number) {
    this.#width = width;
    this.#data = new Float32Array(64 * width);
  }

  add(row: Float32Array): void {
    if (this.#used + this.#width > this.#data.length) {
      const grown = new Float32Array(2 * this.#data.length);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data.set(row, this.#used);
    this.#used += this.#width;
  }

  values(): Float32Array {
    return this.#data.slice(0, this.#used);
  }
}

function requireLog2(values: Float32Array, { label, landmarks }: { label: string; landmarks: number }): void {
  const rows = Math.min(scaleSampleRows, values.length / landmarks);
  const sample = values.subarray(0, rows * landmarks);
  const { scale, level, evidence } = detectScale({ values: sample, rows, genes: landmarks });
  if (scale === "log2" && (level === undefined || level === 3)) return;
  throw new AppError("scale-mismatch", {
    what: "the reference is not on the scale that CMap's weights take",
    where: label,
    expected: "log2, L1000 level 3 (QNORM)",
    got: `${scale}${level === undefined ? "" : `, level ${level}`}: ${evidence.join(", ")}`,
    advice: "Give the level 3 file of the same plates",
  });
}

/** What the weights' file does not know of a landmark, the reference may. */
function named(
  landmarks: readonly GeneRecord[],
  { genes }: ExpressionSource,
  sources: readonly (readonly number[])[],
): readonly GeneRecord[] {
  const keys: GeneKeys = geneKeys(genes);
  return landmarks.map((gene, i) => {
    const column = sources[i]?.[0] ?? -1;
    const pick = (kind: "symbol" | "entrez" | "ensembl"): string => gene[kind] || (keys[kind][column] ?? "");
    return { ...gene, symbol: pick("symbol"), entrez: pick("entrez"), ensembl: pick("ensembl") };
  });
}
