import { element } from "./element.ts";
import { bytes } from "./format.ts";

/** What the user can bring. */
export interface InputEvents {
  readonly onFile: (file: File) => void;
  readonly onExample: () => void;
}

/** The place to drop a file at, to choose one, or to take the example. */
export interface InputChooser {
  readonly root: HTMLElement;
  /** Shows what was chosen; undefined: nothing. */
  show(name: string | undefined, size?: number): void;
}

const accepted = ".gctx,.h5,.gct,.tsv,.tab,.txt,.csv,.gz";

/** Makes the chooser. */
export function inputChooser({ onFile, onExample }: InputEvents): InputChooser {
  const input = element("input", { type: "file", accept: accepted, id: "file" });
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file !== undefined) onFile(file);
  };
  input.addEventListener("change", () => {
    take(input.files);
    // The same file, edited, is a new choice.
    input.value = "";
  });
  const title = element("p", { class: "chosen" }, "Drop an expression file here");
  const invitation = element(
    "p",
    { class: "hint invitation" },
    "GCTX, GCT, TSV or CSV (text also gzipped), samples with their landmark genes. It is read on this machine only.",
  );
  const root = element(
    "div",
    { class: "drop" },
    title,
    invitation,
    element(
      "div",
      { class: "or" },
      element("label", { class: "button" }, "Choose a file", input),
      element("button", { type: "button", class: "quiet", onclick: onExample }, "Try a synthetic example"),
    ),
  );
  acceptDrops(root, take);
  return {
    root,
    show(name, size) {
      root.classList.toggle("compact", name !== undefined);
      const text = size === undefined ? name : `${name} · ${bytes(size)}`;
      title.textContent = text ?? "Drop an expression file here";
    },
  };
}

/** Files may be dropped anywhere on the page: a near miss must not make the browser open the file instead. */
function acceptDrops(marked: HTMLElement, take: (files: FileList | null | undefined) => void): void {
  const mark = (event: DragEvent, isOver: boolean): void => {
    event.preventDefault();
    marked.classList.toggle("over", isOver);
  };
  document.addEventListener("dragover", (event) => mark(event, true));
  document.addEventListener("dragleave", (event) => mark(event, event.relatedTarget !== null));
  document.addEventListener("drop", (event) => {
    mark(event, false);
    take(event.dataTransfer?.files);
  });
}
