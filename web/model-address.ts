import { AppError, ModelName } from "../schemas/index.ts";

/** Where a published model lies: the URL of its version folder, or its place in a repository that is served over HTTP. */
export type ModelAddress =
  | string
  | {
      /** URL under which `<name>/<version>/<file>` lies; `models/` beside the page by default. */
      readonly base?: string;
      readonly name: string;
      readonly version: number;
    };

/**
 * URL of a model's folder, ending in `/`.
 * @param relativeTo what relative addresses are relative to: the page
 * @throws AppError `usage` for a name or a version that none can have, or an address that is no URL
 */
export function modelUrl(address: ModelAddress, relativeTo: string): string {
  if (typeof address === "string") return folderUrl(address, relativeTo);
  const { base = "models/", name, version } = address;
  const isVersion = Number.isSafeInteger(version) && version > 0;
  if (!isVersion || !ModelName.safeParse(name).success)
    throw new AppError("usage", {
      what: "no published model can have this name and version",
      expected: "a name in lower case and a version from 1",
      got: `${name}:${version}`,
    });
  return new URL(`${name}/${version}/`, folderUrl(base, relativeTo)).href;
}

function folderUrl(address: string, relativeTo: string): string {
  const url = urlOf(address, { relativeTo, what: "the model's address" });
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url.href;
}

/**
 * An address as a URL.
 * @param options.what whose address it is, for the message
 * @throws AppError `usage` for an address that is no URL
 */
export function urlOf(
  address: string,
  { relativeTo, what }: { readonly relativeTo: string; readonly what: string },
): URL {
  try {
    return new URL(address, relativeTo);
  } catch (cause) {
    throw new AppError("usage", { what: `${what} is no URL`, got: address }, { cause });
  }
}
