/** What compatibility decomposition leaves, but everybody writes in ASCII all the same. */
const plain: Readonly<Record<string, string>> = {
  μ: "u",
  "–": "-",
  "—": "-",
  "−": "-",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
};

/** True when every character of `text` is ASCII and none is NUL (which ends a fixed-length string). */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0x7f) return false;
  }
  return true;
}

/**
 * `text` in ASCII, because cmapPy cannot decode anything else: accents dropped (NFKD), µ → u, typographic dashes and
 * quotes plain, every other character "?".
 */
export function transliterate(text: string): string {
  if (isAscii(text)) return text;
  let ascii = "";
  for (const character of text.normalize("NFKD").replace(/\p{M}/gu, "")) {
    ascii += isAscii(character) ? character : (plain[character] ?? "?");
  }
  return ascii;
}
