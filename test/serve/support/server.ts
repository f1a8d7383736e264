import { type App, makeApp } from "../../../serve/app.ts";
import { ByteBudget } from "../../../serve/byte-budget.ts";
import { Catalogue } from "../../../serve/catalogue.ts";
import { Inference } from "../../../serve/inference.ts";
import { defaultLimits, type Limits } from "../../../serve/limits.ts";
import { Metrics } from "../../../serve/metrics.ts";
import { openModel } from "../../../serve/open-model.ts";
import type { ServedModel } from "../../../serve/served-model.ts";

/** An app without a port, with models in this thread. */
export interface TestServer {
  readonly app: App;
  /** What the server logged as an error. */
  readonly errors: unknown[];
  readonly state: { ready: boolean };
}

/** Makes an app over a repository. */
export function testServer(
  models: string,
  {
    limits = {},
    open = (dir) => openModel(dir, { device: "cpu", threads: 1 }),
    pageDir,
    geneTable,
  }: {
    readonly limits?: Partial<Limits>;
    readonly open?: (dir: string) => Promise<ServedModel>;
    readonly pageDir?: string;
    readonly geneTable?: string;
  } = {},
): TestServer {
  const all = { ...defaultLimits, ...limits };
  const metrics = new Metrics();
  const errors: unknown[] = [];
  const state = { ready: true };
  const app = makeApp({
    catalogue: new Catalogue(models),
    inference: new Inference({ open, limits: all, metrics }),
    limits: all,
    bodies: new ByteBudget(all.maxBodiesBytes),
    metrics,
    log: { info: () => undefined, error: (facts) => errors.push(facts) },
    isReady: () => state.ready,
    ...(pageDir !== undefined && { pageDir }),
    ...(geneTable !== undefined && { geneTable }),
  });
  return { app, errors, state };
}
