import type { ByteSource } from "../data/source.ts";
import { AppError } from "../schemas/index.ts";

/** A file that the user chose, or any blob, as bytes; nothing is held in memory. */
export function fileBytes(blob: Blob, label: string): ByteSource {
  return {
    label,
    bytes: blob.size,
    async slice(start, end) {
      return new Uint8Array(await readable(label, () => blob.slice(start, end).arrayBuffer()));
    },
    async *stream() {
      const reader = blob.stream().getReader();
      try {
        for (;;) {
          const { done, value } = await readable(label, () => reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel();
      }
    },
  };
}

/** A browser refuses to read a file that was changed or removed after it was chosen. */
async function readable<T>(label: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new AppError(
      "no-input",
      {
        what: "the browser cannot read the file any more",
        where: label,
        ...(cause instanceof Error && { got: cause.message }),
        advice: "Choose it again",
      },
      { cause },
    );
  }
}
