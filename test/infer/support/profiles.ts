import { writeGctx } from "../../../data/node/gctx-writer.ts";
import type { Axis, MetaColumn } from "../../../data/source.ts";
import { sizes, smallGenes, trainingLike } from "./small-model.ts";

/** An input for the small model: its landmarks, then two genes that it does not know. */
export interface Profiles {
  readonly genes: Axis;
  readonly samples: Axis;
  /** `[samples, genes]` */
  readonly values: Float32Array;
}

const others = ["OTHER1", "OTHER2"];

/** Profiles like the training rows, under the model's symbols or under Entrez ids. */
export function makeProfiles({
  samples,
  seed = 40,
  ids = "symbol",
  fields = {},
}: {
  readonly samples: number;
  readonly seed?: number;
  readonly ids?: "symbol" | "entrez";
  readonly fields?: Readonly<Record<string, MetaColumn>>;
}): Profiles {
  const landmarks = trainingLike(samples, seed);
  const width = sizes.landmarks + others.length;
  const values = new Float32Array(samples * width);
  for (let row = 0; row < samples; row += 1) {
    values.set(landmarks.subarray(row * sizes.landmarks, (row + 1) * sizes.landmarks), row * width);
    values.set([row + 0.5, 7], row * width + sizes.landmarks);
  }
  const known = smallGenes().slice(0, sizes.landmarks);
  const geneIds = [...known.map((gene) => (ids === "symbol" ? gene.symbol : gene.entrez)), ...others];
  return {
    genes: { ids: geneIds, fields: new Map(Object.entries(fields)) },
    samples: {
      ids: Array.from({ length: samples }, (_, i) => `S${i}`),
      fields: new Map<string, MetaColumn>([
        ["plate", Array.from({ length: samples }, (_, i) => `plate ${Math.floor(i / 10)}`)],
        ["dose", Float64Array.from({ length: samples }, (_, i) => i / 2)],
      ]),
    },
    values,
  };
}

/** Writes profiles as GCTX. */
export async function writeProfiles(path: string, { genes, samples, values }: Profiles): Promise<void> {
  const blocks = [{ start: 0, rows: samples.ids.length, values }];
  await writeGctx(path, { genes, samples, attributes: { src: "test" }, blocks });
}

/** Profiles without some of their genes. */
export function withoutGenes({ genes, samples, values }: Profiles, dropped: readonly string[]): Profiles {
  const kept = genes.ids.flatMap((id, column) => (dropped.includes(id) ? [] : [column]));
  const picked = new Float32Array(samples.ids.length * kept.length);
  for (let row = 0; row < samples.ids.length; row += 1) {
    for (const [i, column] of kept.entries())
      picked[row * kept.length + i] = values[row * genes.ids.length + column] ?? Number.NaN;
  }
  const ids = kept.map((column) => genes.ids[column] ?? "");
  return { genes: { ids, fields: new Map() }, samples, values: picked };
}
