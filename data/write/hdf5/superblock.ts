import { type PlacedGroup, treeK } from "./group.ts";

/** Length of a version 0 superblock with 8-byte addresses, root entry included. */
export const superblockBytes = 96;

/** Writes the superblock (File Format Specification II.A) of a file of `fileBytes` bytes into its first 96 bytes. */
export function writeSuperblock(
  into: Uint8Array,
  { root, leafK, fileBytes }: { readonly root: PlacedGroup; readonly leafK: number; readonly fileBytes: number },
): void {
  // Signature; versions of superblock, free space, root entry and shared messages; sizes of addresses and lengths.
  into.set([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0]);
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const address = (at: number, value: number | bigint): void => view.setBigUint64(at, BigInt(value), true);
  view.setUint16(16, leafK, true);
  view.setUint16(18, treeK, true);
  // Base address, free-space information (none), end of file, driver information (none).
  address(24, 0);
  address(32, 0xffff_ffff_ffff_ffffn);
  address(40, fileBytes);
  address(48, 0xffff_ffff_ffff_ffffn);
  // Root entry: name offset, object header, cache type 1 = tree and heap addresses follow.
  address(56, 0);
  address(64, root.header);
  view.setUint32(72, 1, true);
  address(80, root.tree);
  address(88, root.heap);
}
