import { createRequire } from "node:module";

/** What Node 23 removed from `util` and tfjs-node 4.22, its last release, still calls (tfjs issue 8609). */
const removed = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
};

/** Puts back into Node's `util` what tfjs-node needs and is missing, in this thread; what is there stays. */
export function restoreUtil(): void {
  // The CommonJS object itself: tfjs-node reads its members at every call.
  const util: Record<string, unknown> = createRequire(import.meta.url)("node:util");
  for (const [name, implementation] of Object.entries(removed)) util[name] ??= implementation;
}
