/**
 * The page as its user sees it.
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Browser, Locator, Page } from "playwright-core";

/** What Chromium says of a machine without WebGPU when it is asked for; the page says it too, in its own words. */
const noAdapter = "No available adapters.";

/** A page of its own, with everything that went wrong in it. */
export class LandfallPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, requests that failed. */
  readonly faults: string[] = [];
  /** Every address asked for, with its method. */
  readonly requests: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    // Playwright's half minute is short for WebAssembly on a busy machine.
    page.setDefaultTimeout(100_000);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && message.text() !== noAdapter)
        this.faults.push(message.text());
    });
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("requestfailed", (request) => this.faults.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("request", (request) => this.requests.push(`${request.method()} ${request.url()}`));
  }

  /** Opens the page and waits for its first model. */
  static async open(browser: Browser, url: string): Promise<LandfallPage> {
    const opened = new LandfallPage(await browser.newPage({ acceptDownloads: true }));
    await opened.page.goto(url);
    await opened.modelFacts.waitFor();
    return opened;
  }

  get modelFacts(): Locator {
    return this.page.locator("#model dl");
  }

  get report(): Locator {
    return this.page.locator("#report");
  }

  get result(): Locator {
    return this.page.locator("#inferred");
  }

  /** Chooses where to run; the reason where it cannot be chosen. */
  async runOn(device: "wasm" | "webgpu"): Promise<string | undefined> {
    const choice = this.page.getByLabel("Run on");
    const option = choice.locator(`option[value=${device}]`);
    if (await option.isDisabled()) return (await option.textContent()) ?? "disabled";
    await choice.selectOption(device);
    await this.modelFacts.getByText(device === "webgpu" ? "WebGPU" : "WebAssembly", { exact: false }).waitFor();
    return undefined;
  }

  /** Chooses a file by its path and waits for what is said of it. */
  async chooseFile(path: string): Promise<void> {
    await this.page.setInputFiles("#file", path);
    await this.page.locator("#report form, #report .alert").first().waitFor();
  }

  async infer(): Promise<void> {
    await this.page.getByRole("button", { name: "Infer all genes" }).click();
    await this.result.locator("table").waitFor();
  }

  /** Clicks a download button and returns the file's name and bytes. */
  async download(
    button: RegExp,
  ): Promise<{ readonly name: string; readonly path: string; readonly bytes: Uint8Array }> {
    const started = this.page.waitForEvent("download");
    await this.page.getByRole("button", { name: button }).click();
    const download = await started;
    const path = await download.path();
    return { name: download.suggestedFilename(), path, bytes: await readFile(path) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}
