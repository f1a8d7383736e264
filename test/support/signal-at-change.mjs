// Preloaded (NODE_OPTIONS=--import) into a process, whose threads it reaches too: sends the process a signal right after
// the n-th change of a file, whatever else the machine does meanwhile. A change is a rename to its path, or a call that
// writes or appends. LANDFALL_TEST_CHANGE is JSON: `{ path, signal, times }`.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { path, signal, times } = JSON.parse(process.env.LANDFALL_TEST_CHANGE);
let changes = 0;

function changed(at) {
  if (at !== path) return;
  changes += 1;
  if (changes === times) process.kill(process.pid, signal);
}

const { open, rename } = fs.promises;
fs.promises.rename = async (from, to) => {
  await rename(from, to);
  changed(to);
};
fs.promises.open = async (at, ...how) => {
  const file = await open(at, ...how);
  for (const name of ["appendFile", "write", "writeFile", "writev"]) {
    const original = file[name];
    file[name] = async (...args) => {
      const result = await original.apply(file, args);
      changed(at);
      return result;
    };
  }
  return file;
};
syncBuiltinESMExports();
