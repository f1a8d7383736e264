/** Messages are written for the command line; the page has controls where that has options. */
const words: readonly (readonly [option: RegExp, control: string])[] = [
  [/,? or give --allow-scale-mismatch to run it as it is/g, ", or tick “Run it as it is”"],
  [/--harmonise (none|cohort|quantile)/g, "the $1 harmonisation"],
  [/raise --max-missing/g, "allow more missing landmarks below"],
  [/--duplicates (mean|max)/g, "“$1” for repeated genes"],
  [/--device cpu/g, "the CPU"],
];

/** A message in the words of the page. */
export function pageWords(text: string): string {
  return words.reduce((said, [option, control]) => said.replaceAll(option, control), text);
}
