// Infers a file, or computes and merges the missing shards of a run, in a process of its own, from dist/. Given `start:N`
// or `end:N` it kills itself (SIGKILL) before its N-th call to the file system, counted from the start of the job or from
// the last block of a file on. Prints the number of its calls; exit status 75: to be tried again.
// usage: killed-child.mjs infer MODEL INPUT OUTPUT [KILL]
//        killed-child.mjs shards RUN [KILL]
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const calls = { start: 0, end: 0 };
let stage = "";
let killAt = "";

/** Every call may be the last one: what came before has taken effect, this one has not. */
function counted(target, name) {
  const original = target[name];
  target[name] = function (...args) {
    if (stage !== "") {
      calls[stage] += 1;
      if (`${stage}:${calls[stage]}` === killAt) process.kill(process.pid, "SIGKILL");
    }
    return original.apply(this, args);
  };
}

for (const name of ["open", "rename", "link", "rm", "writeFile", "appendFile"]) counted(fs.promises, name);
const probe = await fs.promises.open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();
for (const name of ["writev", "write", "writeFile", "appendFile", "truncate", "sync", "datasync"])
  counted(handle, name);
syncBuiltinESMExports();

const jobs = {
  async infer([dir, input, output, kill = ""]) {
    killAt = kill;
    const { inferFile } = await import("../../../dist/infer/node/batch.js");
    const { loadModelFolder } = await import("../../../dist/infer/node/load-model.js");
    const model = await loadModelFolder(dir, { device: "cpu", threads: 1 });
    stage = "start";
    const onProgress = ({ phase, done, total }) => {
      if (phase === "infer" && done === total) stage = "end";
    };
    await inferFile({ model, inputs: [input], output, blockRows: 8, syncMs: 0, onProgress });
    stage = "";
    await model[Symbol.asyncDispose]();
  },
  async shards([folder, kill = ""]) {
    killAt = kill;
    const { runShards } = await import("../../../dist/infer/node/shards/run-shards.js");
    const { mergeShards } = await import("../../../dist/infer/node/shards/merge-shards.js");
    stage = "start";
    await runShards({ folder, threads: 1, environment: process.env });
    await mergeShards({ folder });
    stage = "";
  },
};

const [job, ...args] = process.argv.slice(2);
try {
  await jobs[job](args);
} catch (error) {
  if (error.exitCode !== 75) throw error;
  process.exitCode = 75;
}
fs.writeSync(1, `calls ${calls.start} ${calls.end}\n`);
