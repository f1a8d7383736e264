/**
 * Which model, and where it runs.
 * @module
 */
import { chooseGraph, type PrecisionChoice } from "../../infer/variant.ts";
import { AppError, Precision } from "../../schemas/index.ts";
import { browserFacts, type LoadModelOptions, loadModel, type WebModel } from "../index.ts";
import { alert } from "./alert.ts";
import { element, labelled, select } from "./element.ts";
import { bytes, count } from "./format.ts";
import { progressBar } from "./progress-bar.ts";
import { type ModelChoice, publishedChoices } from "./published.ts";

/** Fills the panel; `onModel` hears of every change, `undefined` while none is loaded. */
export async function modelPanel(panel: HTMLElement, onModel: (model: WebModel | undefined) => void): Promise<void> {
  const gpuFacts = await browserFacts();
  let choices: readonly ModelChoice[];
  try {
    choices = await publishedChoices(new URL("v1/models", document.baseURI).href);
  } catch (error) {
    panel.append(alert(error));
    return;
  }
  if (choices.length === 0) {
    const how = "Publish one on the server: landfall models publish.";
    panel.append(element("p", { class: "hint" }, `No published model infers genes yet. ${how}`));
    return;
  }
  const models = select(
    choices.map((choice, i) => [String(i), choiceText(choice)]),
    "0",
  );
  const { gpu } = gpuFacts;
  const devices = select(
    [
      ["wasm", "CPU (WebAssembly)"],
      ["webgpu", gpu.ok ? `GPU (WebGPU: ${gpu.adapter})` : `GPU: ${gpu.reason}`],
    ],
    "wasm",
  );
  const gpuOption = devices.options[1];
  if (gpuOption !== undefined) gpuOption.disabled = !gpu.ok;
  const body = element("div", {});
  const field = labelled("Published model", models);
  field.classList.add("wide");
  const weights = select(weightChoices, "auto");
  const controls = [field, labelled("Run on", devices), labelled("Weights", weights)];
  panel.append(element("div", { class: "controls" }, ...controls), body);
  const load = loader(body, onModel);
  const loadChosen = (): void => {
    const choice = choices[Number(models.value)];
    if (choice === undefined) return;
    offerWeights(weights, choice);
    const precision = weightChoices.find(([value]) => value === weights.value)?.[0] ?? "auto";
    void load(choice, { device: devices.value === "webgpu" ? "webgpu" : "wasm", precision });
  };
  for (const control of [models, devices, weights]) control.addEventListener("change", loadChosen);
  loadChosen();
}

const weightChoices: readonly (readonly [PrecisionChoice, string])[] = [
  ["auto", "smallest that runs well"],
  ["fp32", "float32"],
  ["fp16", "16 bits"],
  ["int8", "8 bits"],
  ["int4", "4 bits"],
];

/** Offers the precisions that a version has; one that it lacks gives way to `auto`. */
function offerWeights(weights: HTMLSelectElement, { facts: { precisions = ["fp32"] } }: ModelChoice): void {
  for (const option of weights.options) {
    const precision = Precision.safeParse(option.value).data;
    option.disabled = precision !== undefined && !precisions.includes(precision);
    if (option.disabled && option.selected) weights.value = "auto";
  }
}

function choiceText({ name, version, isCurrent, facts }: ModelChoice): string {
  const aliases = facts.aliases.length > 0 ? ` (${facts.aliases.join(", ")})` : isCurrent ? "" : " (earlier)";
  return `${name} · version ${version}${aliases}`;
}

/** Loads one model at a time; a later choice ends an earlier one. */
function loader(body: HTMLElement, onModel: (model: WebModel | undefined) => void) {
  let current: WebModel | undefined;
  let running: AbortController | undefined;
  const load = async (choice: ModelChoice, where: Pick<LoadModelOptions, "device" | "precision">): Promise<void> => {
    running?.abort();
    const controller = new AbortController();
    running = controller;
    const { signal } = controller;
    current?.[Symbol.dispose]();
    current = undefined;
    onModel(undefined);
    const bar = progressBar("Loading the model", () => controller.abort());
    body.replaceChildren(bar.root);
    try {
      const { name, version } = choice;
      const base = new URL("models/", document.baseURI).href;
      const genes = new URL("genes.tsv", document.baseURI).href;
      const model = await loadModel({ base, name, version }, { ...where, genes, signal, onProgress: bar.show });
      if (signal.aborted) {
        model[Symbol.dispose]();
        throw new AppError("cancelled", { what: "loading was cancelled" });
      }
      current = model;
      body.replaceChildren(modelFacts(model, choice));
      onModel(model);
    } catch (error) {
      if (running !== controller) return;
      const again = element("button", { type: "button", onclick: () => void load(choice, where) }, "Load again");
      body.replaceChildren(alert(error), element("div", { class: "actions" }, again));
    }
  };
  return load;
}

function modelFacts({ manifest, provider, precision, threads }: WebModel, { facts }: ModelChoice): HTMLElement {
  const scale = manifest.level === undefined ? manifest.scale : `${manifest.scale}, L1000 level ${manifest.level}`;
  const host = provider === "webgpu" ? "WebGPU" : `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  const weights = weightChoices.find(([value]) => value === precision)?.[1] ?? precision;
  const { path: graph } = chooseGraph(manifest, { precision, provider });
  const graphBytes = manifest.files
    .filter(({ path }) => path === graph || path === `${graph}.data`)
    .reduce((sum, file) => sum + file.bytes, 0);
  const { mae } = facts;
  return element(
    "dl",
    { class: "facts" },
    fact("Landmarks in", count(manifest.landmarks)),
    fact("Genes inferred", count(manifest.targets)),
    fact("Takes values on", scale),
    mae === undefined
      ? undefined
      : fact(
          `Mean error, ${mae.split}`,
          `${mae.model.toFixed(3)} sd`,
          mae.ridge === undefined ? "" : ` ridge ${mae.ridge.toFixed(3)}`,
        ),
    fact("Weights", weights, ` ${bytes(graphBytes)}`),
    fact("Runs on", host),
  );
}

/** A figure with its name. */
export function fact(name: string, value: string, more = ""): HTMLElement {
  return element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", {}, value, more === "" ? undefined : element("small", {}, more)),
  );
}
