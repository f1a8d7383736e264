import type { ByteBudget } from "./byte-budget.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Inference } from "./inference.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";

/** Where a server tells its operator what happens: pino's interface, as far as it is used. */
export interface ServeLog {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What the routes are made of. */
export interface ServeContext {
  readonly catalogue: Catalogue;
  readonly inference: Inference;
  readonly limits: Limits;
  /** Bodies in memory. */
  readonly bodies: ByteBudget;
  readonly metrics: Metrics;
  readonly log: ServeLog;
  /** False from the moment that the server shuts down: readiness says so first. */
  readonly isReady: () => boolean;
  /** Folder of the built page; nothing is served at `/` without one. */
  readonly pageDir?: string;
  /** Text of the table of human genes; without it the page knows no names but a model's own. */
  readonly geneTable?: string;
}
