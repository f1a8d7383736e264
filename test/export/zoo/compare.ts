/** One random architecture: ONNX Runtime's answers next to tfjs'. */
import { openSession } from "../../../runtime/node/open.ts";
import type { Specimen } from "./architecture.ts";
import { differenceOn, type ExportedSpecimen, exportSpecimen } from "./exported.ts";
import { zooTolerances } from "./tolerances.ts";

const isNormalising = /Normalization|^Dot$/;
const isConvolutional = /Conv|Pool/;

/** How far a net's answers may lie from tfjs'. */
export function toleranceOf({ classes }: Pick<Specimen, "classes">): number {
  const has = (pattern: RegExp): boolean => [...classes].some((name) => pattern.test(name));
  if (has(isNormalising)) return zooTolerances.normalising;
  return has(isConvolutional) ? zooTolerances.convolutional : zooTolerances.plain;
}

/** Generates, exports and runs the architecture of a seed; the largest relative difference over all outputs. */
export async function compareSpecimen(
  seed: number,
): Promise<{ readonly made: ExportedSpecimen["made"]; readonly difference: number }> {
  const exported = await exportSpecimen(seed);
  await using session = await openSession({ bytes: exported.bytes }, { device: "cpu", threads: 1 });
  return { made: exported.made, difference: await differenceOn(session, exported) };
}
