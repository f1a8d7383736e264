/** Okabe & Ito's colours (Color Universal Design, 2008) that stand out on white and on black, blue first. */
const modelColours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"] as const;

/** Ridge, or whichever baseline comes first, is orange; the mean is grey. */
const baselineColours = ["#E69F00", "#B8A200", "#8C6D46"] as const;
const meanColour = "#8A8F98";

/** One colour a group of profiles; the last one is for what has no colour of its own. */
export const groupColours = [...modelColours, "#E69F00", "#8C6D46", meanColour] as const;

/** Colours of everything that is no data; the report's style sheet replaces them on a dark page. */
export const inks = { text: "#2f3a44", axis: "#7b8794", grid: "#e1e5ea", accent: "#b4232c" } as const;

/** One colour a model, the same in every plot; with more models than colours they repeat in order. */
export function coloursOf(
  columns: readonly { readonly name: string; readonly role: "model" | "baseline" }[],
): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  const next = { model: 0, baseline: 0 };
  for (const { name, role } of columns) {
    const isMean = role === "baseline" && name === "mean";
    const cycle = role === "model" ? modelColours : baselineColours;
    colours.set(name, isMean ? meanColour : (cycle[next[role] % cycle.length] ?? meanColour));
    if (!isMean) next[role] += 1;
  }
  return colours;
}
