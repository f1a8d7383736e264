import { expect, it } from "vitest";
import { targetId } from "../../../data/genes/target-id.ts";

it("a target that is a landmark too gets an id of its own, another keeps the source's", () => {
  expect(targetId("200814_at", true)).toBe("200814_at|target");
  expect(targetId("200814_at", false)).toBe("200814_at");
});
