import type { AliasChange } from "../../../registry/aliases.ts";

/** What became of an alias, in a line. */
export function changeText({ name, alias, version, from, status }: AliasChange): string {
  if (status === "unchanged") return `${name}@${alias} is version ${version} already`;
  return `${name}@${alias} is version ${version}${from === undefined ? "" : `, was ${from}`}`;
}
