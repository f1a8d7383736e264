import { AppError, PublishedModels, type PublishedVersion } from "../../schemas/index.ts";
import { fetchJson } from "../fetch-bytes.ts";

/** A version that can be loaded. */
export interface ModelChoice {
  readonly name: string;
  readonly version: number;
  /** The version that the bare name means. */
  readonly isCurrent: boolean;
  readonly facts: PublishedVersion;
}

/**
 * The models of this server that infer genes, each name's current version first.
 * @throws AppError `unavailable` when the server cannot be reached, `bad-model` for an answer that is none
 */
export async function publishedChoices(url: string): Promise<readonly ModelChoice[]> {
  const parsed = PublishedModels.safeParse(await fetchJson(url, { fetch: (...request) => fetch(...request) }));
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "the server's list of models is not one that this page reads",
      where: url,
    });
  return parsed.data.models.flatMap(({ name, current, versions }) =>
    versions
      .filter(({ task, problem }) => task === "expression" && problem === undefined)
      .map((facts) => ({ name, version: facts.version, isCurrent: facts.version === current, facts }))
      .toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent)),
  );
}
