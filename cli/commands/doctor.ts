import type { Diagnosis, ProviderDiagnosis } from "../../runtime/node/doctor.ts";
import type { RegisterCommand } from "../context.ts";

/** `landfall doctor`: what this machine can run, what is missing and how to get it. Always exits 0. */
export const doctorCommand: RegisterCommand = (program, { print }) => {
  program
    .command("doctor")
    .description("Show what this machine can run: every provider is tried with a small graph.")
    .option("--json", "print one JSON object")
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { diagnose } = await import("../../runtime/node/doctor.ts");
      const diagnosis = await diagnose();
      print(json ? JSON.stringify(diagnosis, undefined, 2) : diagnosisText(diagnosis));
    });
};

/** A diagnosis for people: a line of versions, a line for each provider, what `auto` means, the optional engine. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { landfall, node, onnxruntime, platform, cores, memoryBytes, providers, auto, tfjsNodeGpu } = diagnosis;
  const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  const engine = tfjsNodeGpu.installed ? (tfjsNodeGpu.version ?? "installed") : "not installed";
  return [
    `landfall ${landfall}, ONNX Runtime ${onnxruntime}, Node ${node}, ${platform}, ${cores} cores, ${memory} of memory`,
    "",
    ...providers.flatMap(providerLines),
    "",
    auto === undefined ? "--device auto finds nothing that works" : `--device auto uses ${auto}`,
    `tfjs-node-gpu  ${engine}`,
    ...(tfjsNodeGpu.advice === undefined ? [] : [`${indent}${tfjsNodeGpu.advice}`]),
  ].join("\n");
}

const indent = " ".repeat(13);

function providerLines({ provider, ok, reason, advice }: ProviderDiagnosis): string[] {
  const state = ok ? "works" : `no   ${reason ?? "unknown reason"}`;
  return [`${provider.padEnd(8)}${state}`, ...(advice === undefined ? [] : [`${indent}${advice}`])];
}
