import type { Progress } from "../../schemas/index.ts";
import { element } from "./element.ts";
import { bytes, count } from "./format.ts";

/** A bar with its words, and a button that ends the work. */
export interface ProgressBar {
  readonly root: HTMLElement;
  readonly show: (progress: Progress) => void;
}

const phases: Readonly<Record<string, string>> = {
  load: "Loading the model",
  survey: "Looking at the profiles",
  infer: "Inferring",
  write: "Writing",
};

/** A bar for one job, hidden by being removed. */
export function progressBar(title: string, onCancel: () => void): ProgressBar {
  const bar = element("progress", { "aria-label": title });
  const words = element("p", { role: "status" }, title);
  const cancel = element("button", { type: "button", onclick: onCancel }, "Cancel");
  let phase = "";
  let startedMs = 0;
  let shownMs = 0;
  return {
    root: element("div", { class: "progress" }, bar, cancel, words),
    show(progress) {
      const now = performance.now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        startedMs = now;
      } else if (now - shownMs < 100 && progress.done < progress.total) return;
      shownMs = now;
      bar.max = progress.total;
      bar.value = progress.done;
      words.textContent = describe(progress, (now - startedMs) / 1000);
    },
  };
}

function describe({ phase, done, total, unit }: Progress, elapsed: number): string {
  const title = phases[phase] ?? phase;
  if (unit === "bytes") return `${title}: ${bytes(done)} of ${bytes(total)}`;
  const rate = elapsed > 0.3 ? ` · ${count(done / elapsed)} ${unit}/s` : "";
  return `${title}: ${count(done)} of ${count(total)} ${unit}${rate}`;
}
