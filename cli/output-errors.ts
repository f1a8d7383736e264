/** The exit status of sysexits for an error in output. */
const outputFailed = 74;

/**
 * Listens for errors of the streams that a command prints to; without a listener they end the process with a stack trace.
 * A reader that has gone away (`landfall … | head`) is none: the command goes on to its end, and nobody reads on. Any
 * other, such as a full disk, is told, and ends in status 74.
 */
export function handleOutputErrors({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">): void {
  let told = false;
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") return;
    process.exitCode = outputFailed;
    if (!told) stderr.write(`landfall: standard output cannot be written (${message})\n`);
    told = true;
  });
  // Where even this cannot be told, the status alone says how it went.
  stderr.on("error", () => undefined);
}
