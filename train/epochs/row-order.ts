import { Random } from "../../data/random.ts";

/** Streams of a training's seed: one for the monitored rows, then one an epoch (keys of draws begin at 2⁴⁰). */
const monitorStream = 2 ** 32;
const orderStream = (epoch: number): number => monitorStream + 1 + epoch;

function shuffled(rows: Int32Array, seed: number, stream: number): Int32Array {
  const order = rows.slice();
  new Random(seed, stream).shuffle(order);
  return order;
}

/** The training rows in the order of an epoch, which counts from 0. */
export function rowOrder(rows: Int32Array, seed: number, epoch: number): Int32Array {
  return shuffled(rows, seed, orderStream(epoch));
}

/** At most `most` training rows, the same in every epoch, ascending. */
export function monitoredRows(rows: Int32Array, seed: number, most: number): Int32Array {
  return shuffled(rows, seed, monitorStream).subarray(0, most).toSorted();
}
