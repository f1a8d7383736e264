const suffix = "|target";

/**
 * The id of a target row of a model: `X|target` where `X` is a landmark too, else the source's id as it is.
 *
 * On microarrays the landmark and the target probes of one gene differ: they are two rows (DESIGN 3.1).
 */
export function targetId(id: string, isAlsoLandmark: boolean): string {
  return isAlsoLandmark ? `${id}${suffix}` : id;
}

/** The gene that a row is of: `X` for `X|target`. */
export function geneOfRow(id: string): string {
  return id.endsWith(suffix) ? id.slice(0, -suffix.length) : id;
}
