import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { sha256 } from "../../data/node/hash.ts";
import type { ServeContext } from "../context.ts";
import { router } from "./router.ts";

const gzipped = promisify(gzip);

/** True for a client that takes gzip. */
const takesGzip = (accepted: string | undefined): boolean =>
  /(^|[\s,])(x-)?gzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accepted ?? "");

/**
 * `/genes.tsv`: names of human genes, by which the page finds landmarks that an input calls otherwise than the model. It
 * leads to the table under a name made of its content, which browsers may keep.
 */
export function geneNameRoutes({ geneTable }: ServeContext) {
  const app = router();
  if (geneTable === undefined) return app;
  const plain = new TextEncoder().encode(geneTable);
  const name = `${sha256(plain).slice(0, 16)}.tsv`;
  let packed: Promise<Uint8Array<ArrayBuffer>> | undefined;
  app.get("/genes.tsv", (c) => {
    c.header("Cache-Control", "no-cache");
    // Relative, for proxies that serve all this under a path.
    return c.redirect(`genes/${name}`, 302);
  });
  app.get(`/genes/${name}`, async (c) => {
    const headers = {
      "Content-Type": "text/tab-separated-values; charset=utf-8",
      "Cache-Control": "public, max-age=31536000, immutable",
      Vary: "Accept-Encoding",
    };
    if (!takesGzip(c.req.header("accept-encoding"))) return c.body(plain, 200, headers);
    // Packed once, when somebody first asks.
    packed ??= gzipped(plain).then((bytes) => Uint8Array.from(bytes));
    return c.body(await packed, 200, { ...headers, "Content-Encoding": "gzip" });
  });
  return app;
}
