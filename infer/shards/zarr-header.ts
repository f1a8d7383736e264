/**
 * The layout of a Zarr output as one file, so that a merge needs neither model nor input: the length of a JSON text
 * (uint32, little-endian), the text, then the objects that do not depend on the values, end to end.
 * @module
 */
import { z } from "zod";
import type { ZarrLayout } from "../../data/write/zarr-layout.ts";
import { ValueStorage } from "../../schemas/index.ts";

const count = z.number().int().nonnegative();

/** The text: the layout, with the lengths of its objects. */
const ZarrHeader = z.object({
  shardRows: count,
  chunkRows: count,
  columnTypes: z.array(z.tuple([z.string(), z.enum(["float32", "float64", "int32"])])),
  storage: ValueStorage,
  sampleCount: count,
  geneCount: count,
  objects: z.array(z.tuple([z.string(), count])),
});

/** Packs a layout; equal layouts give equal bytes. */
export function packZarrHeader({ objects, columnTypes, ...sizes }: ZarrLayout): Uint8Array {
  const lengths = [...objects].map(([key, bytes]) => [key, bytes.length]);
  const text = new TextEncoder().encode(JSON.stringify({ ...sizes, columnTypes: [...columnTypes], objects: lengths }));
  const contents = [text, ...objects.values()];
  const packed = new Uint8Array(4 + contents.reduce((sum, { length }) => sum + length, 0));
  new DataView(packed.buffer).setUint32(0, text.length, true);
  let at = 4;
  for (const bytes of contents) {
    packed.set(bytes, at);
    at += bytes.length;
  }
  return packed;
}

/** Unpacks what {@link packZarrHeader} made, whose bytes the caller has checked; objects are views of them. */
export function unpackZarrHeader(packed: Uint8Array): ZarrLayout {
  let at = 4 + new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(packed.subarray(4, at));
  const { columnTypes, objects, ...sizes } = ZarrHeader.parse(JSON.parse(text));
  const unpacked = new Map<string, Uint8Array>();
  for (const [key, length] of objects) {
    unpacked.set(key, packed.subarray(at, at + length));
    at += length;
  }
  return { ...sizes, columnTypes: new Map(columnTypes), objects: unpacked };
}
