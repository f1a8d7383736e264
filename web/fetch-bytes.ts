/**
 * Files over HTTP. What `fetch` and bodies throw becomes ours here and nowhere else.
 * @module
 */
import { AppError, isAppError } from "../schemas/index.ts";

/** How to fetch. */
export interface FetchOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
}

/** Breaks in a row, without a byte between them, after which a file is given up. */
const mostBreaks = 3;

/**
 * The bytes of a file whose size is known; they belong to the caller. Where the connection breaks off, the rest is asked
 * for (RFC 9110, 14: `Range`): a large model is not fetched twice.
 * @param onBytes called with the number of each piece's bytes
 * @throws AppError `no-input` where there is none, `unavailable` when the server cannot be reached or breaks off for
 *   good, `bad-model` for another number of bytes, `cancelled`
 */
export async function fetchBytes(
  url: string,
  bytes: number,
  { onBytes, ...options }: FetchOptions & { readonly onBytes: (bytes: number) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  return translated(url, options.signal, async () => {
    let body = await bodyOf(url, options);
    const whole = reserve(url, bytes);
    let [length, breaks] = [0, 0];
    for (;;) {
      const piece = await body.read().catch((error: unknown) => ({ done: false, error }) as const);
      if ("error" in piece) {
        if (++breaks > mostBreaks || length === 0 || options.signal?.aborted) throw piece.error;
        body = await bodyOf(url, { ...options, start: length });
        continue;
      }
      if (piece.done) break;
      if (length + piece.value.length > bytes) throw wrongSize(url, { expected: bytes, got: `${bytes + 1} or more` });
      whole.set(piece.value, length);
      length += piece.value.length;
      breaks = 0;
      onBytes(piece.value.length);
    }
    if (length < bytes) throw wrongSize(url, { expected: bytes, got: String(length) });
    return whole;
  });
}

/** A text in UTF-8. @throws AppError as {@link fetchBytes}, but for the size */
export async function fetchText(url: string, options: FetchOptions): Promise<string> {
  return translated(url, options.signal, async () => (await get(url, options)).text());
}

/** A JSON document, unchecked. @throws AppError as {@link fetchBytes}, and `bad-model` for what is no JSON */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const text = await fetchText(url, options);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = JSON.stringify(text.slice(0, 60));
    throw new AppError("bad-model", { what: "the answer is not JSON", where: url, got }, { cause });
  }
}

/** A file, or its rest. */
interface GetOptions extends FetchOptions {
  /** Byte to begin with; the server must be able to. */
  readonly start?: number;
}

async function get(url: string, { fetch, signal, start = 0 }: GetOptions): Promise<Response> {
  const headers = start > 0 ? { headers: { range: `bytes=${start}-` } } : {};
  const response = await fetch(url, { ...headers, ...(signal && { signal }) });
  if (start > 0 && response.status !== 206)
    throw new AppError("unavailable", {
      what: "the connection broke off, and the server does not continue the file",
      where: url,
      expected: `HTTP status 206 from byte ${start} on`,
      got: `HTTP status ${response.status}`,
      advice: "Load the page again",
    });
  if (response.ok) return response;
  const isMissing = response.status === 404 || response.status === 410;
  throw new AppError(isMissing ? "no-input" : "unavailable", {
    what: isMissing ? "there is no such file" : "the server refuses the file",
    where: url,
    got: `HTTP status ${response.status}`,
    advice: isMissing ? "Check the model's name and version" : "Try again later, or ask who runs the server",
  });
}

async function bodyOf(url: string, options: GetOptions): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const { body } = await get(url, options);
  if (body === null) throw new AppError("unavailable", { what: "the server answers without a body", where: url });
  return body.getReader();
}

function reserve(url: string, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new AppError(
      "unavailable",
      {
        what: "there is not enough memory for the file",
        where: url,
        got: `${bytes} bytes`,
        advice: "Infer with `landfall infer` instead",
      },
      { cause },
    );
  }
}

function wrongSize(url: string, { expected, got }: { readonly expected: number; readonly got: string }): AppError {
  return new AppError("bad-model", {
    what: "the file has another size than its manifest says",
    where: url,
    expected: `${expected} bytes`,
    got: `${got} bytes`,
    advice: "Load the page again; if that does not help, the published model is damaged",
  });
}

async function translated<T>(url: string, signal: AbortSignal | undefined, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isAppError(error)) throw error;
    if (signal?.aborted)
      throw new AppError("cancelled", { what: "loading was cancelled", where: url }, { cause: error });
    throw new AppError(
      "unavailable",
      {
        what: "the file cannot be fetched",
        where: url,
        got: error instanceof Error ? error.message : String(error),
        advice: "Check that the server runs and can be reached",
      },
      { cause: error },
    );
  }
}
