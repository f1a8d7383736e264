/**
 * The one file that opens a port.
 * @module
 */
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { readGeneTable } from "../data/node/gene-reference.ts";
import type { PrecisionChoice } from "../infer/variant.ts";
import type { Device } from "../runtime/session.ts";
import { AppError } from "../schemas/index.ts";
import { makeApp } from "./app.ts";
import { ByteBudget } from "./byte-budget.ts";
import { Catalogue } from "./catalogue.ts";
import type { ServeContext, ServeLog } from "./context.ts";
import { Inference } from "./inference.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { openThreadedModel } from "./threaded-model.ts";

/** What a server serves, where, and within which limits. */
export interface ListenOptions {
  /** The model repository. */
  readonly models: string;
  readonly log: ServeLog;
  readonly host?: string;
  /** 0: any free port. */
  readonly port?: number;
  readonly device?: Device;
  /** Which of each model's graphs; float32 by default. */
  readonly precision?: PrecisionChoice;
  /** Threads of a model's operators; the machine's cores by default. */
  readonly threads?: number;
  /** Path of a file in the layout of `hgnc_complete_set.txt`, whose gene names take the place of the shipped ones. */
  readonly hgnc?: string | undefined;
  readonly limits?: Partial<Limits>;
  /** Folder of the built page; that of this package by default. */
  readonly pageDir?: string;
}

/** How a server ends. */
export interface CloseOptions {
  /** How long readiness says no before the port closes, so that load balancers look elsewhere; 0 by default. */
  readonly noticeMs?: number;
  /** How long requests in flight may take; then their connections are cut. 10 s by default. */
  readonly graceMs?: number;
}

/** A server that listens. */
export interface Listening {
  readonly url: string;
  /** Drains: readiness goes first, then the port, then requests in flight end, then the models are closed. */
  close(options?: CloseOptions): Promise<void>;
}

/** Where Vite's output lies, once it is built. */
function builtPage(): string {
  return fileURLToPath(new URL(".", import.meta.resolve("#page/index.html")));
}

/** How long a request may take to arrive, and how long a socket may be silent: a model may run for its deadline. */
const receiveMs = 300_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens the port. @throws AppError `unavailable` when it is taken or may not be opened. */
function openPort(
  app: ReturnType<typeof makeApp>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly server: Server; readonly url: string }> {
  return new Promise((resolve, reject) => {
    const serverOptions = { requestTimeout: receiveMs, headersTimeout: 30_000, keepAliveTimeout: 65_000 };
    const server = serve({ fetch: app.fetch, hostname: host, port, serverOptions }, (info) => {
      const shown = info.family === "IPv6" ? `[${info.address}]` : info.address;
      resolve({ server: server as Server, url: `http://${shown}:${info.port}` });
    });
    (server as Server).setTimeout(receiveMs);
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const what = cause.code === "EADDRINUSE" ? "the port is taken" : "the port cannot be opened";
      reject(
        new AppError(
          "unavailable",
          { what, where: `${host}:${port}`, got: cause.message, advice: "Choose another one with --port" },
          { cause },
        ),
      );
    });
  });
}

/**
 * Starts a server. Models are loaded when they are asked for, each in a thread of its own.
 * @throws AppError `unavailable` for a port, `no-input` and `bad-data` for gene names that are none
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { models, log, host = "127.0.0.1", port = 8080, device = "auto", pageDir = builtPage() } = options;
  const { precision = "fp32", threads, hgnc } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  let ready = true;
  const metrics = new Metrics();
  const inference = new Inference({
    limits,
    metrics,
    open: (dir) => openThreadedModel(dir, { device, precision, hgnc, ...(threads !== undefined && { threads }) }),
    onLoaded: ({ name, version }, facts, seconds) =>
      log.info({ model: name, version, provider: facts.provider, precision: facts.precision, seconds }, "model loaded"),
  });
  const context: ServeContext = {
    catalogue: new Catalogue(models),
    inference,
    limits,
    bodies: new ByteBudget(limits.maxBodiesBytes),
    metrics,
    log,
    isReady: () => ready,
    pageDir,
    geneTable: await readGeneTable({ hgnc }),
  };
  const { server, url } = await openPort(makeApp(context), { host, port });
  const close = async ({ noticeMs = 0, graceMs = 10_000 }: CloseOptions = {}): Promise<void> => {
    ready = false;
    await pause(noticeMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(cut);
    await inference[Symbol.asyncDispose]();
  };
  return { url, close };
}
