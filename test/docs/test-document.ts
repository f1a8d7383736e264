import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleSteps, matches, runStep, withOutputs } from "./console.ts";

const data = resolve(process.env["LANDFALL_DATA"] ?? "../shared/data");

/** Runs the console blocks of a document and compares; with `UPDATE_DOCS=1`, writes what they print. */
export function testDocument(path: string): void {
  describe(`${path}:`, () => {
    let folder: string;
    beforeAll(() => {
      // The commands find `recipes/` and `../shared/data` as in a checkout; what they make goes with the folder.
      folder = mkdtempSync(join(tmpdir(), "landfall-docs-"));
      mkdirSync(join(folder, "checkout"));
      mkdirSync(join(folder, "shared"));
      symlinkSync(resolve("recipes"), join(folder, "checkout", "recipes"));
      if (existsSync(data)) symlinkSync(data, join(folder, "shared", "data"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("shows commands with the output that they print", (ctx) => {
      const document = readFileSync(path, "utf8");
      const steps = consoleSteps(document);
      expect(steps.length).toBeGreaterThan(0);
      if (document.includes("../shared/data") && !existsSync(data)) ctx.skip(`no real data at ${data}`);
      const outputs = steps.map(({ command }) => runStep(command, join(folder, "checkout")));
      if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, withOutputs(document, steps, outputs));
      const different = steps.flatMap(({ command, shown }, i) => {
        const got = outputs[i] ?? [];
        return matches(shown, got) ? [] : [{ command, shown, got }];
      });
      expect(process.env["UPDATE_DOCS"] === "1" ? [] : different).toEqual([]);
    }, 1_800_000);
  });
}
