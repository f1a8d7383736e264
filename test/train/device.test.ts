import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { requireDevice } from "../../runtime/node/require-device.ts";

/**
 * Largest difference of weights and losses. Adam's steps on software Vulkan were measured 5.5e-7 from the CPU's; a wrong
 * kernel is off by a step, 1e-2. CUDA multiplies in TF32 by default, and the others may compute in float16.
 */
const tolerance = { webgpu: 1e-5, cuda: 1e-3, coreml: 5e-3, dml: 5e-3 } as const;

/** What the program prints. */
const Outcome = z.union([
  z.object({ devices: z.array(z.string()), weights: z.number(), losses: z.number(), moved: z.number() }),
  z.object({ reason: z.string() }),
]);

describe("a device for training", () => {
  it("auto comes to the first candidate that works, and tells what was tried", async () => {
    const { provider, tried } = await requireDevice("auto");
    expect(["cuda", "cpu"]).toContain(provider);
    expect(tried.at(-1)).toEqual({ provider, ok: true });
    for (const { ok, reason } of tried.slice(0, -1)) expect([ok, reason]).toEqual([false, expect.stringMatching(/./)]);
  });

  it.each(["cuda", "webgpu", "dml", "coreml"] as const)(
    "%s is refused where it does not work, with the reason and what to install; never another one in its place",
    async (device) => {
      const outcome = await requireDevice(device).catch((error: unknown) => error);
      const works = { provider: device };
      const refused = {
        tag: "unavailable",
        fault: { got: expect.stringMatching(/./), advice: expect.stringMatching(/.+; `landfall doctor`/) },
      };
      expect(outcome).toMatchObject(outcome instanceof Error ? refused : works);
    },
  );
});

/** SwiftShader, a Vulkan driver in software, comes with Debian's Chromium, and so does the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

describe.each(["webgpu", "cuda", "coreml", "dml"] as const)("steps of a training graph on %s", (device) => {
  it("end where the CPU's do", async (ctx) => {
    const software = device === "webgpu" && existsSync(driver);
    const vulkan = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: tmpdir() };
    const env = software ? { ...process.env, ...vulkan } : process.env;
    const program = fileURLToPath(new URL("steps-on-two-devices.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, device], { env });
    const result = Outcome.parse(JSON.parse(stdout));
    if ("reason" in result) return ctx.skip(`${device}: ${result.reason}`);
    expect(result.devices).toEqual(["cpu", device]);
    expect(result.weights).toBeLessThan(tolerance[device]);
    expect(result.losses).toBeLessThan(tolerance[device]);
    // Five steps of Adam: without them the comparison would be of equals.
    expect(result.moved).toBeGreaterThan(0.04);
  });
});
