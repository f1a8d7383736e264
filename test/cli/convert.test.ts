import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { convertCommand } from "../../cli/commands/convert.ts";
import { simulateCommand } from "../../cli/commands/simulate.ts";
import { temporaryFolder } from "../data/write/matrix.ts";
import { runCommand } from "./run-command.ts";

/** Runs a command line in this process: what it printed and remarked. */
const landfall = (...args: string[]) => runCommand([convertCommand, simulateCommand], args);

const table = "sample\tstudy\tTP53\tMYC\ns1\tA\t1.5\t\ns2\tB\t2\t-3.25\n";

test("convert goes from TSV to GCTX and back; run again it says already done", async () => {
  const folder = await temporaryFolder();
  const [tsv, gctx, back] = ["in.tsv", "a.gctx", "back.tsv"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(tsv, table);
  expect(await landfall("convert", tsv, gctx)).toEqual({ printed: [gctx], notes: [] });
  await landfall("convert", gctx, back);
  expect(await readFile(back, "utf8")).toBe(table.replace("\t\n", "\tNaN\n"));
  expect(await landfall("convert", gctx, back)).toEqual({ printed: [back], notes: [`${back}: already done`] });
});

test("convert keeps an output that holds something else unless it is forced", async () => {
  const folder = await temporaryFolder();
  const [tsv, out] = [join(folder, "in.tsv"), join(folder, "out.csv")];
  await writeFile(tsv, table);
  await writeFile(out, "precious");
  await expect(landfall("convert", tsv, out)).rejects.toMatchObject({ tag: "other-plan", exitCode: 73 });
  expect(await readFile(out, "utf8")).toBe("precious");
  await landfall("convert", tsv, out, "--force");
  expect(await readFile(out, "utf8")).toMatch(/^sample,study,TP53,MYC\n/);
});

test("convert takes rows as it is told, and writes another format than the extension's", async () => {
  const folder = await temporaryFolder();
  const [tsv, out] = [join(folder, "in.tsv"), join(folder, "matrix.dat")];
  await writeFile(tsv, "id\ta\tb\nx\t1\t2\ny\t3\t4\n");
  await landfall("convert", tsv, out, "--orientation", "genes", "--format", "csv");
  expect(await readFile(out, "utf8")).toBe("sample,x,y\na,1,3\nb,2,4\n");
});

test("convert tells where the rest of the metadata is, replaces it by force, and refuses what it cannot do", async () => {
  const folder = await temporaryFolder();
  const [gct, tsv] = [join(folder, "in.gct"), join(folder, "out.tsv")];
  await writeFile(gct, "#1.3\n1\t2\t1\t0\nid\tsymbol\ts1\ts2\ng1\tTP53\t1\t2\n");
  const { notes } = await landfall("convert", gct, tsv);
  expect(notes).toEqual([`${tsv}: fields of genes and samples are in ${tsv}.genes.tsv`]);
  expect(await readFile(`${tsv}.genes.tsv`, "utf8")).toBe("id\tsymbol\ng1\tTP53\n");
  await writeFile(`${tsv}.genes.tsv`, "precious");
  await expect(landfall("convert", gct, tsv)).rejects.toMatchObject({ tag: "other-plan" });
  await landfall("convert", gct, tsv, "--force");
  expect(await readFile(`${tsv}.genes.tsv`, "utf8")).toBe("id\tsymbol\ng1\tTP53\n");
  await expect(landfall("convert", gct, join(folder, "out.xls"))).rejects.toMatchObject({ tag: "usage", exitCode: 64 });
  await expect(landfall("convert", join(folder, "none.gct"), tsv)).rejects.toMatchObject({ tag: "no-input" });
  await expect(landfall("convert", gct, tsv, "--format", "xls")).rejects.toMatchObject({
    code: "commander.invalidArgument",
  });
});

test("simulate prints the file it made, and on the next run that it is done", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "simulated_n20x15.gctx");
  const flags = [
    "-o",
    folder,
    "--samples",
    "20",
    "--landmarks",
    "5",
    "--targets",
    "10",
    "--studies",
    "2",
    "--seed",
    "4",
  ];
  expect(await landfall("simulate", ...flags)).toEqual({ printed: [path], notes: [] });
  expect(await landfall("simulate", ...flags)).toEqual({ printed: [path], notes: [`${path}: already done`] });
  await expect(landfall("simulate", ...flags, "--seed", "5")).rejects.toMatchObject({ tag: "other-plan" });
  await expect(landfall("simulate", ...flags, "--samples", "many")).rejects.toThrow(/whole number from 1 up/);
  await expect(landfall("simulate", ...flags, "--studies", "21")).rejects.toMatchObject({ tag: "usage" });
  const csv = join(folder, "simulated.csv");
  await landfall("convert", path, csv);
  expect((await readFile(csv, "utf8")).split("\n")[1]).toMatch(/^SIM0000001,ST01,\d/);
});
