import { expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { affine, affineFeeds, f32 } from "./graphs.ts";
import { runContract } from "./session.contract.ts";

runContract("same-thread");

it("refuses shared memory, which ONNX Runtime does not take", async () => {
  await using session = await openSession({ bytes: affine() }, { device: "cpu" });
  const x = f32([1, 3], new Float32Array(new SharedArrayBuffer(12)));
  await expect(session.run({ ...affineFeeds(1), x })).rejects.toMatchObject({ tag: "usage", fault: { where: "x" } });
});
