/**
 * The HTTP app: routes, errors and headers, without a port.
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import { codeVersion } from "../schemas/index.ts";
import type { ServeContext } from "./context.ts";
import { errorResponse, httpFault } from "./error-status.ts";
import { geneNameRoutes } from "./routes/gene-names.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { modelFileRoutes } from "./routes/model-files.ts";
import { modelMetadataRoutes } from "./routes/model-metadata.ts";
import { pageRoutes } from "./routes/page.ts";
import { profileInferenceRoutes } from "./routes/profile-inference.ts";
import { publishedModelRoutes } from "./routes/published-models.ts";
import { router } from "./routes/router.ts";
import { tensorInferenceRoutes } from "./routes/tensor-inference.ts";

/** Headers of every response: a page may use threads (cross-origin isolation), and nobody guesses types. */
const everywhere = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
} as const;

function commonHeaders({ isReady }: ServeContext): MiddlewareHandler {
  return async (c, next) => {
    await next();
    // Set in place: `c.header` would make a new response, which node-server sends by a slower way.
    for (const [name, value] of Object.entries(everywhere)) c.res.headers.set(name, value);
    // A server that shuts down wants its clients to connect to another one.
    if (!isReady()) c.res.headers.set("Connection", "close");
  };
}

function countRequests({ metrics }: ServeContext): MiddlewareHandler {
  return async (c, next) => {
    const startedMs = performance.now();
    await next();
    const route = routePath(c, -1);
    metrics.add("landfall_requests_total", { route, method: c.req.method, status: String(c.res.status) });
    metrics.observe("landfall_request_seconds", { route }, (performance.now() - startedMs) / 1000);
  };
}

/** The app of a server; the return type carries the types of `hc<App>`. */
export function makeApp(context: ServeContext) {
  const fail = (c: Context, error: unknown): Response => {
    const fault = httpFault(error);
    if (fault.status >= 500)
      context.log.error({ err: error, method: c.req.method, path: c.req.path, status: fault.status }, fault.message);
    return errorResponse(c, fault, context.inference.retrySeconds);
  };
  const app = router();
  app.use(countRequests(context), commonHeaders(context));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        c.header("Allow", methods.join(", "));
        return errorResponse(c, { status: 405, message: "Method Not Allowed" }, 0);
      },
    }),
  );
  app.onError((error, c) => fail(c, error));
  app.notFound((c) => errorResponse(c, { status: 404, message: `there is nothing at ${c.req.path}` }, 0));
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "Landfall", version: codeVersion, description: "Infers a whole transcriptome from landmark genes." },
  });
  return app
    .route("/", healthRoutes(context))
    .route("/", modelMetadataRoutes(context))
    .route("/", tensorInferenceRoutes(context))
    .route("/", publishedModelRoutes(context))
    .route("/", profileInferenceRoutes(context))
    .route("/", metricsRoutes(context))
    .route("/", modelFileRoutes(context))
    .route("/", geneNameRoutes(context))
    .route("/", pageRoutes(context));
}

/** Types of the routes, for `hc<App>` of `hono/client`. */
export type App = ReturnType<typeof makeApp>;
