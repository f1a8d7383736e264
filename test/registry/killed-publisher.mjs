/**
 * A process that publishes and kills itself before its nth call of the file system: `node killed-publisher.mjs
 * '<options of publishVersion as JSON>' <n>`. Prints the number of calls when it lives to the end.
 */
import fs from "node:fs";
import fsp from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const [options, last] = [JSON.parse(process.argv[2]), Number(process.argv[3])];
let calls = 0;

function count() {
  calls++;
  if (calls === last) process.kill(process.pid, "SIGKILL");
}

/** Counts calls of the functions of an object, and of the methods of the handles they open. */
function watch(object, names) {
  for (const name of names) {
    const original = object[name];
    object[name] = function counted(...args) {
      count();
      return original.apply(this, args);
    };
  }
}

const { publishVersion } = await import("../../dist/registry/publish.js");
const handle = await fsp.open(process.execPath, "r");
watch(Object.getPrototypeOf(handle), ["write", "writeFile", "sync", "read", "stat"]);
await handle.close();
const names = ["copyFile", "mkdir", "open", "readdir", "readFile", "rename", "rm", "stat", "writeFile"];
watch(fsp, names);
watch(fs, ["createReadStream"]);
syncBuiltinESMExports();
await publishVersion(options);
process.stdout.write(String(calls));
