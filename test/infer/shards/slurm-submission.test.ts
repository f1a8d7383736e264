import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nextRound, type SlurmResources, shellWord, slurmSubmission } from "../../../infer/shards/slurm-submission.ts";

const resources: SlurmResources = {
  time: "30",
  mergeTime: "1:00:00",
  cpus: 2,
  memory: "3G",
  partition: "main",
  throttle: 64,
  rounds: 2,
  sbatch: ["--account=a lab"],
};
const paths = { run: "/data/my run", log: "/data/my run/log", shards: "/s.sbatch", merge: "/m.sbatch" };
const landfall = ["/opt/node", "/opt/land's fall.js"];

let bin: string;
beforeAll(async () => {
  // A scheduler that says what it was asked, one word a line, and answers with a number as a federation does.
  bin = await mkdtemp(join(tmpdir(), "landfall-sbatch-"));
  const script = '#!/bin/bash\nprintf "%s\\n" "$@" "" >&2\necho "7;cluster"\n';
  await writeFile(join(bin, "sbatch"), script, { mode: 0o755 });
});
afterAll(() => rm(bin, { recursive: true }));

/** What bash makes of a submission: the words of each call, and what it prints. */
function sent(script: string): { readonly calls: string[][]; readonly printed: string } {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
  const { stderr, stdout, status } = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
  expect(status).toBe(0);
  const calls = stderr.trimEnd().split("\n\n");
  return { calls: calls.map((call) => call.split("\n")), printed: stdout };
}

describe("a submission", () => {
  it("sends the missing shards, throttled, and the merge that waits for them", () => {
    const { calls, printed } = sent(slurmSubmission({ paths, missing: "2,17-19", landfall, resources }));
    expect(printed).toBe("7;cluster\n7;cluster\n");
    const site = "--partition=main|--mem=3G|--account=a lab";
    expect(calls.map((words) => words.join("|"))).toEqual([
      `--parsable|--array=2,17-19%64|--time=30|--cpus-per-task=2|--output=/data/my run/log/shards-%A_%a.out|${site}|/s.sbatch|/data/my run|${landfall.join("|")}`,
      `--parsable|--dependency=afterany:7|--time=1:00:00|--output=/data/my run/log/merge-%j.out|${site}|/m.sbatch|/data/my run|${landfall.join("|")}|--|${nextRound(resources).join("|")}`,
    ]);
  });
  it("sends the merge alone when nothing is missing", () => {
    const { calls } = sent(slurmSubmission({ paths, missing: "", landfall, resources }));
    expect(calls).toHaveLength(1);
    expect(calls[0]).not.toContain("--dependency=afterany:7");
  });
  it("says nothing of what was not asked for", () => {
    const { partition, throttle, ...few } = resources;
    expect([partition, throttle]).toEqual(["main", 64]);
    const { calls } = sent(slurmSubmission({ paths, missing: "0-3", landfall, resources: { ...few, sbatch: [] } }));
    expect(calls.flat().filter((word) => /partition|%\d|account/.test(word))).toEqual([]);
  });
});

describe("the next round", () => {
  it("is the same with one round less", () => {
    expect(nextRound(resources).join("|")).toBe(
      "--engine=slurm|--time=30|--cpus=2|--partition=main|--throttle=64|--merge-time=1:00:00|--mem=3G|--rounds=1|--sbatch=--account=a lab",
    );
  });
  it("is not, after the last", () => {
    expect(nextRound({ ...resources, rounds: 0 })).toEqual([]);
  });
});

it("quotes any word so that bash reads it back", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((word) => !/[\0\n\r]/.test(word));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (words) => {
      const script = `printf '%s\\n' ${words.map(shellWord).join(" ")}`;
      const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
      expect(stdout).toBe(words.map((word) => `${word}\n`).join(""));
    }),
    { numRuns: 30 },
  );
});
