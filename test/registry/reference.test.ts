import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aliasName, modelName } from "../../registry/name.ts";
import { formatReference, parseReference, versionNumber } from "../../registry/reference.ts";
import { isAppError } from "../../schemas/index.ts";

const name = fc
  .stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .filter((text) => !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|\.$/.test(text));
const alias = fc.stringMatching(/^[a-z][a-z0-9_-]{0,31}$/);
const version = fc.integer({ min: 1, max: 999_999_999 });
const reference = fc.oneof(fc.record({ name }), fc.record({ name, version }), fc.record({ name, alias }));

/** The text of what was read, or that it was refused as a usage error. */
function readBack(text: string): string {
  try {
    return formatReference(parseReference(text));
  } catch (error) {
    if (isAppError(error, "usage")) return "refused";
    throw error;
  }
}

describe("parseReference", () => {
  it("reads what formatReference writes, for every reference", () => {
    fc.assert(
      fc.property(reference, (wanted) => {
        expect(parseReference(formatReference(wanted))).toEqual({ ...wanted });
      }),
    );
  });
  it("reads any text exactly or refuses it as a usage error", () => {
    const near = fc
      .array(fc.constantFrom("a", "0", "9", ":", "@", ".", "-", "/", "Z", " ", "\n", "é"))
      .map((c) => c.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        expect([text, "refused"]).toContain(readBack(text));
      }),
    );
  });
  it.each([
    "",
    "ridge:",
    "ridge:0",
    "ridge:03",
    "ridge:1.5",
    "ridge:-1",
    "ridge:latest",
    "ridge@",
    "ridge@3",
    "ridge@a@b",
    "ridge:1@a",
    "a/b",
    "ridge:1000000000",
  ])("refuses '%s'", (text) => expect(() => parseReference(text)).toThrow(/not (a|an) (model name|version|alias)/));
});

describe("modelName", () => {
  it.each(["ridge", "d-gex.3000x1", "0", "a..b", "console", "com10", "x".repeat(63)])("accepts %s", (text) =>
    expect(modelName(text)).toBe(text),
  );
  it.each([
    "../x",
    "..",
    ".",
    ".hidden",
    "a/b",
    "a\\b",
    "Ridge",
    "CON",
    "con",
    "nul.onnx",
    "com1",
    "a.",
    "ä",
    "a b",
    "a\0",
    "ridge\n",
    "x".repeat(64),
    "__proto__",
  ])("refuses %j", (text) => {
    expect(() => modelName(text)).toThrow(/not a model name/);
    expect(() => modelName(text)).toThrow(expect.objectContaining({ tag: "usage" }));
  });
  it("keeps a long text out of the message", () => {
    expect(() => modelName("x".repeat(1e6))).toThrow(/^.{0,300}$/);
  });
});

it("aliases start with a letter, so that they never look like versions", () => {
  expect(aliasName("constructor")).toBe("constructor");
  for (const text of ["3", "", "A", "a.b", "x".repeat(33), "a:b"])
    expect(() => aliasName(text)).toThrow(/not an alias/);
});

it("versions are numbers as Triton reads folders: no leading 0", () => {
  expect(["1", "42", "999999999"].map(versionNumber)).toEqual([1, 42, 999_999_999]);
  for (const text of ["0", "01", "1a", "", "1.0", " 1", "1e3", "1000000000"])
    expect(versionNumber(text)).toBeUndefined();
});
