// What does exporting a large model take: seconds and memory, writing and verification apart?
//
// A run of random weights is written a piece at a time (none of it is in memory), then exported in a process of its own,
// whose memory is watched: "anonymous" is what it allocated, "resident" has pages of mapped files in it as well.
// Budget (DESIGN 4): 200 M parameters in 10 s, verification apart, with a peak below 2.5 × the weights.
//
//   node bench/export-scale.mjs [--layers 3] [--hidden 9000] [--targets 28400] [--landmarks 978] [--shard-mib 64] [--json] [--keep DIR]
//
// Without sizes: 206 M parameters (978→9000→9000→12900) and 426 M (978→9000→9000→9000→28400).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { exportRun } from "../dist/export/expression.js";
import { openSession } from "../dist/runtime/node/open.js";
import { parametersOf, writeSimulatedRun } from "./simulated-run.mjs";

const mib = 2 ** 20;
const number = { type: "string" };
const { values: options } = parseArgs({
  options: {
    layers: number,
    hidden: number,
    targets: number,
    landmarks: number,
    "shard-mib": number,
    json: { type: "boolean" },
    export: { type: "string" },
    keep: { type: "string" },
  },
});

/** The child: exports, and says when each step began. */
async function exportOnce(dir) {
  const steps = [];
  const began = performance.now();
  const onProgress = ({ note }) => {
    const { user, system } = process.cpuUsage();
    steps.push({
      note,
      seconds: (performance.now() - began) / 1000,
      cpuSeconds: (user + system) / 1e6,
      residentMib: process.resourceUsage().maxRSS / 1024,
    });
  };
  await exportRun({ run: join(dir, "run"), out: join(dir, "model"), open: openSession, onProgress });
  console.log(JSON.stringify(steps));
}

/** Peak anonymous memory of a process until it ends, MiB; Linux only. */
async function watch(child) {
  let peak = 0;
  while (child.exitCode === null) {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended in between.
    }
    await setTimeout(20);
  }
  return peak;
}

async function measure(sizes, shardBytes) {
  const dir = mkdtempSync(join(tmpdir(), "landfall-scale-"));
  try {
    writeSimulatedRun(join(dir, "run"), sizes, { shardBytes });
    const child = spawn(process.execPath, [import.meta.filename, "--export", dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (piece) => {
      text += piece;
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const anonymousMib = await watch(child);
    await ended;
    if (child.exitCode !== 0) throw new Error("the export failed");
    const steps = JSON.parse(text);
    const at = (note) => steps.find((step) => step.note === note);
    const [write, verify, manifest, done] = [
      "write the graph",
      "verify against tfjs",
      "write the manifest",
      "done",
    ].map(at);
    const { parity } = JSON.parse(readFileSync(join(dir, "model", "manifest.json"), "utf8"));
    const { layers } = JSON.parse(readFileSync(join(dir, "model", "parity.json"), "utf8"));
    const graphBytes = statSync(join(dir, "model", "model.onnx")).size;
    return {
      sizes,
      parameters: parametersOf(sizes),
      weightsMib: (parametersOf(sizes) * 4) / mib,
      graphMib: graphBytes / mib,
      writeCpuSeconds: verify.cpuSeconds - write.cpuSeconds + (done.cpuSeconds - manifest.cpuSeconds),
      verifyCpuSeconds: manifest.cpuSeconds - verify.cpuSeconds,
      writeSeconds: verify.seconds - write.seconds + (done.seconds - manifest.seconds),
      verifySeconds: manifest.seconds - verify.seconds,
      writeResidentMib: verify.residentMib,
      residentMib: done.residentMib,
      anonymousMib,
      rows: parity[0].rows,
      maxRelative: parity[0].maxRelative,
      batchDependence: parity[0].batchDependence,
      layers,
    };
  } finally {
    if (options.keep !== undefined) renameSync(join(dir, "model"), options.keep);
    rmSync(dir, { recursive: true, force: true });
  }
}

function print(result) {
  const { parameters, weightsMib, writeResidentMib, residentMib, anonymousMib } = result;
  const seconds = (step) =>
    `${result[`${step}Seconds`].toFixed(1)} s (${result[`${step}CpuSeconds`].toFixed(1)} s of CPU)`;
  const times = (mebibytes) => `${mebibytes.toFixed(0)} MiB (${(mebibytes / weightsMib).toFixed(2)} × the weights)`;
  console.log(`${(parameters / 1e6).toFixed(1)} M parameters, ${weightsMib.toFixed(0)} MiB of weights
  write:  ${seconds("write")}, peak resident ${times(writeResidentMib)}
  verify: ${seconds("verify")} on ${result.rows} rows, largest difference ${result.maxRelative.toExponential(1)}, between batches ${result.batchDependence}
          layers ${result.layers.map(({ layer, maxRelative }) => `${layer} ${maxRelative.toExponential(1)}`).join(", ") || "not apart"}
  whole:  peak anonymous ${times(anonymousMib)}, resident ${times(residentMib)}`);
}

if (options.export !== undefined) await exportOnce(options.export);
else {
  const given = (name, otherwise) => Number(options[name] ?? otherwise);
  const sized = ["layers", "hidden", "targets", "landmarks"].some((name) => options[name] !== undefined);
  const own = {
    landmarks: given("landmarks", 978),
    hidden: given("hidden", 9000),
    layers: given("layers", 3),
    targets: given("targets", 28_400),
  };
  const standard = [
    { landmarks: 978, hidden: 9000, layers: 2, targets: 12_900 },
    { landmarks: 978, hidden: 9000, layers: 3, targets: 28_400 },
  ];
  const shardBytes = options["shard-mib"] === undefined ? Number.POSITIVE_INFINITY : given("shard-mib") * mib;
  for (const sizes of sized ? [own] : standard) {
    const result = await measure(sizes, shardBytes);
    if (options.json) console.log(JSON.stringify(result));
    else print(result);
  }
}
