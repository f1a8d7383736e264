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
  try {
    const url = new URL(address, relativeTo);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  } catch (cause) {
    throw new AppError("usage", { what: "the model's address is no URL", got: address }, { cause });
  }
}
