// `landfall serve` in a process of its own, wired to signals as cli/landfall.ts does it. Arguments: those of `serve`.
import { Command } from "commander";
import { serveCommand } from "../../dist/cli/commands/serve.js";

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const program = new Command("landfall").exitOverride();
serveCommand(program, {
  signal: stop.signal,
  onProgress: () => undefined,
  print: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
});
await program.parseAsync(["serve", ...process.argv.slice(2)], { from: "user" });
