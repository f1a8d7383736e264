import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { Readable } from "node:stream";
import type { Context } from "hono";
import { sha256 } from "../../data/node/hash.ts";
import { versionFiles } from "../../registry/layout.ts";
import { AppError } from "../../schemas/index.ts";
import { type ByteRange, byteRange } from "../byte-range.ts";
import type { ServeContext } from "../context.ts";
import { notFound } from "../http-error.ts";
import type { ModelPlace } from "../model-pool.ts";
import { router } from "./router.ts";

/** Types of the files of a version folder, by extension; everything else is bytes. */
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".tsv": "text/tab-separated-values; charset=utf-8",
};

/** A file that may be sent. */
interface SentFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reports draw with inline styles and images; nothing of a model may run scripts or ask other places. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

function bodyOf({ path }: SentFile, { start, end }: ByteRange): ReadableStream<Uint8Array> | null {
  if (end === start) return null;
  // Node's type of a web stream is not that of the DOM's, which Hono names.
  return Readable.toWeb(createReadStream(path, { start, end: end - 1 })) as ReadableStream<Uint8Array>;
}

/** Sends a file: whole, one range, or word that the client has it already (RFC 9110, 13 and 14). */
function send(c: Context, file: SentFile): Response {
  const tag = `"${file.sha256}"`;
  const headers = {
    ETag: tag,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Accept-Ranges": "bytes",
    "Content-Type": types[extname(file.path)] ?? "application/octet-stream",
    "Content-Security-Policy": policy,
  };
  const known = c.req
    .header("if-none-match")
    ?.split(",")
    .map((entry) => entry.trim().replace(/^W\//, ""));
  if (known?.some((entry) => entry === tag || entry === "*") === true) return c.body(null, 304, headers);
  const ifRange = c.req.header("if-range");
  const range = ifRange === undefined || ifRange === tag ? byteRange(c.req.header("range"), file.bytes) : undefined;
  if (range === "unsatisfiable") return c.body(null, 416, { ...headers, "Content-Range": `bytes */${file.bytes}` });
  const { start, end } = range ?? { start: 0, end: file.bytes };
  const body = c.req.method === "HEAD" ? null : bodyOf(file, { start, end });
  const length = { "Content-Length": String(end - start) };
  if (range === undefined) return new Response(body, { headers: { ...headers, ...length } });
  const part = { "Content-Range": `bytes ${start}-${end - 1}/${file.bytes}` };
  return new Response(body, { status: 206, headers: { ...headers, ...length, ...part } });
}

/**
 * `/models/<name>/<version>/<file>`: the files of a version as browsers load them. Only what the manifest names, and the
 * manifest itself, is sent; a published version never changes, and its number is never used again.
 */
export function modelFileRoutes({ catalogue }: ServeContext) {
  const manifestFile = async ({ dir }: ModelPlace): Promise<SentFile> => {
    const path = join(dir, versionFiles.manifest);
    const content = await readFile(path);
    return { path, bytes: content.byteLength, sha256: sha256(content) };
  };
  const listedFile = async (place: ModelPlace, wanted: string): Promise<SentFile> => {
    const { files } = await catalogue.head(place);
    const listed = files.find((file) => file.path === wanted);
    if (listed === undefined) throw notFound(`${place.name}:${place.version} has no file ${wanted.slice(0, 200)}`);
    const path = join(place.dir, listed.path);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== listed.bytes)
      throw new AppError("bad-model", { what: "a file of the model is not what its manifest says", where: path });
    return { path, bytes: listed.bytes, sha256: listed.sha256 };
  };
  const app = router();
  app.get("/models/:model/:version/:file{.+}", async (c) => {
    const { model, version, file } = c.req.param();
    const place = await catalogue.find(model, version);
    // An alias moves: what is cached for a year must say its number.
    if (String(place.version) !== version) throw notFound(`give the version's number: ${place.name}/${place.version}`);
    return send(c, file === versionFiles.manifest ? await manifestFile(place) : await listedFile(place, file));
  });
  return app;
}
