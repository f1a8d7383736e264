/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly markup: string;

  /** `markup` is trusted: text goes through {@link html} instead. */
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a hole of {@link html} takes: text is escaped, markup is not, lists are joined, undefined is nothing. */
export type HtmlPart = string | number | Html | undefined | readonly HtmlPart[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Template tag for markup: every hole is escaped for text and for quoted attributes. */
export function html(literals: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(literals.map((literal, i) => literal + rendered(parts[i])).join(""));
}

function rendered(part: HtmlPart): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(rendered).join("");
  return String(part).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
