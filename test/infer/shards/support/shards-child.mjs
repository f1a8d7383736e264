// Computes the missing shards of a run and merges them, in a process of its own, from dist/. Given N, it kills itself
// (SIGKILL) before its N-th call to the file system. Prints the number of its calls; exit status 75: to be tried again.
// usage: shards-child.mjs RUN [N]
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [folder, killAt = "0"] = process.argv.slice(2);
let calls = 0;
let isAtWork = false;

/** Every call may be the last one: what came before has taken effect, this one has not. */
function counted(target, name) {
  const original = target[name];
  target[name] = function (...args) {
    if (isAtWork) {
      calls += 1;
      if (calls === Number(killAt)) process.kill(process.pid, "SIGKILL");
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

const { runShards } = await import("../../../../dist/infer/node/shards/run-shards.js");
const { mergeShards } = await import("../../../../dist/infer/node/shards/merge-shards.js");
isAtWork = true;
try {
  await runShards({ folder, threads: 1, environment: process.env });
  await mergeShards({ folder });
} catch (error) {
  if (error.exitCode !== 75) throw error;
  process.exitCode = 75;
}
isAtWork = false;
fs.writeSync(1, `calls ${calls}\n`);
