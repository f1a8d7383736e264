import { Option } from "commander";
import { type PrecisionChoice, precisionChoices } from "../../infer/variant.ts";
import type { Device } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { RegisterCommand } from "../context.ts";
import { deviceOption } from "../device-option.ts";
import { wholeNumber } from "../numbers.ts";

interface Flags {
  readonly models: string;
  readonly host: string;
  readonly port: number;
  readonly device: Device;
  readonly precision: PrecisionChoice;
  readonly threads?: number;
  readonly hgnc?: string;
  readonly maxBody?: number;
  readonly maxRows?: number;
  readonly maxModels?: number;
  readonly grace: number;
}

const units: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `64M`, `64MiB` or `67108864` in bytes. @throws AppError `usage`. */
export function parseBytes(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)\s*([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (units[unit.toLowerCase()] ?? Number.NaN));
  // One Buffer holds no more than 4 GiB in Node 20; a limit near that is none.
  if (bytes >= 1 && bytes <= 2 ** 31) return bytes;
  throw new AppError("usage", {
    what: "not a size",
    expected: "bytes, or a number with K, M or G, up to 2G",
    got: text,
  });
}

/** `landfall serve`: the HTTP server, until Ctrl-C or SIGTERM. */
export const serveCommand: RegisterCommand = (program, { signal, print }) => {
  program
    .command("serve")
    .description("Serve the models of a repository over HTTP: Open Inference Protocol, JSON with gene names, the page.")
    .option("--models <dir>", "model repository", "models")
    .option("--host <address>", "address to listen on; 0.0.0.0 for all", "127.0.0.1")
    .option("--port <number>", "port; 0 for any free one", wholeNumber(0, 65_535), 8080)
    .addOption(deviceOption())
    .addOption(
      new Option("--precision <bits>", "which of each model's graphs: auto takes the fastest for the device")
        .choices(precisionChoices)
        .default("fp32"),
    )
    .option("--threads <number>", "threads of a model (default: all cores)", wholeNumber(1))
    .option("--hgnc <file>", "newer gene names than the shipped ones: an hgnc_complete_set.txt")
    .option("--max-body <size>", "largest body of a request (default: 64M)", parseBytes)
    .option("--max-rows <number>", "most profiles of a request (default: 1024)", wholeNumber(1))
    .option("--max-models <number>", "most models in memory (default: 4)", wholeNumber(1))
    .option("--grace <seconds>", "how long requests in flight may take at the end", wholeNumber(0), 10)
    .action(async ({ models, host, port, device, precision, threads, hgnc, grace, ...most }: Flags) => {
      const [{ listen }, { pino }] = await Promise.all([import("../../serve/listen.ts"), import("pino")]);
      const log = pino({ base: null }, pino.destination({ fd: 2, sync: true }));
      const { maxBody, maxRows, maxModels } = most;
      const limits = {
        ...(maxBody !== undefined && { maxBodyBytes: maxBody }),
        ...(maxRows !== undefined && { maxRows }),
        ...(maxModels !== undefined && { maxModels }),
      };
      const server = await listen({
        models,
        host,
        port,
        device,
        precision,
        hgnc,
        log,
        limits,
        ...(threads !== undefined && { threads }),
      });
      print(server.url);
      log.info({ url: server.url, models }, "listening");
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      log.info({ graceSeconds: grace }, "draining");
      await server.close({ noticeMs: Math.min(500, 1000 * grace), graceMs: 1000 * grace });
      log.info({}, "stopped");
    });
};
