import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { ServeContext } from "../context.ts";
import { router } from "./router.ts";

const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src 'self' data: blob:; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const notBuilt = `Landfall's page is not built here (\`npm run build\` makes it).
The server works without it: /openapi.json describes its routes, /v1/models lists its models.
`;

/** `/`: the page that infers in the browser, from the folder that Vite built. */
export function pageRoutes({ pageDir }: ServeContext) {
  const app = router();
  if (pageDir === undefined || !existsSync(join(pageDir, "index.html"))) {
    app.get("/", (c) => c.text(notBuilt, 404));
    return app;
  }
  app.use("*", async (c, next) => {
    await next();
    // Vite names assets by their content.
    const isAsset = c.res.status === 200 && c.req.path.startsWith("/assets/");
    c.res.headers.set("Cache-Control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    c.res.headers.set("Content-Security-Policy", policy);
  });
  app.use("*", serveStatic({ root: pageDir, precompressed: true }));
  return app;
}
