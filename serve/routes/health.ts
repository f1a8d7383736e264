import { createRoute, z } from "@hono/zod-openapi";
import { codeVersion, OipError, ServerMetadata } from "../../schemas/index.ts";
import type { ServeContext } from "../context.ts";
import { jsonContent, router } from "./router.ts";

const liveRoute = createRoute({
  method: "get",
  path: "/v2/health/live",
  tags: ["health"],
  summary: "The server runs",
  responses: { 200: jsonContent(z.object({ live: z.boolean() }), "it does") },
});

const readyRoute = createRoute({
  method: "get",
  path: "/v2/health/ready",
  tags: ["health"],
  summary: "The server takes requests: every model of the repository can be asked for",
  responses: {
    200: jsonContent(z.object({ live: z.boolean(), ready: z.boolean() }), "it does"),
    503: jsonContent(OipError, "it shuts down"),
  },
});

const metadataRoute = createRoute({
  method: "get",
  path: "/v2",
  tags: ["health"],
  summary: "Name, version and protocol extensions of the server",
  responses: { 200: jsonContent(ServerMetadata, "metadata") },
});

const extensions = ["binary_tensor_data", "model_repository_index"];

/** `/v2/health/*` and `/v2`: answered from memory, whatever the models do. */
export function healthRoutes({ isReady }: ServeContext) {
  return router()
    .openapi(liveRoute, (c) => c.json({ live: true }, 200))
    .openapi(readyRoute, (c) =>
      isReady() ? c.json({ live: true, ready: true }, 200) : c.json({ error: "the server is shutting down" }, 503),
    )
    .openapi(metadataRoute, (c) => c.json({ name: "landfall", version: codeVersion, extensions }, 200));
}
