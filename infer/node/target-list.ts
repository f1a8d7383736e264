import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseGrp } from "../../data/dataset/selection.ts";
import { AppError } from "../../schemas/index.ts";
import type { TargetChoice } from "../chosen-targets.ts";

/**
 * Reads a list of genes, one a line; `bing` is no file, but CMap's best-inferred genes (`./bing` is a file).
 * @throws AppError `no-input` when it cannot be read, `bad-data` when it names no gene
 */
export async function readTargetList(path: string): Promise<TargetChoice> {
  if (path === "bing") return { by: "bing" };
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the list of genes cannot be read", where: path, got }, { cause });
  });
  const genes = parseGrp(text);
  if (genes.length > 0) return { by: "list", label: basename(path), genes };
  throw new AppError("bad-data", { what: "the list names no gene", where: path, expected: "one gene a line" });
}
