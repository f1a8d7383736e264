import { spawn } from "node:child_process";
import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../data/node/package-root.ts";
import { AppError } from "../schemas/errors.ts";
import type { CliContext } from "./context.ts";
import { launcher } from "./launcher.ts";
import { formatDuration } from "./progress.ts";

/** Says that a folder is ours to replace. */
const markerName = "made-by-landfall-demo";

/** Models of the demo: name in the repository → recipe. */
const models = { dgex: "dgex-small.json", ridge: "ridge.json", "knn-ge": "knn.json" } as const;

/** Size of the simulated compendium: large enough for the models to differ, small enough for a minute on two cores. */
const compendium = { samples: 6000, landmarks: 200, targets: 800, studies: 20, seed: 1 } as const;

/** Makes `out` an empty folder with the marker. @throws AppError `other-plan` when it holds anything not ours */
async function clear(out: string): Promise<void> {
  const entries = await readdir(out).catch(() => undefined);
  if (entries !== undefined && entries.length > 0) {
    await access(join(out, markerName)).catch((cause: unknown) => {
      throw new AppError(
        "other-plan",
        { what: "the folder holds something that no demo made", where: out, advice: "Choose another with -o" },
        { cause },
      );
    });
    await rm(out, { recursive: true, force: true });
  }
  await mkdir(out, { recursive: true });
  await writeFile(join(out, markerName), "");
}

/** The commands of the demo, as a user would type them. */
function demoSteps(out: string): string[][] {
  const at = (...parts: string[]): string => join(out, ...parts);
  const { samples, landmarks, targets, studies, seed } = compendium;
  const numbers = Object.entries({ samples, landmarks, targets, studies, seed });
  const file = at(`simulated_n${samples}x${landmarks + targets}.gctx`);
  const names = Object.entries(models);
  const repository = ["--models", at("models")];
  return [
    ["simulate", "-o", out, ...numbers.flatMap(([name, value]) => [`--${name}`, String(value)])],
    ["prepare", "--input", file, "-o", at("dataset"), "--split", "group:study", "--clip", "8"],
    ...names.map(([name, recipe]) => {
      const path = join(packageRoot(), "recipes", recipe);
      return ["train", path, "--data", at("dataset"), "-o", at("runs", name)];
    }),
    ...names.map(([name]) => ["export", at("runs", name), "-o", at("exports", name)]),
    ...names.map(([name]) => {
      return ["models", "publish", at("exports", name), "--name", name, "--alias", "production", ...repository];
    }),
    ["infer", "dgex", file, "-o", at("inferred.gctx"), ...repository],
    ["evaluate", ...Object.keys(models), ...repository, "--data", at("dataset"), "-o", at("report")],
  ];
}

/** Runs one command in a process of its own, its output passed through. */
function run(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher(), ...args], { stdio: "inherit", signal });
    child.once("error", reject);
    child.once("exit", (status) => {
      if (status === 0) resolve();
      else reject(new AppError("internal", { what: "a step of the demo failed", got: `exit status ${status}` }));
    });
  });
}

/** Runs the demo into `out`. @throws AppError `other-plan` when `out` holds other files, `internal` when a step fails */
export async function runDemo(out: string, { print, signal }: CliContext): Promise<void> {
  const startedMs = performance.now();
  await clear(out);
  for (const args of demoSteps(out)) {
    print(`\n$ landfall ${args.join(" ")}`);
    await run(args, signal);
  }
  print(`\ndone in ${formatDuration((performance.now() - startedMs) / 1000)}`);
}
