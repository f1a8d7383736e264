import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryPath, writeAtomic, writeError, writeFileAtomic } from "../../../data/node/atomic.ts";
import { temporaryFolder } from "./matrix.ts";

test("a file is replaced as a whole, and no temporary file stays", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "a.json");
  await writeFileAtomic(path, "one");
  await writeFileAtomic(path, new TextEncoder().encode("two"));
  expect(await readFile(path, "utf8")).toBe("two");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("the old file stays when writing fails half-way", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "a.json");
  await writeFileAtomic(path, "one");
  const failing = writeAtomic(path, async (temporary) => {
    await writeFile(temporary, "tw");
    expect(await readFile(path, "utf8")).toBe("one");
    throw new Error("broke");
  });
  await expect(failing).rejects.toThrow("broke");
  expect(await readFile(path, "utf8")).toBe("one");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("temporary paths lie beside the target, hidden, and differ", () => {
  const [one, other] = [temporaryPath("/x/y/a.gctx"), temporaryPath("/x/y/a.gctx")];
  expect(dirname(one)).toBe("/x/y");
  expect(basename(one)).toMatch(/^\.a\.gctx\..+\.tmp$/);
  expect(one).not.toBe(other);
});

test("`keep` lets the same bytes be, and refuses to replace others", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "a.bin");
  const bytes = new Uint8Array(3 << 20).map((_, i) => i * 7);
  const write = (content: Uint8Array) => writeAtomic(path, (temporary) => writeFile(temporary, content), "keep");
  expect(await write(bytes)).toBe("written");
  expect(await write(bytes)).toBe("unchanged");
  const occupied = { tag: "other-plan", exitCode: 73, message: expect.stringContaining("--force") };
  await expect(write(bytes.with(bytes.length - 1, 1))).rejects.toMatchObject(occupied);
  await expect(write(bytes.subarray(1))).rejects.toMatchObject(occupied);
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(await readdir(folder)).toEqual(["a.bin"]);
});

test("`refuse` writes nothing where a file is", async () => {
  const path = join(await temporaryFolder(), "a.bin");
  let calls = 0;
  const write = () =>
    writeAtomic(
      path,
      async (temporary) => {
        calls++;
        await writeFile(temporary, "same");
      },
      "refuse",
    );
  await write();
  await expect(write()).rejects.toMatchObject({ tag: "other-plan" });
  expect(calls).toBe(1);
});

test("what the file system refuses is told with path, reason and advice", async () => {
  const folder = await temporaryFolder();
  const missing = join(folder, "none", "a.json");
  await expect(writeFileAtomic(missing, "x")).rejects.toMatchObject({
    tag: "cannot-create",
    fault: { where: missing, got: "ENOENT: no such file or directory", advice: "Create the folder first" },
  });
  await mkdir(join(folder, "taken"));
  await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toMatchObject({ tag: "cannot-create" });
  await writeFile(join(folder, "file"), "");
  await expect(writeFileAtomic(join(folder, "file", "a.json"), "x")).rejects.toMatchObject({ tag: "cannot-create" });
  expect((await readdir(folder)).toSorted()).toEqual(["file", "taken"]);
});

test("a folder without write permission is refused", async (context) => {
  if (process.getuid?.() === 0) context.skip("root may write everywhere");
  const folder = await temporaryFolder();
  await chmod(folder, 0o500);
  await expect(writeFileAtomic(join(folder, "a.json"), "x")).rejects.toMatchObject({
    tag: "cannot-create",
    message: expect.stringContaining("Choose a folder that you may write to"),
  });
});

test("errors that are not the file system's pass unchanged", () => {
  const error = new TypeError("x");
  expect(writeError(error, "/p")).toBe(error);
  expect(writeError("text", "/p")).toBe("text");
});
