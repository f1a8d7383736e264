/** A value of a foreign file in a message: JSON of its first levels and characters, however deep or long it is. */
export function shown(value: unknown, depth = 3): string {
  const most = 120;
  const text = written(value, depth);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function written(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  if (depth === 0) return "…";
  const first = 16;
  if (Array.isArray(value))
    return `[${value
      .slice(0, first)
      .map((item) => written(item, depth - 1))
      .join(",")}]`;
  const entries = Object.entries(value).slice(0, first);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${written(item, depth - 1)}`).join(",")}}`;
}
