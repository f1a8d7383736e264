// Preloaded (`node --import`): says at the end of a process what memory it took, in MB.
import { writeSync } from "node:fs";

process.on("exit", () => {
  // In kilobytes on Linux and macOS alike (Node converts).
  writeSync(1, `${JSON.stringify({ peak: process.resourceUsage().maxRSS / 1024 })}\n`);
});
