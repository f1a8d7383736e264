import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Graph, servedOpset } from "../onnx/graph.ts";
import type { HostTensor, SessionHost } from "../runtime/session.ts";
import { codeVersion, GenericManifest, type TensorSignature } from "../schemas/index.ts";
import { genericGraph } from "./graph.ts";
import { type LiveModel, withSavedModel } from "./live-model.ts";
import { copyTfjs, modelFileName, writeModelFiles } from "./model-files.ts";
import { graphNotesOf, runPasses } from "./passes/pass.ts";
import { type LayersModel, parameterCount, readLayersModel } from "./read/layers-model.ts";
import { signatures } from "./signatures.ts";
import { indexBounds, inputRows, verifiedRows } from "./verify/generic-rows.ts";
import { affordableRows } from "./verify/oracle.ts";
import { oracleValues, type VerifiedExport, verifyExport, type WrittenGraph } from "./verify/verify-export.ts";
import { type ExportOptions, reportStep, writeVersionFolder } from "./version-folder.ts";

/** What {@link exportGeneric} is given: the tfjs folder (`model.json` and its weights), or a model in memory. */
export type ExportGenericOptions = ExportOptions & ({ readonly dir: string } | { readonly model: LiveModel });

type FolderOptions = ExportOptions & { readonly dir: string };

/** What verification needs to know of the graph. */
interface Border {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  readonly rows: readonly HostTensor[];
}

function borderOf(model: LayersModel, graph: Graph): Border {
  const [inputs, outputs] = [signatures(graph.inputs), signatures(graph.outputs)];
  const [bounds, rows] = [indexBounds(model), affordableRows(parameterCount(model), verifiedRows(graph))];
  return { inputs, outputs, rows: inputs.map((input, i) => inputRows(input, { rows, seed: i + 1, bound: bounds[i] })) };
}

async function verify(
  session: SessionHost,
  { inputs, outputs, rows }: Border,
  { written, options }: { readonly written: WrittenGraph; readonly options: FolderOptions },
): Promise<VerifiedExport> {
  return verifyExport({
    tfjs: options.dir,
    written,
    session,
    open: options.open,
    inputs: rows,
    feeds: Object.fromEntries(inputs.map(({ name }, i) => [name, rows[i] as HostTensor])),
    expected: (answers) => outputs.map(({ name }, i) => ({ output: name, ...oracleValues(answers[i]) })),
    signal: options.signal,
  });
}

/**
 * Exports a bare tfjs model, which knows nothing of genes: the same inputs and outputs as tfjs in the same order.
 * The version folder holds `model.onnx`, `manifest.json` (`task: generic`), `tfjs/` and `parity.json`.
 * @throws AppError as {@link "./expression.ts".exportRun}.
 */
export async function exportGeneric(options: ExportGenericOptions): Promise<GenericManifest> {
  if ("dir" in options) return exportFolder(options);
  const { model, ...rest } = options;
  return withSavedModel(model, (dir) => exportFolder({ ...rest, dir }));
}

async function exportFolder(options: FolderOptions): Promise<GenericManifest> {
  const { dir, createdAt = new Date(), licence } = options;
  reportStep(options, 0, "read the model");
  const model = await readLayersModel(dir);
  const { graph, reports } = runPasses(genericGraph(model));
  const { inputs, outputs, rows } = borderOf(model, graph);
  const parameters = parameterCount(model);
  const manifest = await writeVersionFolder(options, {
    writeIdentity: async (folder) => {
      reportStep(options, 1, "write the graph");
      return [...(await writeModelFiles(folder, graph)), ...(await copyTfjs(dir, folder))];
    },
    finish: async (folder, contentHash) => {
      reportStep(options, 2, "verify against tfjs");
      await using session = await options.open({ path: join(folder, modelFileName) }, { device: "cpu" });
      const written = { dir: folder, graph, metadata: {} };
      const { parity, layers } = await verify(session, { inputs, outputs, rows }, { written, options });
      reportStep(options, 3, "write the manifest");
      const record = { schemaVersion: 1, parity: [parity], layers, passes: reports };
      await writeFile(join(folder, "parity.json"), `${JSON.stringify(record, null, 1)}\n`);
      const unfiled = {
        inputs: [...inputs],
        outputs: [...outputs],
        schemaVersion: 1 as const,
        task: "generic" as const,
        contentHash,
        createdAt: createdAt.toISOString(),
        codeVersion,
        opset: servedOpset,
        parameters,
        parity: [parity],
        ...graphNotesOf(reports),
        origin: "imported" as const,
        ...(licence !== undefined && { licence }),
      };
      return { manifest: unfiled, others: ["parity.json"] };
    },
  });
  reportStep(options, 4, "done");
  return GenericManifest.parse(manifest);
}
