import { type Fault, faultMessage, isAppError } from "../../schemas/index.ts";
import { element } from "./element.ts";
import { pageWords } from "./page-words.ts";

/** An error for people: what is wrong, the details, what to do. */
export function alert(error: unknown): HTMLElement {
  return isAppError(error)
    ? faultAlert(error.fault)
    : faultAlert({ what: "an error that nobody foresaw", got: String(error) });
}

/** The parts of a message, each in its place. */
export function faultAlert({ what, where, advice, ...details }: Fault): HTMLElement {
  const more = faultMessage({ what: "", ...details })
    .replace(/^ \((.*?)\)/, "$1")
    .replace(/^: /, "");
  return element(
    "div",
    { class: "alert", role: "alert" },
    element("strong", {}, sentence(pageWords(what))),
    where === undefined ? undefined : element("p", { class: "where" }, where),
    more === "" ? undefined : element("p", {}, pageWords(more)),
    advice === undefined ? undefined : element("p", { class: "advice" }, fullStop(pageWords(advice))),
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Advice is a sentence, or several of which the last has its full stop. */
export function fullStop(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
