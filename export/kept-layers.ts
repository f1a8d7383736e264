import type { ModelVariant } from "../schemas/index.ts";

/** Names told in full; the manifest has all of them. */
const named = 3;

/** Which layers of a variant stay float32, as the end of a sentence; empty when none does. */
export function keptLayers({ layers }: Pick<ModelVariant, "layers">): string {
  const kept = layers.filter(({ precision }) => precision === "fp32").map(({ name }) => name);
  if (kept.length === 0) return "";
  const rest = kept.length > named ? ` and ${kept.length - named} more` : "";
  return `; ${kept.length} of ${layers.length} layers stay float32: ${kept.slice(0, named).join(", ")}${rest}`;
}
