/**
 * Contracts of everything that crosses a process, file or network border. Types are inferred from the schemas.
 * @module
 */
export * from "./dataset.ts";
export * from "./errors.ts";
export * from "./evaluation.ts";
export * from "./genes.ts";
export * from "./http.ts";
export * from "./inference.ts";
export * from "./inference-summary.ts";
export * from "./manifest.ts";
export * from "./optimisation.ts";
export * from "./progress.ts";
export * from "./recipe.ts";
export * from "./registry.ts";
export * from "./run.ts";
export * from "./scale.ts";
export * from "./search.ts";
export * from "./shards.ts";
export * from "./version.ts";
