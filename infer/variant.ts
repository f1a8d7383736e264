/**
 * Which file of a model runs: the float32 graph, or one of its variants in fewer bits.
 * @module
 */
import type { Provider } from "../runtime/session.ts";
import { AppError, type ExpressionManifest, type ModelVariant, Precision } from "../schemas/index.ts";

/** What a user asks for; `auto` takes the fastest of the model's precisions for the provider. */
export type PrecisionChoice = Precision | "auto";

/** The choices, for command lines. */
export const precisionChoices: readonly PrecisionChoice[] = [...Precision.options, "auto"];

/** A graph to load, and the manifest whose golden vectors are this graph's. */
export interface ChosenGraph {
  readonly precision: Precision;
  /** Path inside the version folder. */
  readonly path: string;
  readonly manifest: ExpressionManifest;
}

/**
 * What `auto` takes, the first that the model has. Integer products are 2.5 to 3.4 times as fast on the CPU and in
 * WebAssembly; on a GPU the float32 graph is as fast as any, and in a browser fp16 is half the download of it.
 */
const fastest: Readonly<Record<Provider, readonly Precision[]>> = {
  cpu: ["int8", "fp32"],
  wasm: ["int8", "fp32"],
  webgpu: ["fp16", "fp32"],
  cuda: ["fp32"],
  dml: ["fp32"],
  coreml: ["fp32"],
};

/** True where the choice cannot be made without knowing the provider. */
export function dependsOnProvider(precision: PrecisionChoice): boolean {
  return precision === "auto" || precision === "int4";
}

/** The file of a precision for a provider: the one that names it, else the one that names none. */
function variantFor(
  { variants = [] }: ExpressionManifest,
  precision: Precision,
  provider: Provider,
): ModelVariant | undefined {
  const files = variants.filter((variant) => variant.precision === precision);
  return (
    files.find(({ providers }) => providers?.includes(provider)) ??
    files.find(({ providers }) => providers === undefined)
  );
}

/**
 * Chooses the graph of a precision for a provider.
 * @throws AppError `usage` when the model has no such variant.
 */
export function chooseGraph(
  manifest: ExpressionManifest,
  { precision, provider }: { readonly precision: PrecisionChoice; readonly provider: Provider },
): ChosenGraph {
  const has = (one: Precision): boolean => one === "fp32" || variantFor(manifest, one, provider) !== undefined;
  const chosen = precision === "auto" ? (fastest[provider].find(has) ?? "fp32") : precision;
  if (chosen === "fp32") return { precision: chosen, path: "model.onnx", manifest };
  const variant = variantFor(manifest, chosen, provider);
  if (variant === undefined)
    throw new AppError("usage", {
      what: `the model has no ${chosen} variant for the provider ${provider}`,
      expected: Precision.options.filter(has).join(", "),
      got: chosen,
      advice: `Export it with --precision ${chosen}, or choose --precision auto`,
    });
  return { precision: chosen, path: variant.path, manifest: withGolden(manifest, variant) };
}

/** Golden rows are the model's, results the variant's. */
function withGolden(manifest: ExpressionManifest, { golden }: ModelVariant): ExpressionManifest {
  return { ...manifest, golden: { ...manifest.golden, ...golden } };
}
