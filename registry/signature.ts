/**
 * One signature per name: whoever sends tensors to a name gets the same columns from every version of it.
 * @module
 */
import { join } from "node:path";
import { parseGenesTable } from "../data/genes-table.ts";
import { AppError, type GeneRecord, type TensorSignature } from "../schemas/index.ts";
import { versionFiles } from "./layout.ts";
import { type ManifestHead, readHead } from "./manifest.ts";
import { readText } from "./read.ts";

/** What the users of a name rely on: tensors, units, and which gene each column is. */
export interface Signature {
  readonly head: ManifestHead;
  /** Landmarks, then targets; none for a generic model. */
  readonly genes: readonly GeneRecord[];
}

/** Reads `genes.tsv` of a version. @throws AppError `bad-model` without one, `bad-data` for a damaged one. */
export async function readGenes(dir: string): Promise<GeneRecord[]> {
  const where = join(dir, versionFiles.genes);
  const text = await readText(where);
  if (text === undefined) throw new AppError("bad-model", { what: "the gene table is missing", where });
  return parseGenesTable(text, where);
}

/** Reads the signature of a version folder. @throws AppError `no-input`, `bad-model` or `bad-data`. */
export async function readSignature(dir: string): Promise<Signature> {
  const head = await readHead(dir);
  return { head, genes: head.task === "expression" ? await readGenes(dir) : [] };
}

/** `float32 [N, 978]`; the name of a symbolic dimension means nothing to a caller. */
function tensorText({ type, dims }: Pick<TensorSignature, "type" | "dims">): string {
  return `${type} [${dims.map((dim) => (typeof dim === "string" ? "N" : dim)).join(", ")}]`;
}

/** Facts of a signature that are compared as text, by name. */
function facts({ head }: Signature): Map<string, string> {
  const tensors = (kind: "input" | "output") =>
    head[`${kind}s`].map((tensor, i) => [`${kind} ${i + 1}`, `${tensor.name} ${tensorText(tensor)}`] as const);
  const units =
    head.task === "expression"
      ? ([
          ["scale", head.scale],
          ["L1000 level", String(head.level ?? "none")],
          ["id type", head.idType],
        ] as const)
      : [];
  return new Map<string, string>([["task", head.task], ...tensors("input"), ...tensors("output"), ...units]);
}

/** The first place where the genes of a role differ, and how many do. */
function geneDifference(a: Signature, b: Signature, role: GeneRecord["role"]): string[] {
  const [before, after] = [a, b].map(({ genes }) => genes.filter((gene) => gene.role === role).map(({ id }) => id));
  if (before === undefined || after === undefined || before.length !== after.length) return [];
  const differing = before.flatMap((id, i) => (id === after[i] ? [] : [i]));
  const [first] = differing;
  if (first === undefined) return [];
  return [`${differing.length} ${role}s are other genes: ${role} ${first + 1} is ${before[first]} → ${after[first]}`];
}

/** What `b` promises otherwise than `a`, a line each, `before → after`; empty when they are interchangeable. */
export function signatureDifferences(a: Signature, b: Signature): string[] {
  const [before, after] = [facts(a), facts(b)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? "none"} → ${after.get(name) ?? "none"}`);
  return [...changed, ...geneDifference(a, b, "landmark"), ...geneDifference(a, b, "target")];
}
