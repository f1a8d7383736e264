// Writes the tables of tolerances into docs/numerics.md, between its markers, from the constants of the code.
// `--check` fails when they are stale. Reads the sources: `node scripts/numerics-table.mjs`.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const page = new URL("../docs/numerics.md", import.meta.url);
const markers = ["<!-- tolerances:start -->", "<!-- tolerances:end -->"];

/** The constants of a source file. */
async function constantsOf(path) {
  const { module } = await runnerImport(fileURLToPath(new URL(`../${path}`, import.meta.url)), { configFile: false });
  return module;
}

const { goldenTolerance, nativeRounding, parityTolerance } = await constantsOf("export/verify/tolerances.ts");
const { cellLimit, maeLimit, variantGoldenTolerance } = await constantsOf("export/precision/limits.ts");
const { zooTolerances } = await constantsOf("test/export/zoo/tolerances.ts");

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** 0.001 → `1e-3`, powers of ten and round multiples of them. */
const short = (value) => value.toExponential().replace("e+0", "");
const percent = (share) => `${100 * share} %`;
const providers = Object.keys(goldenTolerance);
const byProvider = (name, tolerances) => [name, ...providers.map((provider) => short(tolerances[provider]))];
const ulps = nativeRounding * 2 ** 24;

const text = `${markers[0]}
Written by \`scripts/numerics-table.mjs\` from the constants, beside each of which stands its reason.

| what is compared | limit | constant |
| --- | --- | --- |
| ONNX against tfjs at export, \\|difference\\|/(1 + \\|value\\|), z units | ${short(parityTolerance)} | \`parityTolerance\`, \`export/verify/tolerances.ts\` |
| rounding of native values deducted before | ${ulps} · 2⁻²⁴ of the magnitudes summed | \`nativeRounding\`, same file |
| an operator of the float64 evaluator against ONNX Runtime | float32 1e-6 · √terms, float64 1e-13, float16 2⁻¹¹, integers exact | \`tolerance\`, \`test/onnx/operators/operators.test.ts\` |

Golden vectors, which every host computes again when it loads a model, |difference|/(1 + |value|) in native units
(\`goldenTolerance\`; \`variantGoldenTolerance\`, \`export/precision/limits.ts\`):

${table(
  ["graph", ...providers],
  [
    byProvider("fp32", goldenTolerance),
    ...Object.entries(variantGoldenTolerance).map(([precision, tolerances]) => byProvider(precision, tolerances)),
  ],
)}

What a variant may cost when it is exported (\`maeLimit\`, \`cellLimit\`, same file):

${table(
  ["variant", "increase of MAE on held-out rows", "\\|variant − fp32\\|/(1 + \\|fp32\\|) of a cell, z units"],
  Object.keys(maeLimit).map((precision) => [precision, percent(maeLimit[precision]), short(cellLimit[precision])]),
)}

Random nets against tfjs, on onnxruntime-node and, in Node and in Chromium, on onnxruntime-web with WebAssembly and WebGPU
(\`zooTolerances\`, \`test/export/zoo/tolerances.ts\`), |difference|/(1 + |value|):

${table(
  ["nets", "limit"],
  Object.entries(zooTolerances).map(([kind, tolerance]) => [kind, short(tolerance)]),
)}
${markers[1]}`;

const old = readFileSync(page, "utf8");
const [start, end] = [old.indexOf(markers[0]), old.indexOf(markers[1])];
if (start < 0 || end < start) throw new Error(`docs/numerics.md has no ${markers.join(" … ")}`);
const fresh = old.slice(0, start) + text + old.slice(end + markers[1].length);
if (process.argv.includes("--check")) {
  if (fresh !== old) {
    console.error("docs/numerics.md is stale: node scripts/numerics-table.mjs");
    process.exit(1);
  }
} else writeFileSync(page, fresh);
