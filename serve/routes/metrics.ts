import type { Context } from "hono";
import type { ServeContext } from "../context.ts";
import { router } from "./router.ts";

/** `GET /metrics`, for Prometheus. */
export function metricsRoutes({ metrics }: ServeContext) {
  const app = router();
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    tags: ["health"],
    summary: "Counters in Prometheus' text format",
    responses: { 200: { description: "the counters", content: { "text/plain": { schema: { type: "string" } } } } },
  });
  app.get("/metrics", (c: Context) => c.body(metrics.text(), 200, { "Content-Type": "text/plain; version=0.0.4" }));
  return app;
}
