/** Numbers as people read them. */
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `12,345` */
export function count(value: number): string {
  return whole.format(value);
}

/** `1 profile`, `12 profiles` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** `45.2 MB`, with powers of 1000 */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** `0.42 s`, `12 s`, `3 min 20 s` */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const rounded = Math.round(value);
  return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
}

/** `7.31`; a dash for what is missing. */
export function expression(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Math.abs(value) >= 1000 ? value.toPrecision(4) : value.toFixed(2);
}

/** `97.3 %` */
export function percent(share: number): string {
  return share === 1 ? "100 %" : `${(100 * share).toFixed(1)} %`;
}
