import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import type { TestContext } from "vitest";

const executablePath = process.env["LANDFALL_CHROMIUM"] ?? "/usr/bin/chromium";

/** Chromium with a software adapter for WebGPU; undefined where there is none. */
export async function openChromium(): Promise<Browser | undefined> {
  if (!existsSync(executablePath)) return undefined;
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-unsafe-webgpu",
    ],
  });
}

/** The browser, or a skip with the reason. */
export function needChromium(browser: Browser | undefined, { skip }: TestContext): Browser {
  return browser ?? skip(`no Chromium at ${executablePath}: apt-get install chromium`);
}
