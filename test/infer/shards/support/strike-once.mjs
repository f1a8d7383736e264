// Preloaded (NODE_OPTIONS=--import) into every process of a scheduler's jobs: strikes at the processes that compute the
// shards named in LANDFALL_TEST_STRIKES (`2:process,5:task,7:stall`), in the middle of writing, the first time each.
//   process  SIGKILL for the process
//   task     SIGKILL for the script around it, then for the process
//   stall    the process hangs until somebody ends it
// LANDFALL_TEST_MARKS is a folder for one file a strike, with the process id and the node in it.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const shard = process.argv[process.argv.indexOf("--index") + 1];
const strikes = (process.env.LANDFALL_TEST_STRIKES ?? "").split(",").map((strike) => strike.split(":"));
const [, kind] = strikes.find(([at]) => at === shard) ?? [];

if (isMainThread && process.argv.includes("shards") && process.argv.includes("--index") && kind !== undefined) {
  const mark = `${process.env.LANDFALL_TEST_MARKS}/${kind}.${shard}`;
  const probe = await fs.promises.open(process.execPath);
  const handle = Object.getPrototypeOf(probe);
  await probe.close();
  const { writev } = handle;
  handle.writev = async function (...args) {
    const written = await writev.apply(this, args);
    try {
      fs.writeFileSync(mark, `${process.pid} ${process.env.SLURMD_NODENAME ?? ""}`, { flag: "wx" });
    } catch {
      return written;
    }
    if (kind === "task") process.kill(process.ppid, "SIGKILL");
    if (kind === "stall") await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    process.kill(process.pid, "SIGKILL");
    return written;
  };
  syncBuiltinESMExports();
}
