import { expect, it } from "vitest";
import { monitoredRows, rowOrder } from "../../../train/epochs/row-order.ts";

/** Training rows are not all rows: others lie between them. */
const rows = Int32Array.from({ length: 40 }, (_, at) => 3 * at + 1);

it("an epoch goes over every training row once, in an order that seed and epoch decide", () => {
  const orders = [
    [1, 0],
    [1, 1],
    [2, 0],
    [2, 1],
  ].map(([seed = 0, epoch = 0]) => rowOrder(rows, seed, epoch));
  for (const order of orders) expect(order.toSorted()).toEqual(rows);
  expect(new Set([rows, ...orders].map((order) => order.join())).size).toBe(5);
  expect(rowOrder(rows, 1, 1)).toEqual(orders[1]);
});

it("monitored rows are some of the training rows at random, ascending, which the seed decides", () => {
  const monitored = monitoredRows(rows, 1, 10);
  expect(new Set(monitored).size).toBe(10);
  expect([...rows]).toEqual(expect.arrayContaining([...monitored]));
  expect(monitored).toEqual(monitored.toSorted());
  expect(monitored).not.toEqual(rows.subarray(0, 10));
  expect(monitoredRows(rows, 1, 10)).toEqual(monitored);
  expect(monitoredRows(rows, 2, 10)).not.toEqual(monitored);
  expect(monitoredRows(rows, 1, 100)).toEqual(rows);
});
