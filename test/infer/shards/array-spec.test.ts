import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatArraySpec, parseArraySpec } from "../../../infer/shards/array-spec.ts";
import { AppError } from "../../../schemas/index.ts";

describe("a job array's index list", () => {
  it("joins neighbours", () => {
    expect(formatArraySpec([2, 17, 18, 19])).toBe("2,17-19");
    expect(formatArraySpec([0, 1])).toBe("0-1");
    expect(formatArraySpec([])).toBe("");
  });
  it("is read back as the shards it was made of", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1 }), (shards) => {
        const ascending = shards.toSorted((a, b) => a - b);
        expect(parseArraySpec(formatArraySpec(ascending), 201)).toEqual(ascending);
      }),
    );
  });
  it("may repeat itself and come in any order", () => {
    expect(parseArraySpec("5, 3-4,4", 6)).toEqual([3, 4, 5]);
  });
  it("is refused with all that is wrong in it", () => {
    const refusal = (spec: string): AppError => {
      try {
        parseArraySpec(spec, 10);
      } catch (error) {
        if (error instanceof AppError) return error;
      }
      throw new Error(`${spec} was taken`);
    };
    const error = refusal("1,4-3,x,10");
    expect([error.tag, error.fault.examples]).toEqual(["usage", ["4-3", "x", "10"]]);
    expect(refusal("").fault.examples).toEqual(["(nothing)"]);
    expect(refusal("-1").fault.examples).toEqual(["-1"]);
    expect(refusal("1.5").fault.expected).toBe("a list like 2,17-19 of shards from 0 to 9");
  });
});
