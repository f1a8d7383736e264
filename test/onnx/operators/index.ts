/** The cases of every operator: an operator without one does not compile. */
import type { OpName } from "../../../onnx/graph.ts";
import type { OpCase } from "./case.ts";
import { loopCases } from "./loop-cases.ts";
import { pairwiseCases } from "./pairwise-cases.ts";
import { quantisationCases } from "./quantisation-cases.ts";
import { scanCases } from "./scan-cases.ts";
import { shapeCases } from "./shape-cases.ts";
import { unaryCases } from "./unary-cases.ts";
import { windowCases } from "./window-cases.ts";

export const opCases: { readonly [O in OpName]: readonly OpCase[] } = {
  ...unaryCases,
  ...pairwiseCases,
  ...shapeCases,
  ...loopCases,
  ...scanCases,
  ...windowCases,
  ...quantisationCases,
};
