import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { inspectCommand } from "../../../cli/commands/inspect.ts";
import { prepareCommand } from "../../../cli/commands/prepare.ts";
import { openExpression } from "../../../data/node/open.ts";

const folder = mkdtempSync(join(tmpdir(), "genes-hgnc-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hgnc = join(folder, "hgnc_complete_set.txt");
writeFileSync(
  hgnc,
  [
    "symbol\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id",
    "CEMIP9\t\tCEMIP2|TMEM2\t23670\tENSG00000135048",
  ].join("\n"),
);
const file = join(folder, "in.tsv");
const genes = ["TP53", "TMEM2", "CEMIP9", "PSME1", "GAPDH", "1-Mar"];
const row = (_: unknown, sample: number) =>
  [`s${sample}`, ...genes.map((_id, i) => 5 + Math.sin(sample + i))].join("\t");
writeFileSync(file, [["sample", ...genes].join("\t"), ...Array.from({ length: 20 }, row)].join("\n"));

async function landfall(...args: readonly string[]): Promise<string> {
  const told: string[] = [];
  const program = new Command().exitOverride();
  const context = {
    signal: new AbortController().signal,
    onProgress: () => {},
    print: (text: string) => void told.push(text),
    note: (text: string) => void told.push(text),
  };
  inspectCommand(program, context);
  prepareCommand(program, context);
  await program.parseAsync([...args], { from: "user" });
  return told.join("\n");
}

describe("landfall inspect", () => {
  it("names stale, mangled and unknown genes with today's", async () => {
    const text = await landfall("inspect", file, "--orientation", "samples");
    expect(text).toContain("human genes      4 of 6 (3 by symbol, 1 by previous); 4 of 978 L1000 landmarks");
    expect(text).toContain("stale symbols    1  TMEM2 → CEMIP2\n");
    expect(text).toContain("mangled ids      1  1-Mar (MARCHF1 or MTARC1)\n");
    expect(text).toContain("unknown genes    1  CEMIP9 (close to CEMIP2)");
  });
  it("takes newer names from an HGNC file", async () => {
    const text = await landfall("inspect", file, "--orientation", "samples", "--hgnc", hgnc);
    expect(text).toContain("human genes      5 of 6 (4 by symbol, 1 by previous); 4 of 978 L1000 landmarks");
    expect(text).toContain("stale symbols    1  TMEM2 → CEMIP9\n");
    expect(text).not.toContain("unknown genes");
  });
  it("refuses a file that is not HGNC's", async () => {
    await expect(landfall("inspect", file, "--hgnc", file)).rejects.toMatchObject({ tag: "bad-data" });
  });
});

describe("landfall prepare --landmarks l1000", () => {
  const prepare = (out: string, ...more: readonly string[]): Promise<string> =>
    landfall(
      "prepare",
      "-i",
      file,
      "-o",
      out,
      "--landmarks",
      "l1000",
      "--targets",
      "rest",
      "--orientation",
      "samples",
      ...more,
    );
  const landmarks = async (out: string): Promise<readonly string[]> => {
    await using source = await openExpression(join(out, "expression.gctx"));
    const flags = source.genes.fields.get("lf_landmark");
    return source.genes.ids.filter((_, i) => Number(flags?.[i]) === 1);
  };
  it("finds landmarks by name in a file without metadata, and tells how many it lacks", async () => {
    const out = join(folder, "shipped");
    expect(await prepare(out)).toContain("L1000 landmarks: 974 of 978 entries not found");
    expect(await landmarks(out)).toEqual(["TP53", "TMEM2", "PSME1", "GAPDH"]);
  });
  it("by the names of an HGNC file too, and tells that two rows are one landmark", async () => {
    const out = join(folder, "newer");
    expect(await prepare(out, "--hgnc", hgnc)).toContain(
      "several genes for 1 of 978 entries, all of them taken: CEMIP9",
    );
    expect(await landmarks(out)).toEqual(["TP53", "TMEM2", "CEMIP9", "PSME1", "GAPDH"]);
  });
});
