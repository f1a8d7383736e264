/** The program of a thread that hashes a file, run from `dist/` as `#hash-thread`: its path is the thread's data. */
import { parentPort, workerData } from "node:worker_threads";
import { sha256File } from "./hash.ts";

if (parentPort !== null) parentPort.postMessage(await sha256File(String(workerData)));
