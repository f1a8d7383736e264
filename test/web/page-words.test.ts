import { describe, expect, it } from "vitest";
import { checkMissing } from "../../data/genes/align.ts";
import { requireScale } from "../../data/scale/check.ts";
import { findings } from "../../data/scale/finding.ts";
import { AppError } from "../../schemas/index.ts";
import { pageWords } from "../../web/page/page-words.ts";

/** The text of the error that a call throws. */
function adviceOf(call: () => void): string {
  try {
    call();
  } catch (error) {
    if (error instanceof AppError) return error.fault.advice ?? "";
  }
  throw new Error("nothing was thrown");
}

describe("advice on the page", () => {
  const remedies = Object.values(findings).flatMap(({ absolute, relative }) => [absolute.advice, relative.advice]);
  const scale = { ok: false, remedies: [], message: "m", advice: "Take log2" } as unknown as Parameters<
    typeof requireScale
  >[0];
  const missing = {
    missing: ["a"],
    sources: [[]],
    label: "in.tsv",
    idTypes: { input: "symbol", model: "symbol" },
    close: [],
    mangled: [],
  } as unknown as Parameters<typeof checkMissing>[0];

  it.each([
    ...new Set(remedies),
    adviceOf(() => requireScale(scale, { harmonise: "none", allowScaleMismatch: false, label: "in.tsv" })),
    adviceOf(() => checkMissing(missing, 0.1)),
  ])("names controls, not options of the command line: %s", (advice) => {
    expect(pageWords(advice)).not.toMatch(/--/);
  });
});
