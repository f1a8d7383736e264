import { describe, expect, it } from "vitest";
import { withSetting } from "../../cli/setting.ts";
import type { RecipeDraft } from "../../schemas/index.ts";

const recipe: RecipeDraft = { penalty: "l2", optimisation: { epochs: 3, loss: { kind: "huber" } }, hidden: [30, 20] };

describe("a setting", () => {
  it.each([
    ["penalty=l1", { ...recipe, penalty: "l1" }],
    ["lambda=[0.1,1]", { ...recipe, lambda: [0.1, 1] }],
    ["name=a=b", { ...recipe, name: "a=b" }],
    ["optimisation.epochs=5", { ...recipe, optimisation: { epochs: 5, loss: { kind: "huber" } } }],
    ["optimisation.loss.delta=2", { ...recipe, optimisation: { epochs: 3, loss: { kind: "huber", delta: 2 } } }],
    ["blocks.depth=1", { ...recipe, blocks: { depth: 1 } }],
    ["hidden.1=25", { ...recipe, hidden: [30, 25] }],
    ["hidden.2=10", { ...recipe, hidden: [30, 20, 10] }],
    ["toString.x=1", { ...recipe, toString: { x: 1 } }],
  ])("%s", (text, expected) => {
    const before = structuredClone(recipe);
    expect(withSetting(recipe, text)).toEqual(expected);
    expect(recipe).toEqual(before);
  });

  it("of what was null makes the object", () => {
    expect(withSetting({ partitions: null }, "partitions.count=2")).toEqual({ partitions: { count: 2 } });
  });

  it.each([
    ["lambda", "--set wants key=value (got lambda)"],
    ["=3", "--set wants key=value (got =3)"],
    ["optimisation..epochs=3", "--set wants key=value (got optimisation..epochs=3)"],
    ["penalty.x=1", '--set penalty.x=1: penalty has no fields to set (got "l2")'],
    ["optimisation.epochs.x=1", "--set optimisation.epochs.x=1: optimisation.epochs has no fields to set (got 3)"],
    ["hidden.x=1", "--set hidden.x=1: hidden is a list: its items go by 0 to 2 (got x)"],
    ["hidden.3=1", "--set hidden.3=1: hidden is a list: its items go by 0 to 2 (got 3)"],
    ["hidden.0.x=1", "--set hidden.0.x=1: hidden.0 has no fields to set (got 30)"],
    ["__proto__.polluted=1", "--set __proto__.polluted=1: __proto__ is no name of a field"],
    ["optimisation.constructor=1", "--set optimisation.constructor=1: constructor is no name of a field"],
    ["blocks.prototype.x=1", "--set blocks.prototype.x=1: prototype is no name of a field"],
  ])("%s is refused", (text, message) => {
    expect(() => withSetting(recipe, text)).toThrow(
      expect.objectContaining({ tag: "usage", message: expect.stringContaining(message) }),
    );
  });

  it("changes nothing that other objects inherit", () => {
    withSetting(recipe, "toString.polluted=1");
    expect(Reflect.get(Object.prototype, "toString")).not.toHaveProperty("polluted");
  });
});
