// Writes docs/support.md from the registry of layers: what can be exported, and what tfjs has that cannot.
// `--check` fails when it is stale. Runs on the built dist/: `npm run build && node scripts/support-table.mjs`.

import { readFileSync, writeFileSync } from "node:fs";
import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers";
import { activationNames } from "../dist/export/lower/activations.js";
import { layerClasses } from "../dist/export/lower/registry.js";

const page = new URL("../docs/support.md", import.meta.url);

/** What the file may say that a rule does not take, or takes otherwise than Keras; one line a class. */
const remarks = {
  AveragePooling1D: "channels last",
  AveragePooling3D: "`same` with strides up to the kernel's size",
  BatchNormalization: "any axis but the batch's",
  Conv1D: "`valid`, `same`, `causal`; channels last; no groups",
  Conv2D: "`valid`, `same`; both layouts; strides, dilations; no groups",
  Conv2DTranspose: "no dilation, no output padding, which tfjs has not either",
  Conv3D: "as Conv2D; `same` with strides up to the kernel's size",
  Conv3DTranspose: "as Conv2DTranspose; `same` with strides up to the kernel's size",
  Dense: "tensors of any rank; every activation",
  DepthwiseConv2D: "no dilation, which tfjs leaves out",
  Dot: "vectors and matrices a sample; `normalize`",
  ELU: "alpha 1, the only one that tfjs computes",
  Embedding: "indices as int32 or float32; `mask_zero` where no layer behind heeds a mask",
  GlobalAveragePooling1D: "channels last",
  GlobalMaxPooling1D: "channels last",
  LayerNormalization: "any axes but the batch's",
  Masking: "where no layer behind heeds a mask",
  MaxPooling1D: "channels last",
  MaxPooling3D: "`same` with strides up to the kernel's size",
  PReLU: "shared axes",
  ReLU: "`max_value`; no slope and no threshold, which tfjs has not",
  SeparableConv2D: "channels first without bias only (tfjs adds it along the wrong axis)",
  Softmax: "one axis or several; not behind a mask",
  UpSampling2D: "nearest, bilinear",
};

/** Why tfjs classes that a net may hold have no rule. */
const reasons = [
  [/RNN|LSTM|GRU|Bidirectional|TimeDistributed/, "recurrent: not yet"],
  [/^Random|Resizing|CenterCrop|CategoryEncoding/, "prepares input: do it before the model"],
  [
    /GPT2|Tokenizer|Transformer|MultiHead|Einsum|Position|Preprocessor|Task|Backbone|Packer|PipelineModel/,
    "language models",
  ],
];

/** Models, bases of other classes, and what is no layer. */
const noLayer = /^(Model|Sequential|Functional|LayersModel|SeparableConv|BaseRandomLayer|RandomSeed|.*Cell|.*Cells)$/;
const { layers } = await import("@tensorflow/tfjs-layers");
const isLayer = ([cls]) => cls.prototype instanceof layers.Layer;

function unsupported() {
  const map = core.serialization.SerializationMap.getMap().classNameMap;
  return Object.entries(map)
    .filter(([name, entry]) => isLayer(entry) && !noLayer.test(name) && !layerClasses.includes(name))
    .map(([name]) => [name, reasons.find(([pattern]) => pattern.test(name))?.[1] ?? "no rule"])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const text = `# Layers that can be exported
Written by \`scripts/support-table.mjs\` from the registry (\`export/lower/registry.ts\`); every class is compared with tfjs
in \`test/export/layers.test.ts\` and in random nets (\`test/export/zoo.test.ts\`). Graphs use opset 17 and plain \`ai.onnx\`
operators with explicit pads. What of it can be trained is another question (\`train/ort/\`).

Sequential and functional models, models within models, shared layers, several inputs and outputs; weights in shards,
quantised (uint8, uint16, float16) and gzip-ed; files of tfjs and of \`tensorflowjs_converter\`. A net with a layer or an
option that is not here is refused, with all such layers at once.

${table(
  ["class", "exported"],
  layerClasses.map((name) => [name, remarks[name] ?? "as tfjs"]),
)}

Activations: ${activationNames.map((name) => `\`${name}\``).join(", ")}.

## Layers of tfjs without a rule
${table(["class", "why"], unsupported())}
`;

if (process.argv.includes("--check")) {
  if (readFileSync(page, "utf8") !== text) {
    console.error("docs/support.md is stale: npm run build && node scripts/support-table.mjs");
    process.exit(1);
  }
} else writeFileSync(page, text);
