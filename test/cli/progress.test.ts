import { expect, it } from "vitest";
import { progressReporter } from "../../cli/progress.ts";

function reporter(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  return { written, ...progressReporter({ isTTY, columns: 60, write }) };
}

it("writes a remark as a whole line, however long, and over a painted one, which is painted again after it", () => {
  const { written, onProgress, note, end } = reporter(true);
  const report = { phase: "train", done: 1, total: 9, unit: "profiles" };
  const remark = "warning: ".padEnd(200, "x");
  onProgress(report);
  note(remark);
  end();
  expect(written).toHaveLength(2);
  expect(written[0]).toContain("train  11 %");
  expect(written[1]).toBe(`\r\u001b[2K${remark}\n`);
  note("plain");
  expect(written[2]).toBe("plain\n");
});

it("writes remarks off a TTY too", () => {
  const { written, note } = reporter(false);
  note("warning: so it is");
  expect(written).toEqual(["warning: so it is\n"]);
});
