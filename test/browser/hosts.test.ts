/**
 * What is exported runs in Chromium, on WebAssembly and on WebGPU (software Vulkan). Oracles: tfjs for random nets, for
 * variants onnxruntime-node on the same file. In Node: test/export/hosts.test.ts.
 */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { publishVersion } from "../../registry/publish.ts";
import {
  askedPrecisions,
  hostDifference,
  makeVariantModel,
  toleranceOn,
  type VariantModel,
  webAuto,
} from "../export/support/variant-model.ts";
import { toleranceOf } from "../export/zoo/compare.ts";
import { differenceOn, exportSpecimen } from "../export/zoo/exported.ts";
import { hostSample } from "../export/zoo/host-sample.ts";
import { fileFolder } from "../serve/support/repository.ts";
import { needChromium, openChromium } from "./chromium.ts";
import { HostsPage } from "./hosts-page/open-hosts-page.ts";
import type { WebHost } from "./hosts-page/protocol.ts";

let browser: Browser | undefined;
let page: HostsPage | undefined;
let model: VariantModel;
let whyNoGpu: string | undefined;

beforeAll(async () => {
  browser = await openChromium();
  if (browser === undefined) return;
  const folder = await fileFolder();
  const models = join(folder, "models");
  model = await makeVariantModel(folder);
  await publishVersion({ from: model.dir, models, name: "variants", who: "test" });
  page = await HostsPage.open(browser, { folder, models });
  whyNoGpu = await page.whyNoGpu();
});
afterAll(async () => {
  await page?.[Symbol.asyncDispose]();
  await browser?.close();
});

/** The page, or a skip with the reason. */
function needHost(host: WebHost, context: TestContext): HostsPage {
  needChromium(browser, context);
  if (host === "webgpu" && whyNoGpu !== undefined) context.skip(`WebGPU: ${whyNoGpu}`);
  if (page === undefined) throw new Error("the page was not opened");
  return page;
}

/** Nets that a host cannot run, by the operator it refuses. */
const refused: Readonly<Record<WebHost, ReadonlyMap<number, RegExp>>> = {
  wasm: new Map(),
  webgpu: new Map([[13, /WebGPU cannot compute an operator of the model, ConvTranspose .*Only Conv2d or Conv1d/]]),
};

describe.each(["wasm", "webgpu"] as const)("in Chromium on %s", (host) => {
  it.for(hostSample)("random architecture %i answers as tfjs does, or its operator is named", async (seed, context) => {
    const opened = needHost(host, context);
    const exported = await exportSpecimen(seed);
    await using session = await opened.session(exported.bytes, host);
    const outcome = await differenceOn(session, exported).then(
      (difference) => (difference < toleranceOf(exported.made) ? "agrees" : `differs by ${difference}`),
      String,
    );
    expect(outcome).toMatch(refused[host].get(seed) ?? /^agrees$/);
  });

  it.for(askedPrecisions)(
    "the precision %s passes its golden results and agrees with onnxruntime-node",
    async (precision, context) => {
      const opened = needHost(host, context);
      const choice = { precision, provider: host } as const;
      const inferred = await opened.infer({
        path: "models/variants/1/",
        device: host,
        precision,
        genes: model.genes,
        values: [...model.profiles],
      });
      if (!inferred.ok) throw new Error(inferred.message);
      expect(inferred).toMatchObject({ provider: host, precision: precision === "auto" ? webAuto[host] : precision });
      const difference = hostDifference(inferred, await model.reference(choice));
      expect(difference).toBeLessThanOrEqual(toleranceOn(model.manifest, choice));
    },
  );
});
