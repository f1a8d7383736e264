import { describe, expect, it } from "vitest";
import { diagnosisText, doctorCommand } from "../../cli/commands/doctor.ts";
import type { Diagnosis } from "../../runtime/node/doctor.ts";
import { openSession } from "../../runtime/node/open.ts";
import { codeVersion } from "../../schemas/version.ts";
import { affine } from "../runtime/graphs.ts";
import { runCommand } from "./run-command.ts";

async function doctor(...options: readonly string[]): Promise<string> {
  return (await runCommand([doctorCommand], ["doctor", ...options])).printed.join("\n");
}

describe("landfall doctor", () => {
  it("prints JSON: versions, the machine, and each provider with a reason and advice where it does not work", async () => {
    const diagnosis = JSON.parse(await doctor("--json")) as Diagnosis;
    expect(diagnosis.landfall).toBe(codeVersion);
    expect(diagnosis.node).toBe(process.versions.node);
    expect(diagnosis.cores).toBeGreaterThan(0);
    expect(diagnosis.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(diagnosis.providers.map(({ provider }) => provider)).toEqual(["cpu", "cuda", "webgpu", "dml", "coreml"]);
    expect(diagnosis.providers[0]).toEqual({ provider: "cpu", ok: true });
    for (const { ok, reason, advice } of diagnosis.providers)
      expect([ok, reason !== undefined, advice !== undefined]).toEqual([ok, !ok, !ok]);
  });

  it("names as `auto` what a session then takes", async () => {
    const { auto } = JSON.parse(await doctor("--json")) as Diagnosis;
    await using session = await openSession({ bytes: affine() });
    expect(session.provider).toBe(auto);
  });

  it("prints a line for each provider, and how to get what is missing", () => {
    const text = diagnosisText({
      landfall: "1.2.3",
      node: "20.20.2",
      onnxruntime: "1.30.0",
      platform: "linux x64",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      providers: [
        { provider: "cpu", ok: true },
        { provider: "cuda", ok: false, reason: "libcuda is not installed", advice: "Install it" },
      ],
      auto: "cpu",
      tfjsNodeGpu: { installed: true, version: "4.22.0" },
    });
    expect(text.split("\n")).toEqual([
      "landfall 1.2.3, ONNX Runtime 1.30.0, Node 20.20.2, linux x64, 2 cores, 8.0 GiB of memory",
      "",
      "cpu     works",
      "cuda    no   libcuda is not installed",
      "             Install it",
      "",
      "--device auto uses cpu",
      "tfjs-node-gpu  4.22.0",
    ]);
  });

  it("prints the same for people", async () => {
    expect(await doctor()).toMatch(/^landfall .*\n\ncpu {5}works\n[^]*--device auto uses \w+\ntfjs-node-gpu /);
  });
});
