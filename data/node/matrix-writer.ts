/**
 * Whole expression files in Arrow and Zarr, block by block.
 * @module
 */
import type { Block } from "../source.ts";
import { arrowLayout } from "../write/arrow-layout.ts";
import { zarrLayout } from "../write/zarr-layout.ts";
import { writeAtomic } from "./atomic.ts";
import { writeFolderAtomic } from "./atomic-folder.ts";
import { type FileContent, type WriteReport, writeBlocks, writeRowFile } from "./gctx-writer.ts";
import { ZarrFolder } from "./zarr-folder.ts";

/** Writes an Arrow IPC file atomically. @throws AppError as `writeGctx` */
export async function writeArrow(path: string, content: FileContent): Promise<WriteReport> {
  const layout = arrowLayout(content);
  const outcome = await writeAtomic(path, (temporary) => writeRowFile(temporary, layout, content), content.existing);
  return { outcome, notes: [] };
}

/** Writes a Zarr folder atomically, `shardRows` profiles a shard. @throws AppError as `writeGctx` */
export async function writeZarr(
  path: string,
  content: FileContent & { readonly shardRows: number },
): Promise<WriteReport> {
  const { shardRows, genes, samples } = content;
  const layout = zarrLayout(content, shardRows);
  const blocks = regrouped(content.blocks, { shardRows, genes: genes.ids.length, samples: samples.ids.length });
  const outcome = await writeFolderAtomic(
    path,
    async (temporary) => {
      await using folder = await ZarrFolder.create(temporary, layout);
      await writeBlocks(folder, { ...content, blocks, path: temporary, rows: layout.sampleCount });
    },
    content.existing,
  );
  return { outcome, notes: [] };
}

/** Rows in blocks of `shardRows`, whatever blocks they come in; a block that fits is passed on as it is. */
async function* regrouped(
  blocks: FileContent["blocks"],
  shape: { readonly shardRows: number; readonly genes: number; readonly samples: number },
): AsyncGenerator<Block> {
  const { shardRows, genes, samples } = shape;
  let next = 0;
  let kept: Float32Array | undefined;
  let filled = 0;
  for await (const { rows, values } of blocks) {
    for (let row = 0; row < rows; ) {
      const wanted = Math.min(shardRows, samples - next);
      if (filled === 0 && row === 0 && rows === wanted) {
        yield { start: next, rows, values };
        next += rows;
        break;
      }
      kept ??= new Float32Array(wanted * genes);
      const taken = Math.min(wanted - filled, rows - row);
      kept.set(values.subarray(row * genes, (row + taken) * genes), filled * genes);
      filled += taken;
      row += taken;
      if (filled === wanted) {
        yield { start: next, rows: wanted, values: kept };
        next += wanted;
        [kept, filled] = [undefined, 0];
      }
    }
  }
}
