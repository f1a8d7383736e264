/**
 * Reads a request's body within a limit, whatever its headers claim, and undoes its compression within the same limit.
 * @module
 */
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { joinedArrays } from "../data/joined-arrays.ts";
import { badRequest, tooLarge, unsupportedMedia } from "./http-error.ts";

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

/** A size for people: exact in bytes below 1 KiB, else in the largest unit. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${["", "KiB", "MiB", "GiB"][power]}`;
}

function overLimit(maxBytes: number): Error {
  return tooLarge(
    `the body is larger than the limit of ${formatBytes(maxBytes)} (--max-body); send fewer profiles a request`,
  );
}

/** The declared length; undefined where the body is chunked. */
function declaredLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  if (text === null || headers.has("transfer-encoding")) return undefined;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Collects a stream until it ends or passes the limit; the rest is never read. */
async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      // The connection is closed by the host; whether it minds is of no interest.
      reader.cancel().catch(() => undefined);
      throw overLimit(maxBytes);
    }
    pieces.push(value);
  }
  return joinedArrays(pieces, Uint8Array);
}

async function received(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = declaredLength(request.headers);
  if (declared !== undefined && declared > maxBytes) throw overLimit(maxBytes);
  if (declared === undefined) return request.body === null ? new Uint8Array(0) : collect(request.body, maxBytes);
  // Node's parser hands over no more than was declared, in one piece without a web stream.
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.byteLength > maxBytes) throw overLimit(maxBytes);
  return body;
}

/**
 * The body of a request, decompressed (`gzip`, `deflate` in zlib's format, `identity`).
 * @throws HTTPException 413 past `maxBytes` received or decompressed, 415 for another encoding, 400 for damaged data
 */
export async function readBody(request: Request, { maxBytes }: { readonly maxBytes: number }): Promise<Uint8Array> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  const name = encoding === "x-gzip" ? "gzip" : encoding;
  if (name !== "identity" && name !== "gzip" && name !== "deflate")
    throw unsupportedMedia(`Content-Encoding ${encoding} is not supported (expected gzip, deflate or identity)`);
  const body = await received(request, maxBytes);
  if (name === "identity") return body;
  try {
    const plain = await decoders[name](body, { maxOutputLength: maxBytes });
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw overLimit(maxBytes);
    throw badRequest(`the body is not ${name} data: ${(error as Error).message}`, error);
  }
}

/** Bytes that reading a body may take: what it declares, or the limit where it declares nothing or is compressed. */
export function bodyReservation({ headers }: Request, maxBytes: number): number {
  const declared = headers.has("content-encoding") ? undefined : declaredLength(headers);
  return Math.min(declared ?? maxBytes, maxBytes);
}
