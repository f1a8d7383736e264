import type { Image } from "./image.ts";
import { message, objectHeader } from "./messages.ts";

/** Internal-node K of group B-trees, a superblock field: fixes the size of the (always one-entry) tree node. */
export const treeK = 16;

const encoder = new TextEncoder();
const undefinedAddress = 0xffff_ffff_ffff_ffffn;

/** Addresses by which a group is referred to. */
export interface PlacedGroup {
  readonly header: number;
  readonly tree: number;
  readonly heap: number;
}

/** A group to place. */
export interface GroupContent {
  /** Link name (ASCII, no "/") → address of the object's header. */
  readonly links: ReadonlyMap<string, number>;
  /** Attribute messages. */
  readonly attributes?: readonly Uint8Array[];
  /** Leaf K of the file: a group has at most 2·leafK links, all in one symbol-table node. */
  readonly leafK: number;
}

/**
 * Places an old-style group: local heap of names, a B-tree of one symbol-table node, object header (File Format
 * Specification III.A, III.C, III.D). The library finds links by binary search: they are sorted by their bytes.
 */
export function placeGroup(image: Image, { links, attributes = [], leafK }: GroupContent): PlacedGroup {
  const names = [...links.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  if (names.length > 2 * leafK) throw new RangeError(`${names.length} links in a group of leaf K ${leafK}`);
  // Offset 0 of a heap is the empty name.
  let heapBytes = 8;
  const offsets = names.map((name) => {
    const offset = heapBytes;
    heapBytes += Math.ceil((name.length + 1) / 8) * 8;
    return offset;
  });
  const segment = image.reserve(heapBytes, (into) =>
    names.forEach((name, i) => into.set(encoder.encode(name), offsets[i])),
  );
  const heap = image.reserve(32, (into) => {
    const view = signed(into, "HEAP");
    view.setBigUint64(8, BigInt(heapBytes), true);
    // Offset of the free list; 1 means none.
    view.setBigUint64(16, 1n, true);
    view.setBigUint64(24, BigInt(segment), true);
  });
  const node = image.reserve(8 + 2 * leafK * 40, (into) => {
    const view = signed(into, "SNOD");
    view.setUint8(4, 1);
    view.setUint16(6, names.length, true);
    names.forEach((name, i) => {
      view.setBigUint64(8 + 40 * i, BigInt(offsets[i] ?? 0), true);
      view.setBigUint64(16 + 40 * i, BigInt(links.get(name) ?? 0), true);
    });
  });
  const tree = image.reserve(24 + (4 * treeK + 1) * 8, (into) => {
    const view = signed(into, "TREE");
    view.setUint16(6, 1, true);
    view.setBigUint64(8, undefinedAddress, true);
    view.setBigUint64(16, undefinedAddress, true);
    // Key 0 is the empty name, child 0 the node, key 1 the last name in it.
    view.setBigUint64(32, BigInt(node), true);
    view.setBigUint64(40, BigInt(offsets.at(-1) ?? 0), true);
  });
  const table = new DataView(new ArrayBuffer(16));
  table.setBigUint64(0, BigInt(tree), true);
  table.setBigUint64(8, BigInt(heap), true);
  const header = image.place(objectHeader([message(0x11, new Uint8Array(table.buffer)), ...attributes]));
  return { header, tree, heap };
}

function signed(into: Uint8Array, signature: string): DataView {
  into.set(encoder.encode(signature));
  return new DataView(into.buffer, into.byteOffset, into.byteLength);
}
