// Infers a file in a process of its own, from dist/, and tells how far it is. Given `start:N` or `end:N` it kills itself
// (SIGKILL) before its N-th call to the file system, counted from the start of the job or from its last block on.
// usage: infer-child.mjs MODEL INPUT OUTPUT [start:N|end:N]
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [dir, input, output, killAt = ""] = process.argv.slice(2);
const calls = { start: 0, end: 0 };
let stage = "";

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

const changing = ["open", "rename", "rm", "writeFile", "appendFile"];
for (const name of changing) counted(fs.promises, name);
const probe = await fs.promises.open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();
for (const name of ["writev", "write", "writeFile", "appendFile", "truncate", "sync", "datasync"])
  counted(handle, name);
syncBuiltinESMExports();

const { inferFile } = await import("../../../dist/infer/node/batch.js");
const { loadModelFolder } = await import("../../../dist/infer/node/load-model.js");
const model = await loadModelFolder(dir, { device: "cpu", threads: 1 });
stage = "start";
const onProgress = ({ phase, done, total }) => {
  if (phase !== "infer") return;
  fs.writeSync(1, `done ${done}\n`);
  if (done === total) stage = "end";
};
await inferFile({ model, inputs: [input], output, blockRows: 8, syncMs: 0, onProgress });
stage = "";
fs.writeSync(1, `calls ${calls.start} ${calls.end}\n`);
await model[Symbol.asyncDispose]();
