/** What is needed of a file to write to it by position. */
export interface PositionalFile {
  writev(views: readonly Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>;
}

/** Views that the kernel takes in one call (IOV_MAX of Linux and macOS). */
const maxViews = 1024;
/** Bytes a call: Linux writes at most 2³¹ − 4096. */
const maxBytes = 1 << 30;

/** Writes views end to end at a position, in as few calls as the kernel allows, and again what a call left out. */
export async function writeAt(file: PositionalFile, views: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  for (const batch of batches(views)) {
    let rest = batch;
    while (rest.length > 0) {
      const { bytesWritten } = await file.writev(rest, at);
      at += bytesWritten;
      rest = after(rest, bytesWritten);
    }
  }
}

function* batches(views: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const view of views) {
    for (let start = 0; start < view.length; start += maxBytes) {
      const piece = view.subarray(start, start + maxBytes);
      if (batch.length === maxViews || (bytes > 0 && bytes + piece.length > maxBytes)) {
        yield batch;
        [batch, bytes] = [[], 0];
      }
      batch.push(piece);
      bytes += piece.length;
    }
  }
  if (batch.length > 0) yield batch;
}

/** What is left of views after their first `bytes`. */
function after(views: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  return views.flatMap((view) => {
    const taken = Math.min(left, view.length);
    left -= taken;
    return taken === view.length ? [] : [view.subarray(taken)];
  });
}
