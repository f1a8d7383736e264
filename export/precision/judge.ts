import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Graph, servedOpset } from "../../onnx/graph.ts";
import type { OpenSession, SessionHost } from "../../runtime/session.ts";
import type { Inverse } from "../fold-inverse.ts";
import { writeGraphFiles } from "../model-files.ts";
import type { QuantisedProduct } from "./int8.ts";
import type { VariantKind } from "./kinds.ts";
import { maeLimit } from "./limits.ts";
import { type Change, type ComparedRows, measureChange } from "./measure.ts";
import { raiseOpset } from "./raise-opset.ts";

/** What variants are built from, and what they are held against. */
export interface VariantSource {
  /** The version folder that is being written. */
  readonly dir: string;
  /** The float32 graph, of the served opset. */
  readonly graph: Graph;
  readonly metadata: Readonly<Record<string, string>>;
  readonly open: OpenSession;
  readonly rows: ComparedRows;
  /** The float32 graph's results for the rows, z units `[rows, T]`. */
  readonly reference: Float32Array;
  readonly inverse: Inverse;
  /** MAE that a mean difference is held against where the rows have no truth. */
  readonly usualMae: number;
}

/** A variant as it is written, and what it costs. */
export interface Judgement {
  /** Files written, relative to the folder. */
  readonly files: readonly string[];
  readonly measured: Change;
  /** Relative change of MAE, or its upper bound where there is no truth. */
  readonly change: number;
  readonly limit: number;
}

/** Opens a graph's file on the CPU provider, and closes it after use. */
export async function withOpened<T>(
  open: OpenSession,
  path: string,
  use: (session: SessionHost) => Promise<T>,
): Promise<T> {
  await using session = await open({ path }, { device: "cpu" });
  return await use(session);
}

/** Writes a kind with these products quantised, in place of what was written of it before, and measures it. */
export async function judge(
  source: VariantSource,
  kind: VariantKind,
  products: readonly QuantisedProduct[],
): Promise<Judgement> {
  const { dir, graph, metadata, open, rows, reference, inverse, usualMae } = source;
  const { path, opset, precision } = kind;
  const raised = opset > servedOpset ? raiseOpset(graph) : graph;
  await mkdir(join(dir, dirname(path)), { recursive: true });
  for (const before of [path, `${path}.data`]) await rm(join(dir, before), { force: true });
  const files = await writeGraphFiles(dir, kind.build(raised, products), { path, metadata, opset });
  const measured = await withOpened(open, join(dir, path), (session) =>
    measureChange(session, { rows, reference, inverse }),
  );
  const { mae, meanDifference } = measured;
  const change = mae === undefined ? meanDifference / usualMae : (mae.variant - mae.fp32) / mae.fp32;
  return { files, measured, change, limit: maeLimit[precision] };
}
