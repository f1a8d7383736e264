import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../data/random.ts";
import { servedOpset } from "../onnx/graph.ts";
import type { HostTensor, SessionHost } from "../runtime/session.ts";
import { codeVersion, GenericManifest, type Parity, type TensorSignature } from "../schemas/index.ts";
import { signatures } from "./expression.ts";
import { genericGraph } from "./graph.ts";
import { copyTfjs, modelFileName, writeModelFiles } from "./model-files.ts";
import { runPasses } from "./passes/pass.ts";
import { parameterCount, readLayersModel } from "./read/layers-model.ts";
import { verifyParity } from "./verify/parity.ts";
import { withTfjsModel } from "./verify/tfjs-model.ts";
import { type ExportOptions, reportStep, writeVersionFolder } from "./version-folder.ts";

/** What {@link exportGeneric} is given. */
export interface ExportGenericOptions extends ExportOptions {
  /** The tfjs folder: `model.json` and its weights. */
  readonly dir: string;
}

/** Rows compared: zeros, then normal ones, the last few ten times as large. */
const verifiedRows = 71;

/** Seeded values for one input: integers of a small range for int32, normal floats otherwise. */
function inputRows({ type, dims }: TensorSignature, seed: number): HostTensor {
  const random = new Random(seed);
  const width = dims.slice(1).reduce<number>((product, length) => product * Number(length), 1);
  const shape = [verifiedRows, ...dims.slice(1).map(Number)];
  const value = (cell: number): number => {
    const row = Math.floor(cell / width);
    if (row === 0) return 0;
    return row < verifiedRows - 8 ? random.normal() : 10 * random.normal();
  };
  const cells = { length: verifiedRows * width };
  if (type === "int32") return { type, dims: shape, data: Int32Array.from(cells, () => random.integer(8)) };
  return { type: "float32", dims: shape, data: Float32Array.from(cells, (_, cell) => value(cell)) };
}

/** What verification needs to know of the graph. */
interface Border {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

async function verify(
  session: SessionHost,
  { inputs, outputs }: Border,
  options: ExportGenericOptions,
): Promise<Parity> {
  const rows = inputs.map((input, i) => inputRows(input, i + 1));
  return withTfjsModel(options.dir, async (tfjs) => {
    const answers = tfjs.predict(rows);
    return verifyParity({
      variant: "fp32",
      session,
      feeds: Object.fromEntries(inputs.map(({ name }, i) => [name, rows[i] as HostTensor])),
      expected: outputs.map(({ name }, i) => ({
        output: name,
        dims: answers[i]?.dims ?? [],
        values: Float32Array.from(answers[i]?.data ?? [], Number),
      })),
      signal: options.signal,
    });
  });
}

/**
 * Exports a bare tfjs folder, which knows nothing of genes: the same inputs and outputs as tfjs in the same order.
 * The version folder holds `model.onnx`, `manifest.json` (`task: generic`), `tfjs/` and `parity.json`.
 * @throws AppError as {@link "./expression.ts".exportRun}.
 */
export async function exportGeneric(options: ExportGenericOptions): Promise<GenericManifest> {
  const { dir, createdAt = new Date(), licence } = options;
  reportStep(options, 0, "read the model");
  const model = await readLayersModel(dir);
  const { graph, reports } = runPasses(genericGraph(model));
  const border = { inputs: signatures(graph.inputs), outputs: signatures(graph.outputs) };
  const parameters = parameterCount(model);
  const manifest = await writeVersionFolder(options, {
    writeIdentity: async (folder) => {
      reportStep(options, 1, "write the graph");
      return [...(await writeModelFiles(folder, graph)), ...(await copyTfjs(dir, folder))];
    },
    finish: async (folder, contentHash) => {
      reportStep(options, 2, "verify against tfjs");
      await using session = await options.open({ path: join(folder, modelFileName) }, { device: "cpu" });
      const parity = await verify(session, border, options);
      reportStep(options, 3, "write the manifest");
      const record = { schemaVersion: 1, parity: [parity], passes: reports };
      await writeFile(join(folder, "parity.json"), `${JSON.stringify(record, null, 1)}\n`);
      const unfiled = {
        ...border,
        schemaVersion: 1 as const,
        task: "generic" as const,
        contentHash,
        createdAt: createdAt.toISOString(),
        codeVersion,
        opset: servedOpset,
        parameters,
        parity: [parity],
        origin: "imported" as const,
        ...(licence !== undefined && { licence }),
      };
      return { manifest: unfiled, others: ["parity.json"] };
    },
  });
  reportStep(options, 4, "done");
  return GenericManifest.parse(manifest);
}
