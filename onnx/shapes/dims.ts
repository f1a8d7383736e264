/**
 * Arithmetic of dimensions that may be symbolic. A product is written `3*N`; anything else that is not known before
 * the run is an opaque name in brackets, such as `(M+N)`.
 * @module
 */
import type { Dim } from "../graph.ts";

interface Monomial {
  readonly count: number;
  /** Sorted. */
  readonly symbols: readonly string[];
}

/** `3*N` → 3 and N; what stands in brackets stays together. */
function monomial(dim: Dim): Monomial {
  if (typeof dim === "number") return { count: dim, symbols: [] };
  const parts = factors(dim);
  const numeric = parts.filter((part) => /^\d+$/.test(part));
  return {
    count: numeric.reduce((all, part) => all * Number(part), 1),
    symbols: parts.filter((part) => !numeric.includes(part)).toSorted(),
  };
}

/** Splits at every `*` that is outside brackets. */
function factors(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "*" && depth === 0) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, text.slice(start)];
}

function written({ count, symbols }: Monomial): Dim {
  if (symbols.length === 0 || count === 0) return count;
  return [...(count === 1 ? [] : [String(count)]), ...symbols].join("*");
}

/** Product of dimensions. */
export function product(dims: readonly Dim[]): Dim {
  const parts = dims.map(monomial);
  return written({
    count: parts.reduce((all, { count }) => all * count, 1),
    symbols: parts.flatMap(({ symbols }) => symbols).toSorted(),
  });
}

/** `total / part`, or `undefined` where that is not a whole dimension for certain. */
export function quotient(total: Dim, part: Dim): Dim | undefined {
  const above = monomial(total);
  const below = monomial(part);
  const symbols = [...above.symbols];
  for (const symbol of below.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  if (below.count === 0 || above.count % below.count !== 0) return undefined;
  return written({ count: above.count / below.count, symbols });
}

/** Sum of dimensions; `(3+M+N)` where some are symbolic. */
export function sum(dims: readonly Dim[]): Dim {
  const known = dims.filter((dim) => typeof dim === "number").reduce((all, dim) => all + dim, 0);
  const symbolic = dims.filter((dim) => typeof dim === "string").toSorted();
  const terms = [...(known === 0 ? [] : [String(known)]), ...symbolic];
  if (symbolic.length === 0) return known;
  return terms.length === 1 ? (symbolic[0] ?? known) : `(${terms.join("+")})`;
}
