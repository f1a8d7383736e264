/**
 * Names of human genes in a browser: the table is fetched when an input first needs it.
 * @module
 */
import { alignLandmarks } from "../data/genes/align.ts";
import { GeneReference, type OpenReference } from "../data/genes/gene-reference.ts";
import { parseReferenceTable } from "../data/genes/reference-table.ts";
import type { Axis } from "../data/source.ts";
import { furtherLandmarks } from "../infer/further-landmarks.ts";
import type { ModelParts } from "../infer/model-parts.ts";
import { type FetchOptions, fetchText } from "./fetch-bytes.ts";

/** A table of gene names at a URL. */
export class GeneNames {
  readonly #url: string;
  #reference: GeneReference | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** The names; only for inputs that {@link fetchFor} was called with. */
  readonly open: OpenReference = () => {
    if (this.#reference === undefined) throw new Error("gene names are needed that were not fetched");
    return this.#reference;
  };

  /**
   * Fetches the table, once, if an input needs it: one whose genes carry the model's own ids does not.
   * @throws AppError `no-input` where there is no table, `bad-data` for what is none, `unavailable`, `cancelled`
   */
  async fetchFor(input: Axis, model: Pick<ModelParts, "manifest" | "genes">, options: FetchOptions): Promise<void> {
    if (this.#reference !== undefined || !needsNames(input, model)) return;
    this.#reference = new GeneReference(parseReferenceTable(await fetchText(this.#url, options), this.#url));
  }
}

/** Whether a plan of this input would ask for names: for landmarks not found, or for measured genes not of the model. */
function needsNames(input: Axis, { manifest, genes }: Pick<ModelParts, "manifest" | "genes">): boolean {
  const landmarks = genes.slice(0, manifest.landmarks);
  const { missing } = alignLandmarks({ landmarks, input, duplicates: "mean", label: "" });
  return missing.length > 0 || furtherLandmarks(input, genes).length > 0;
}
