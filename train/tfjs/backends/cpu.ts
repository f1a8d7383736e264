import "@tensorflow/tfjs-backend-cpu";
import type { Backend } from "./backend.ts";

/** tfjs' backend in JavaScript: it needs nothing, and is the slowest by far. */
export function cpu(): Promise<Backend> {
  return Promise.resolve({ name: "cpu", registered: "cpu", device: "cpu", close: () => undefined });
}
