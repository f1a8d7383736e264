/** The page without a face, built and served by Landfall's own server, with its models. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import type { SessionHost, TensorMap } from "../../../runtime/session.ts";
import { type Listening, listen } from "../../../serve/listen.ts";
import type { HostsWindow, Inferred, PlainTensors, WebHost } from "./protocol.ts";

/** Where the built page goes, and the models that are served beside it. */
export interface HostsFolders {
  readonly folder: string;
  readonly models: string;
}

/** A page whose sessions are used from Node. */
export class HostsPage implements AsyncDisposable {
  readonly #page: Page;
  readonly #server: Listening;

  private constructor(page: Page, server: Listening) {
    this.#page = page;
    this.#server = server;
  }

  /** Builds and serves the page; the caller disposes of it. */
  static async open(browser: Browser, { folder, models }: HostsFolders): Promise<HostsPage> {
    const pageDir = join(folder, "hosts-page");
    await build({
      configFile: "vite.config.ts",
      root: fileURLToPath(new URL(".", import.meta.url)),
      logLevel: "warn",
      build: { outDir: pageDir },
    });
    const server = await listen({ models, pageDir, log: { info: () => undefined, error: console.error }, port: 0 });
    const page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    await page.goto(server.url);
    await page.waitForFunction("globalThis.hosts !== undefined");
    return new HostsPage(page, server);
  }

  get url(): string {
    return this.#server.url;
  }

  /** Why there is no WebGPU; undefined where there is. */
  whyNoGpu(): Promise<string | undefined> {
    return this.#page.evaluate(() => (globalThis as unknown as HostsWindow).hosts.whyNoGpu());
  }

  /** A graph in the page, as a session here; its tensors are float32. */
  async session(bytes: Uint8Array, provider: WebHost): Promise<SessionHost> {
    const graph = { base64: Buffer.from(bytes).toString("base64"), provider };
    const { id, ...borders } = await this.#page.evaluate(
      (asked) => (globalThis as unknown as HostsWindow).hosts.open(asked),
      graph,
    );
    return {
      provider,
      tried: [{ provider, ok: true }],
      ...borders,
      run: async (feeds) => {
        const job = { id, feeds: plainTensors(feeds) };
        const outputs = await this.#page.evaluate(
          (asked) => (globalThis as unknown as HostsWindow).hosts.run(asked),
          job,
        );
        return hostTensors(outputs);
      },
      [Symbol.asyncDispose]: () =>
        this.#page.evaluate((closed) => (globalThis as unknown as HostsWindow).hosts.close(closed), id),
    };
  }

  /** Loads the published model at a path of the server in the page's worker, and infers profiles. */
  infer({
    path,
    ...job
  }: { readonly path: string } & Omit<Parameters<HostsWindow["hosts"]["infer"]>[0], "url">): Promise<Inferred> {
    const asked = { ...job, url: new URL(path, this.url).href };
    return this.#page.evaluate((given) => (globalThis as unknown as HostsWindow).hosts.infer(given), asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#page.close();
    await this.#server.close();
  }
}

const plainTensors = (tensors: TensorMap): PlainTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, data }]) => [name, { dims, values: Array.from(data, Number) }]),
  );

const hostTensors = (tensors: PlainTensors): TensorMap =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, values }]) => [
      name,
      { type: "float32", dims, data: Float32Array.from(values) },
    ]),
  );
