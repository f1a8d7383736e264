import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSource } from "../../data/node/byte-source.ts";
import { openExpression } from "../../data/node/open.ts";
import { refusal, rowsOf } from "./read/memory-source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-open-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a file is read by its content, its base name is the label", async () => {
  const path = join(folder, "matrix.csv");
  await writeFile(path, "sample\tTP53\tMYC\nA\t1\t2\n");
  const source = await openExpression(path);
  expect(source.label).toBe("matrix.csv");
  expect(source.warnings).toEqual(["named .csv but holds tab-separated text"]);
  expect(await rowsOf(source)).toEqual([[1, 2]]);
});

test("a missing file and a directory are no input", async () => {
  const missing = join(folder, "absent.gctx");
  expect(await refusal(openExpression(missing))).toBe(
    `no-input: ${missing}: there is no such file. Check the path and the permissions`,
  );
  const directory = join(folder, "directory.gctx");
  await mkdir(directory);
  expect(await refusal(openExpression(directory))).toMatch(/^no-input: .*this is a directory \(expected a file\)/);
});

test("a file that vanishes after it was opened is no input either", async () => {
  const path = join(folder, "gone.tsv");
  await writeFile(path, "sample\tTP53\nA\t1\n");
  const source = await openExpression(path);
  await rm(path);
  expect(await refusal(rowsOf(source))).toMatch(/^no-input: .*gone\.tsv: there is no such file/);
});

test("a file that grows between the passes is refused", async () => {
  const path = join(folder, "growing.tsv");
  await writeFile(path, "gene\tA\tB\nTP53\t1\t2\n");
  const source = await fileSource(path);
  await writeFile(path, "sample\tTP53\nA\t1\nB\t2\n");
  const opened = await openExpression(path);
  await writeFile(path, "sample\tTP53\nA\t1\n");
  expect(source.bytes).toBeGreaterThan(0);
  expect(await refusal(rowsOf(opened))).toContain("the file changed while it was read (expected 2 rows, got 1)");
});

test("slices end with the file, streams give it whole", async () => {
  const path = join(folder, "bytes.bin");
  const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31) % 251);
  await writeFile(path, content);
  const source = await fileSource(path);
  expect(source).toMatchObject({ label: "bytes.bin", bytes: content.length });
  expect(await source.slice(10, 20)).toEqual(content.slice(10, 20));
  expect(await source.slice(content.length - 3, content.length + 100)).toEqual(content.slice(-3));
  expect((await source.slice(content.length + 5, content.length + 9)).length).toBe(0);
  const pieces: Uint8Array[] = [];
  for await (const piece of source.stream()) pieces.push(piece);
  expect(Buffer.compare(Buffer.concat(pieces), content)).toBe(0);
});
