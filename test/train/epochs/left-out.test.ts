import { expect, it } from "vitest";
import { fitNet } from "../../../train/epochs/fit-net.ts";
import { leftOutNote } from "../../../train/epochs/left-out.ts";
import { hooks, job } from "./jobs.ts";

it("says how many profiles no batch of an epoch has room for, from more than 5 % on, and what leaves out fewer", () => {
  expect(leftOutNote(105, 10)).toBeUndefined();
  expect(leftOutNote(100, 10)).toBeUndefined();
  expect(leftOutNote(105, 100)).toBeUndefined();
  expect(leftOutNote(106, 100)).toMatch(/^6 of 106 .* others each time .* a batch of 100; .*batchSize 53 it is 0$/);
  expect(leftOutNote(199, 100)).toMatch(/^99 of 199 .*batchSize 99 it is 1$/);
});

it("a training says so", async () => {
  const { notes } = await fitNet(job({ epochs: 1, batchSize: 40 }), hooks());
  expect(notes).toEqual([expect.stringMatching(/^25 of 105 training profiles are left out of every epoch/)]);
});
