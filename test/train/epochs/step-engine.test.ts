import { expect, it } from "vitest";
import { initialState, type StateTensor, weightsIn } from "../../../train/epochs/step-engine.ts";

const tensor = (name: string, kind: StateTensor["kind"], weight = name): StateTensor => ({
  name,
  dims: [2],
  kind,
  weight,
});
const state = [
  tensor("a", "weight"),
  tensor("b", "fixed"),
  tensor("a/v", "slot", "a"),
  tensor("a/average", "average", "a"),
];
const initial = new Map([
  ["a", Float32Array.of(1, 2)],
  ["b", Float32Array.of(3, 4)],
]);

it("starts with copies of the weights that change, the fixed ones themselves, averages like them, slots of 0", () => {
  const values = initialState(state, initial);
  expect(values.get("a")).toEqual(initial.get("a"));
  expect(values.get("a")).not.toBe(initial.get("a"));
  expect(values.get("b")).toBe(initial.get("b"));
  expect([values.get("a/v"), values.get("a/average")]).toEqual([new Float32Array(2), Float32Array.of(1, 2)]);
  expect(values.get("a/average")).not.toBe(values.get("a"));
});

it("refuses initial values that are missing or of other dims, all at once", () => {
  const short = new Map([["a", Float32Array.of(1)]]);
  expect(() => initialState(state, short)).toThrow(/no initial values.*a \[2\]; b \[2\]; a\/average/);
});

it("evaluates averages in place of their weights, and fixed weights", () => {
  const values = initialState(state, initial).set("a/average", Float32Array.of(7, 8));
  expect(weightsIn(state, values)).toEqual(
    new Map([
      ["a", Float32Array.of(7, 8)],
      ["b", Float32Array.of(3, 4)],
    ]),
  );
});
