import { join } from "node:path";
import type { OpenSession, SessionHost } from "../../runtime/session.ts";
import { AppError } from "../../schemas/index.ts";
import type { ExportedRun, WrittenRun } from "../exported-run.ts";
import { inverseOf } from "../graph.ts";
import { oodScores } from "../ood.ts";
import { affordableRows, spreadRows } from "./oracle.ts";
import { parityRows, standardised } from "./rows.ts";
import { oracleValues, type VerifiedExport, verifyExport } from "./verify-export.ts";

/** What {@link verifyRun} compares. */
export interface RunVerification {
  readonly exported: ExportedRun;
  readonly written: WrittenRun;
  readonly open: OpenSession;
  /** Real profiles beside the generated ones, native `[rows, L]`. */
  readonly rows?: Float32Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Native profiles to verify a model of this size on `[rows, L]`: generated ones and the caller's. */
function verifiedRows({ exported: { source }, written, rows }: RunVerification): Float32Array {
  const { run, components } = source;
  const generated = parityRows({ transform: run.transform, ood: run.ood, components });
  const l = run.transform.landmarks.mean.length;
  const native = new Float32Array(generated.length + (rows?.length ?? 0));
  native.set(generated);
  native.set(rows ?? [], generated.length);
  if (native.length % l === 0) return spreadRows(native, l, affordableRows(written.parameters, native.length / l));
  throw new AppError("usage", {
    what: "the rows to verify on are not profiles",
    expected: `a multiple of ${l} values`,
  });
}

/**
 * Compares the written graph of a run with tfjs, targets in z units and `ood` with its formula in float64.
 * @throws AppError `bad-model` when they disagree, `usage` for rows that are no profiles, `cancelled`.
 */
export async function verifyRun(session: SessionHost, verification: RunVerification): Promise<VerifiedExport> {
  const { exported, written, open, signal } = verification;
  const { source, columns } = exported;
  const { transform, ood } = source.run;
  const native = verifiedRows(verification);
  const l = transform.landmarks.mean.length;
  const dims = [native.length / l, l];
  const z = standardised(native, transform);
  return verifyExport({
    tfjs: join(source.path, "tfjs"),
    written,
    session,
    open,
    inputs: [{ type: "float32", dims, data: z }],
    feeds: { landmarks: { type: "float32", dims, data: native } },
    expected: ([targets]) => [
      { output: "targets", ...chosen(oracleValues(targets), columns), inverse: inverseOf(transform) },
      {
        output: "ood",
        dims: [native.length / l, 1],
        values: oodScores(z, { ood, components: source.components }),
      },
    ],
    signal,
  });
}

type Values = ReturnType<typeof oracleValues>;

/** The chosen columns of the net's targets `[rows, T]`. */
function chosen({ dims, values }: Values, columns: Int32Array | undefined): Values {
  if (columns === undefined) return { dims, values };
  const [rows = 0, all = 0] = dims;
  const picked = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++)
    for (const [at, column] of columns.entries())
      picked[row * columns.length + at] = values[row * all + column] as number;
  return { dims: [rows, columns.length], values: picked };
}
