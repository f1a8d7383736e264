import "../disposal.ts";
import { config } from "zod";
import { isAppError } from "../../schemas/index.ts";
import type { WebInput, WebModel } from "../index.ts";
import { alert } from "./alert.ts";
import { inputChooser } from "./choose-input.ts";
import { element } from "./element.ts";
import { inputReport, type RunChoices } from "./input-report.ts";
import { modelPanel } from "./model-panel.ts";
import { progressBar } from "./progress-bar.ts";
import { resultView } from "./result-view.ts";

// zod compiles its checks by `new Function`, which the page's security policy forbids and reports.
config({ jitless: true });

const panel = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
};

/** The page's parts from the input on, which begin anew when the model changes. */
class Flow {
  readonly #chooser = inputChooser({ onFile: (file) => void this.#take(file), onExample: () => void this.#example() });
  readonly #report = element("div", { id: "report" });
  readonly #result = element("div", { id: "inferred" });
  #model: WebModel | undefined;
  #input: WebInput | undefined;
  #running: AbortController | undefined;

  constructor() {
    panel("input").append(this.#chooser.root, this.#report);
    panel("result").append(this.#result);
    this.#clearResult();
  }

  /** Looks at the input again where there is one: another model finds other things in it. */
  setModel(model: WebModel | undefined): void {
    this.#running?.abort();
    // What ends now is nobody's any more.
    this.#running = undefined;
    this.#model = model;
    this.#clearResult();
    this.#report.replaceChildren();
    this.#chooser.root.inert = model === undefined;
    if (model !== undefined && this.#input !== undefined) void this.#inspect({});
  }

  async #take(input: WebInput): Promise<void> {
    this.#input = input;
    if (input instanceof File) this.#chooser.show(input.name, input.size);
    else this.#chooser.show(`${input.label ?? "profiles"}: made up from the model's own statistics, not measured`);
    await this.#inspect({});
  }

  async #example(): Promise<void> {
    const example = await this.#model?.example();
    if (example !== undefined) await this.#take(example);
  }

  async #inspect(choices: RunChoices): Promise<void> {
    const [model, input] = [this.#model, this.#input];
    if (model === undefined || input === undefined) return;
    this.#clearResult();
    await this.#job(this.#report, "Looking at the profiles", async (options) => {
      const { duplicates = "error", maxMissing = 0.1 } = choices;
      const report = await model.inspect(input, { ...options, duplicates, maxMissing });
      const { manifest } = model;
      return inputReport(report, {
        manifest,
        choices,
        onInspect: (changed) => void this.#inspect(changed),
        onRun: (chosen) => void this.#run(chosen),
      });
    });
  }

  async #run(choices: RunChoices): Promise<void> {
    const [model, input] = [this.#model, this.#input];
    if (model === undefined || input === undefined) return;
    panel("result").classList.remove("waiting");
    panel("result").scrollIntoView({ block: "nearest" });
    await this.#job(this.#result, "Inferring", async (options) => {
      const prediction = await model.predict(input, { ...choices, ...options });
      const label = input instanceof File ? input.name : (input.label ?? "profiles");
      return resultView({ prediction, manifest: model.manifest, label, inZ: choices.scale === "z" });
    });
  }

  /** Runs one job at a time; its bar, then its result or its error stand in `place`. */
  async #job(
    place: HTMLElement,
    title: string,
    work: (options: Pick<Parameters<WebModel["inspect"]>[1] & object, "signal" | "onProgress">) => Promise<HTMLElement>,
  ): Promise<void> {
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    const bar = progressBar(title, () => controller.abort());
    place.replaceChildren(bar.root);
    try {
      const made = await work({ signal: controller.signal, onProgress: bar.show });
      if (this.#running === controller) place.replaceChildren(made);
    } catch (error) {
      if (this.#running !== controller) return;
      if (isAppError(error, "cancelled")) place.replaceChildren(element("p", { class: "hint" }, "Cancelled."));
      else place.replaceChildren(alert(error));
    }
  }

  #clearResult(): void {
    panel("result").classList.add("waiting");
    this.#result.replaceChildren(
      element("p", { class: "hint" }, "Measured landmarks and inferred genes of every profile will stand here."),
    );
  }
}

const flow = new Flow();
flow.setModel(undefined);
void modelPanel(panel("model"), (model) => flow.setModel(model));
