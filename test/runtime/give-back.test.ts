import { expect, it } from "vitest";
import { giveBack } from "../../runtime/node/give-back.ts";

it("a buffer that is given back is freed at once: memory stays where it is", async () => {
  const bytes = 2 ** 26;
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20; i++) {
    const { buffer } = new Uint8Array(bytes).fill(1);
    giveBack(buffer);
    expect(buffer.byteLength).toBe(0);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * bytes);
});
