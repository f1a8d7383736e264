import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exists } from "../../data/node/exists.ts";
import { type FileChange, signalAtChange } from "../support/signal-at-change.ts";
import { smallDataset, smallNet, temporaryFolder } from "../train/search/small-search.ts";

const landfall = (args: readonly string[], env = process.env): ChildProcess =>
  spawn(process.execPath, ["bin/landfall.js", ...args], { stdio: ["ignore", "pipe", "pipe"], env });

/** Waits for the end; what was printed. */
async function ended(child: ChildProcess): Promise<{ status: number | string; out: string; told: string }> {
  let [out, told] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const status = await new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?")),
  );
  return { status, out, told };
}

async function until(there: () => Promise<boolean>): Promise<void> {
  while (!(await there())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A search space of the small net as a file, with a command line for it. */
async function setting(space: object, more: object = {}, epochs = 3) {
  const folder = await temporaryFolder();
  const data = await smallDataset(folder);
  const path = join(folder, "space.json");
  const base = { ...smallNet, optimisation: { ...smallNet.optimisation, epochs } };
  await writeFile(path, JSON.stringify({ schemaVersion: 1, name: "small", base, space, strategy: "grid", ...more }));
  const command = (out: string): string[] => [
    "search",
    path,
    "--data",
    data,
    "-o",
    join(folder, out),
    "--device",
    "cpu",
  ];
  const search = (out: string, ...flags: readonly string[]): ChildProcess => landfall([...command(out), ...flags]);
  /** A search that signals itself when a file of it has changed. */
  const signalled = (out: string, change: FileChange): ChildProcess => landfall(command(out), signalAtChange(change));
  return { folder, search, signalled, text: (name: string) => readFile(join(folder, name), "utf8") };
}

it("killed at any moment, the same command goes on to the same leaderboard and the same nets", async () => {
  const space = { hidden: { choice: [[3], [4], [5]] } };
  const { folder, search, signalled, text } = await setting(space, { baselines: true }, 30);
  const undisturbed = await ended(search("whole"));
  expect(undisturbed).toMatchObject({ status: 0 });
  const keys = (await readdir(join(folder, "whole/trials"))).filter((name) => !name.includes("."));
  const keyOf = (start: string): string => keys.find((key) => key.startsWith(start)) ?? "";

  // Behind a baseline, while a net trains (twice the same one), once it is through, and while another one trains.
  const at = (name: string) => join(folder, "killed/trials", name);
  const moments = [
    { path: at(keyOf("lr-")) },
    { path: at(`${keyOf("001")}.checkpoint`), times: 10 },
    { path: at(`${keyOf("001")}.checkpoint`), times: 10 },
    { path: at(keyOf("001")) },
    { path: at(`${keyOf("003")}.checkpoint`), times: 10 },
  ];
  for (const moment of moments)
    expect(await ended(signalled("killed", { ...moment, signal: "SIGKILL" }))).toMatchObject({ status: "SIGKILL" });
  expect(await exists(at(`${keyOf("003")}.checkpoint`))).toBe(true);
  const resumed = await ended(search("killed"));
  expect(resumed).toMatchObject({ status: 0 });
  // Only what was left.
  expect(resumed.told).not.toContain(keyOf("001"));
  expect(resumed.told).toContain(keyOf("003"));

  for (const name of ["leaderboard.tsv", "leaderboard.html", "dgex-grid.tsv", "search.json"])
    expect(await text(`killed/${name}`)).toBe(await text(`whole/${name}`));
  for (const key of keys) {
    const [one, other] = await Promise.all(
      ["killed", "whole"].map((out) => readFile(join(folder, out, "trials", key, "tfjs/weights.bin"))),
    );
    expect(other?.equals(one ?? Buffer.alloc(0))).toBe(true);
  }
  expect((await readdir(join(folder, "killed/trials"))).toSorted()).toEqual(
    (await readdir(join(folder, "whole/trials"))).toSorted(),
  );
}, 600_000);

it("prints the leaderboard, the paper's tables and where the files are, and the board as JSON", async () => {
  const { folder, search } = await setting({ hidden: { choice: [[3], [3, 3]] } }, { baselines: true });
  const { status, out, told } = await ended(search("out"));
  expect(status).toBe(0);
  expect(told).toMatch(/^001-[0-9a-f]+ \(hidden = \[3\]\): validation MAE \d\.\d{4} in .*best so far 001-/m);
  expect(out).toMatch(/^trial +place +hidden +MAE \(validation\) +gain on ridge +MAE \(test\) +chosen +time$/m);
  expect(out).toMatch(/^ridge +\d\.\d{4} +\d\.\d{4}$/m);
  expect(out).toContain("choosing by it would make it too good to be true");
  expect(out).toMatch(
    /^Table 2: MAE ± SD over genes on A \(test\), chosen on A \(validation\), dropout 10 %\n +3 units\n1 hidden layer +\d/m,
  );
  expect(out).toMatch(/^LR-L1 +\d\.\d{4} ± \d\.\d{4}( \*)?$/m);
  expect(out).toContain(`leaderboard written to ${join(folder, "out")}/leaderboard.html`);
  const { out: json } = await ended(search("out", "--json"));
  const board = JSON.parse(json);
  expect(board).toMatchObject({ name: "small", fields: ["hidden"], outOfBudget: false });
  expect(board.rows).toHaveLength(2 + 4 + 1);
  const table = board.grid.tables.find((one: { table?: number }) => one.table === 2);
  expect(table).toMatchObject({ selectedOn: "validation:A", set: "test:A", dropout: 0.1, chosen: true });
  const [net] = table.nets;
  expect(net).toMatchObject({ layers: 1, units: 3 });
  expect(out.replaceAll(/ +/g, " ")).toContain(`\n1 hidden layer ${net.mae.toFixed(4)} ± ${net.sd.toFixed(4)}`);
  expect(table.baselines.map(({ name }: { name: string }) => name)).toEqual(["LR", "LR-L1", "LR-L2", "KNN-GE"]);
  expect(board.grid.notes).toEqual([...out.matchAll(/^note: (.*)$/gm)].map(([, note]) => note));
});

it("trains every trial with --engine, and refuses an unknown one, or a device not its own, before it makes a folder", async () => {
  const { folder, search, text } = await setting({ hidden: { choice: [[3]] } });
  const unknown = await ended(search("out", "--engine", "torch"));
  expect([unknown.status, unknown.told]).toEqual([64, expect.stringContaining("'torch' is invalid. Allowed choices")]);
  const other = await ended(search("out", "--engine", "tfjs:cpu", "--device", "webgpu"));
  expect([other.status, other.told]).toEqual([64, expect.stringContaining("tfjs:cpu computes on cpu")]);
  expect(await exists(join(folder, "out"))).toBe(false);
  expect(await ended(search("out", "--engine", "tfjs:cpu"))).toMatchObject({ status: 0 });
  const [key = ""] = await readdir(join(folder, "out/trials"));
  expect(JSON.parse(await text(`out/trials/${key}/run.json`))).toMatchObject({ engine: "tfjs:cpu" });
});

it("applies --set to the base recipe, and takes the result for another search", async () => {
  const { folder, search, text } = await setting({ hidden: { choice: [[3]] } });
  expect(await ended(search("out", "--set", "optimisation.epochs=2"))).toMatchObject({ status: 0 });
  const [key = ""] = await readdir(join(folder, "out/trials"));
  expect((await text(`out/trials/${key}/history.jsonl`)).trimEnd().split("\n")).toHaveLength(2);
  const { status, told } = await ended(search("out"));
  expect([status, told]).toEqual([73, expect.stringContaining("the folder holds a search of another space")]);
});

it("refuses a space with mistakes before it makes a folder, naming all of them", async () => {
  const { folder, search } = await setting({ hiden: { choice: [1] }, dropout: { choice: [2] } });
  const { status, told } = await ended(search("out"));
  expect(status).toBe(64);
  expect(told).toContain("hiden: recipes of this family have no such field");
  expect(told).toContain("dropout: Too big: expected number to be <1 (got 2)");
  expect(await exists(join(folder, "out"))).toBe(false);
});

it("refuses broken JSON, a field that no space has, and a setting that leads nowhere", async () => {
  const { folder, search } = await setting({ hidden: { choice: [[3]] } });
  const path = join(folder, "space.json");
  const nowhere = await ended(search("out", "--set", "family.kind=1"));
  expect([nowhere.status, nowhere.told]).toEqual([
    64,
    expect.stringContaining('--set family.kind=1: family has no fields to set (got "dgex")'),
  ]);
  await writeFile(path, '{"schemaVersion": 1, "name": "s",}');
  const broken = await ended(search("out"));
  expect([broken.status, broken.told]).toEqual([
    64,
    expect.stringMatching(/space\.json: the search space is broken JSON \(got Expected .* in JSON at position 33/),
  ]);
  const space = { schemaVersion: 1, name: "s", base: {}, space: { k: { choice: [1] } }, strategy: "grid", retry: 3 };
  await writeFile(path, JSON.stringify(space));
  const unknown = await ended(search("out"));
  expect([unknown.status, unknown.told]).toEqual([
    64,
    expect.stringContaining('not a search space (got ✖ no such field: "retry" (there are schemaVersion, name, '),
  ]);
  expect(await exists(join(folder, "out"))).toBe(false);
});

it("refuses a folder that another process is searching in", async () => {
  const { folder, search, signalled } = await setting({ hidden: { choice: [[3]] } });
  // The first one stands still while it holds the folder.
  const held = join(folder, "out/search.json");
  const first = signalled("out", { path: held, signal: "SIGSTOP" });
  const end = ended(first);
  await Promise.race([until(() => exists(held)), end]);
  const second = await ended(search("out"));
  first.kill("SIGKILL");
  await end;
  expect([second.status, second.told]).toEqual([75, expect.stringContaining("is writing this output")]);
});

it("tells when there is no such space, or no such base", async () => {
  const folder = await temporaryFolder();
  const data = await smallDataset(folder);
  const space = { schemaVersion: 1, name: "s", base: "missing.json", space: { k: { choice: [1] } }, strategy: "grid" };
  await writeFile(join(folder, "space.json"), JSON.stringify(space));
  for (const [name, where] of [
    ["space.json", "missing.json: cannot read the recipe"],
    ["no.json", "no.json: cannot read the search space"],
  ] as const) {
    const child = landfall(["search", join(folder, name), "--data", data, "-o", join(folder, "out")]);
    const { status, told } = await ended(child);
    expect([status, told]).toEqual([66, expect.stringContaining(where)]);
  }
});
