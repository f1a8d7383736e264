import { expect, it } from "vitest";
import { AppError, exitCodes, faultMessage, isAppError } from "../../schemas/errors.ts";

it("says what, where, expected, got, examples and what to do, in one line", () => {
  const message = faultMessage({
    what: "3 cells are not numbers",
    where: "plate.gct",
    expected: "numbers",
    got: "text",
    examples: ["line 4, column 2: 'x'", "line 9, column 2: 'y'"],
    advice: "Mend the file",
  });
  expect(message).toBe(
    "plate.gct: 3 cells are not numbers (expected numbers, got text): line 4, column 2: 'x'; line 9, column 2: 'y'. Mend the file",
  );
});

it("shows five examples and counts the others", () => {
  const examples = Array.from({ length: 7 }, (_, i) => `g${i}`);
  expect(faultMessage({ what: "missing genes", examples })).toBe("missing genes: g0; g1; g2; g3; g4 and 2 more");
});

it("narrows by tag", () => {
  const error: unknown = new AppError("bad-data", { what: "x" }, { cause: new Error("y") });
  expect(isAppError(error)).toBe(true);
  expect(isAppError(error, "bad-data", "usage")).toBe(true);
  expect(isAppError(error, "usage")).toBe(false);
  expect(isAppError(new Error("x"))).toBe(false);
});

it("maps every tag to an exit status of sysexits", () => {
  expect(new Set(Object.values(exitCodes))).toEqual(new Set([64, 65, 66, 69, 70, 73, 75]));
  expect(new AppError("scale-mismatch", { what: "x" }).exitCode).toBe(65);
});
