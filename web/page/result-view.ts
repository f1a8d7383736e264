/**
 * What was inferred: figures, files to take away, and a table to look around in.
 * @module
 */
import type { ExpressionManifest, Progress } from "../../schemas/index.ts";
import type { WebPrediction } from "../index.ts";
import { alert } from "./alert.ts";
import { element, labelled, select } from "./element.ts";
import { bytes, count, counted, seconds } from "./format.ts";
import { findGenes, type GeneQuery, geneRows } from "./gene-rows.ts";
import { geneTable } from "./gene-table.ts";
import { fact } from "./model-panel.ts";

/** An inference with what is needed to show it. */
export interface ShownResult {
  readonly prediction: WebPrediction;
  readonly manifest: ExpressionManifest;
  /** The input's name. */
  readonly label: string;
  readonly inZ: boolean;
}

/** The whole view. */
export function resultView(result: ShownResult): HTMLElement {
  const { prediction } = result;
  return element(
    "div",
    {},
    summary(prediction),
    ...prediction.warnings.map((warning) => element("p", { class: "verdict misfit" }, warning)),
    downloads(result),
    ...table(result),
  );
}

function summary({ samples, genes, ood, missing, seconds: taken }: WebPrediction): HTMLElement {
  const outside = ood.filter((score) => score > 1).length;
  const measured = (genes.fields.get("pr_is_lmark") as readonly string[] | undefined) ?? [];
  const inferred = genes.ids.length - measured.filter((flag) => flag === "Y").length;
  const imputed = missing.reduce((sum, lacking) => sum + lacking, 0);
  const rate = taken > 0 ? ` ${count(samples.ids.length / taken)} profiles/s` : "";
  return element(
    "dl",
    { class: "facts" },
    fact("Profiles", count(samples.ids.length)),
    fact("Genes", count(genes.ids.length), ` ${count(inferred)} inferred`),
    fact("Unlike the training data", counted(outside, "profile"), outside > 0 ? " OOD above 1" : ""),
    imputed === 0 ? undefined : fact("Landmark values imputed", count(imputed)),
    fact("Time", seconds(taken), rate),
  );
}

function downloads({ prediction, label }: ShownResult): HTMLElement {
  const name = `${label.replace(/\.(gctx?|h5|tsv|csv|txt|tab)?(\.gz)?$/i, "").replaceAll(/[^\w.-]+/g, "-")}.inferred`;
  const gctx = prediction.gctx();
  const status = element("div", { class: "hint", role: "status" });
  const saveGctx = (): void => save(gctx, `${name}.gctx`);
  const tsv = element("button", { type: "button", onclick: () => void saveTsv() }, "Download TSV");
  const saveTsv = async (): Promise<void> => {
    tsv.disabled = true;
    try {
      const onProgress = ({ done, total }: Progress): void => {
        status.textContent = `Writing ${count(done)} of ${counted(total, "profile")}`;
      };
      save(await prediction.tsv({ onProgress }), `${name}.tsv`);
      status.textContent = "";
    } catch (error) {
      status.replaceChildren(alert(error));
    } finally {
      tsv.disabled = false;
    }
  };
  return element(
    "div",
    { class: "actions" },
    element("button", { type: "button", class: "primary", onclick: saveGctx }, `Download GCTX · ${bytes(gctx.size)}`),
    tsv,
    status,
  );
}

/** Hands a file to the browser's own downloads. */
function save(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  // The download holds the blob; its address may go when the click is done with.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

const kinds = [
  ["all", "All genes"],
  ["measured", "Measured"],
  ["inferred", "Inferred"],
] as const;

function table({ prediction, manifest, inZ }: ShownResult): readonly HTMLElement[] {
  // Inferred genes first: they are what is new.
  const rows = geneRows(prediction.genes, manifest, inZ).toSorted(
    (a, b) => Number(a.isMeasured) - Number(b.isMeasured),
  );
  const view = geneTable();
  const search = element("input", { type: "search", placeholder: "TP53", autocomplete: "off", spellcheck: "false" });
  const kind = select(kinds, "all");
  const found = element("span", { role: "status" });
  const show = (): void => {
    const query: GeneQuery = { text: search.value, kind: kinds.find(([value]) => value === kind.value)?.[0] ?? "all" };
    const genes = findGenes(rows, query);
    found.textContent = counted(genes.length, "gene");
    view.setGenes(genes);
  };
  search.addEventListener("input", show);
  kind.addEventListener("change", show);
  show();
  const searchField = labelled("Find a gene by symbol or id", search);
  searchField.classList.add("wide");
  return [
    element("div", { class: "tools" }, searchField, labelled("Show", kind), pager(prediction, view.setProfiles)),
    view.root,
    element(
      "p",
      { class: "legend" },
      found,
      element("span", { class: "scale" }, "below", element("i", {}), "above the training mean (± 3 sd)"),
    ),
  ];
}

/** Profiles side by side: as many as are readable. */
function profilesInSight(): number {
  const { innerWidth } = globalThis;
  if (innerWidth < 560) return 2;
  return innerWidth < 900 ? 4 : 6;
}

/** Turns the pages of profiles; the first one at once. */
function pager(prediction: WebPrediction, onProfiles: ReturnType<typeof geneTable>["setProfiles"]): HTMLElement {
  const { samples, ood, genes } = prediction;
  const total = samples.ids.length;
  const step = profilesInSight();
  const words = element("span", { role: "status" });
  const turn = async (start: number): Promise<void> => {
    const end = Math.min(total, start + step);
    const values = await prediction.rows(start, end);
    const names = samples.ids.slice(start, end);
    onProfiles({ names, ood: Array.from(ood.subarray(start, end)), values, genes: genes.ids.length });
    words.textContent = `Profiles ${count(start + 1)}–${count(end)} of ${count(total)}`;
    earlier.disabled = start === 0;
    later.disabled = end === total;
    first = start;
  };
  let first = 0;
  const button = (label: string, sign: string, by: number): HTMLButtonElement =>
    element("button", { type: "button", "aria-label": label, onclick: () => void turn(Math.max(0, first + by)) }, sign);
  const earlier = button("Earlier profiles", "‹", -step);
  const later = button("Later profiles", "›", step);
  void turn(0);
  return element("div", { class: "pager" }, earlier, words, later);
}
