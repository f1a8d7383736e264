import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeGctx } from "../../data/node/gctx-writer.ts";
import { Random } from "../../data/random.ts";

/** A gene of the small D-GEX set: its probes on the array, and what the maps say of it. */
export interface TrioGene {
  readonly ensembl: string;
  readonly symbol: string;
  /** Probes of the landmark, of the target; empty: it has no such role. */
  readonly landmark: readonly string[];
  readonly target: readonly string[];
}

/** One cohort as the test wrote it: `[samples][columns]`, by column id. */
export interface TrioCohort {
  readonly path: string;
  readonly samples: readonly string[];
  readonly columns: readonly string[];
  readonly values: readonly (readonly number[])[];
}

/** Files of a small GEO / GTEx / 1000 Genomes trio with D-GEX's maps. */
export interface Trio {
  readonly genes: readonly TrioGene[];
  readonly landmarkMap: string;
  readonly targetMap: string;
  /** Log2 microarray by probe; `geo-7` repeats `geo-3`, `geo-20` repeats `geo-1`, nearly. */
  readonly geo: TrioCohort;
  /** RPKM by versioned Ensembl id; lacks the last gene. */
  readonly gtex: TrioCohort;
  /** RPKM as text with four annotation columns. */
  readonly kg: TrioCohort;
}

const ensembl = (gene: number): string => `ENSG${String(100_000 + gene).padStart(11, "0")}`;

/** 12 landmarks and 20 targets of one to three probes, the first three of which are landmarks by other probes. */
function trioGenes(): TrioGene[] {
  return Array.from({ length: 29 }, (_, gene) => ({
    ensembl: ensembl(gene),
    symbol: `SYM${gene}`,
    landmark: gene < 12 ? [`${200_000 + gene}_at`] : [],
    target: gene < 3 || gene >= 12 ? targetProbes(gene) : [],
  }));
}

function targetProbes(gene: number): string[] {
  return Array.from({ length: 1 + (gene % 3) }, (_, probe) => `${210_000 + 10 * gene + probe}_s_at`);
}

/** Writes the trio into a folder. */
export async function writeTrio(folder: string): Promise<Trio> {
  const genes = trioGenes();
  const map = (role: "landmark" | "target"): string =>
    genes
      .filter((gene) => gene[role].length > 0)
      .map((gene) => `${gene.symbol}\t${gene.ensembl}\t${gene[role].join(",")}\n`)
      .join("");
  const landmarkMap = join(folder, "map_lm.txt");
  const targetMap = join(folder, "map_tg.txt");
  await writeFile(landmarkMap, map("landmark"));
  await writeFile(targetMap, map("target"));
  const geo = geoCohort(folder, genes);
  const gtex = rnaCohort({ path: join(folder, "gtex.gctx"), prefix: "GTEX-", genes: genes.slice(0, -1), seed: 2 });
  const kg = rnaCohort({ path: join(folder, "kg.txt"), prefix: "HG000", genes, seed: 3 });
  for (const cohort of [geo, gtex]) await writeCohort(cohort);
  const rows = kg.columns.map((id, column) => {
    const values = kg.values.map((profile) => String(profile[column]));
    return [`${id}.5`, `${id}.5`, String(1 + (column % 22)), String(1_000_000 * (column + 1)), ...values].join("\t");
  });
  const header = ["TargetID", "Gene_Symbol", "Chr", "Coord", ...kg.samples].join("\t");
  await writeFile(kg.path, `${[header, ...rows].join("\n")}\n`);
  return { genes, landmarkMap, targetMap, geo, gtex, kg };
}

function geoCohort(folder: string, genes: readonly TrioGene[]): TrioCohort {
  const random = new Random(1);
  const columns = ["AFFX-1_at", ...genes.flatMap(({ landmark, target }) => [...target, ...landmark])];
  const level = columns.map(() => 4.5 + 9 * random.uniform());
  const values = Array.from({ length: 30 }, () => level.map((x) => Math.fround(x + 0.5 * random.normal())));
  for (const [copy, of] of [
    [7, 3],
    [20, 1],
  ] as const)
    values[copy] = (values[of] ?? []).map((x) => Math.fround(x + 0.01));
  return { path: join(folder, "geo.gctx"), samples: values.map((_, i) => `geo-${i}`), columns, values };
}

interface RnaCohort {
  readonly path: string;
  readonly prefix: string;
  readonly genes: readonly TrioGene[];
  readonly seed: number;
}

/** A quarter of the values are 0, which tie. */
function rnaCohort({ path, prefix, genes, seed }: RnaCohort): TrioCohort {
  const random = new Random(seed);
  const columns = genes.map((gene) => gene.ensembl);
  const values = Array.from({ length: 12 }, () =>
    columns.map(() => (random.uniform() < 0.25 ? 0 : Math.fround(Math.exp(1 + 2 * random.normal())))),
  );
  return { path, samples: values.map((_, i) => `${prefix}${10 + i}`), columns, values };
}

async function writeCohort({ path, samples, columns, values }: TrioCohort): Promise<void> {
  const ids = columns.map((id) => (id.startsWith("ENSG") ? `${id}.11` : id));
  await writeGctx(path, {
    genes: { ids, fields: new Map() },
    samples: { ids: samples, fields: new Map([["study", samples.map((_, i) => `S${i % 5}`)]]) },
    attributes: {},
    blocks: [{ start: 0, rows: samples.length, values: Float32Array.from(values.flat()) }],
  });
}
