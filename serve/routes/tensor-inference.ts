import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { OipError, OipRequest, OipResponse } from "../../schemas/index.ts";
import type { ServeContext } from "../context.ts";
import { withDeadline } from "../deadline.ts";
import type { SizedJob } from "../inference.ts";
import type { ModelPlace } from "../model-pool.ts";
import { feedsOf } from "../oip/feeds.ts";
import { jsonNumbers, requireJsonSize, type WantedOutput, wantedOutputs } from "../oip/outputs.ts";
import { headerLengthHeader, parseRequest, type ReceivedRequest } from "../oip/parse-request.ts";
import { type ComputedOutput, type EncodedAnswer, encodeAnswer } from "../oip/write-response.ts";
import { bodyReservation, readBody } from "../read-body.ts";
import type { ModelFacts } from "../served-model.ts";
import { jsonContent, pathParam, router } from "./router.ts";

const binary = z.string().meta({ format: "binary" });

const infer = {
  method: "post" as const,
  tags: ["inference"],
  summary: "Runs a model's graph on tensors",
  description:
    `JSON, or a JSON header of \`${headerLengthHeader}\` bytes with the tensors' bytes behind it (Triton's binary tensor ` +
    "data extension), or with a length of 0 the bytes of the one input alone. The content type is not looked at. " +
    "`Content-Encoding` may be gzip or deflate.",
  responses: {
    200: {
      description: "the outputs, binary where that was asked for",
      content: { "application/json": { schema: OipResponse }, "application/octet-stream": { schema: binary } },
    },
    400: jsonContent(OipError, "the message does not fit the model"),
    404: jsonContent(OipError, "no such model or version"),
    413: jsonContent(OipError, "more bytes, rows or JSON than the server takes"),
    415: jsonContent(OipError, "a content encoding that the server does not read"),
    503: jsonContent(OipError, "busy: Retry-After says when to come back"),
    504: jsonContent(OipError, "not answered within the deadline"),
  },
};
const model = pathParam("model", "name of a model");
const version = pathParam("version", "number of a version, or an alias");
/** Only documented: the body is read by hand, whatever its content type says. */
const body = {
  required: true,
  content: { "application/json": { schema: OipRequest }, "application/octet-stream": { schema: binary } },
};
const inferRoute = createRoute({
  ...infer,
  path: "/v2/models/{model}/infer",
  request: { params: z.object({ model }), body },
});
const versionInferRoute = createRoute({
  ...infer,
  path: "/v2/models/{model}/versions/{version}/infer",
  request: { params: z.object({ model, version }), body },
});

/** Milliseconds that a request gives itself, in Triton's parameter `timeout` (microseconds); never more than ours. */
function deadlineOf(received: ReceivedRequest, deadlineMs: number): number {
  const timeout = received.kind === "declared" ? received.request.parameters?.["timeout"] : undefined;
  return typeof timeout === "number" && timeout > 0 ? Math.min(deadlineMs, timeout / 1000) : deadlineMs;
}

/** `POST /v2/models/{model}[/versions/{version}]/infer`. */
export function tensorInferenceRoutes({ catalogue, inference, limits, bodies }: ServeContext) {
  const answer = async (place: ModelPlace, received: ReceivedRequest, client: AbortSignal): Promise<EncodedAnswer> => {
    let wanted: readonly WantedOutput[] = [];
    const plan = ({ inputs, outputs }: ModelFacts): SizedJob => {
      const feeds = feedsOf(received, { name: place.name, inputs, maxRows: limits.maxRows });
      const rows = Object.values(feeds)[0]?.dims[0] ?? 1;
      wanted = wantedOutputs(received, { name: place.name, outputs });
      requireJsonSize(jsonNumbers(wanted, rows), limits.maxJsonNumbers);
      return { job: { kind: "tensors", feeds, fetch: wanted.map(({ signature }) => signature.name) }, rows };
    };
    const deadlineMs = deadlineOf(received, limits.deadlineMs);
    const ran = await withDeadline({ deadlineMs, client }, (signal) => inference.run({ place, plan, signal }));
    if (ran.kind !== "tensors") throw new Error("tensors were answered with profiles");
    const computed = wanted.map(({ signature: { name }, isBinary }): ComputedOutput => {
      const tensor = ran.outputs[name];
      if (tensor === undefined) throw new Error(`the run left out ${name}`);
      return { name, tensor, isBinary };
    });
    const id = received.kind === "declared" ? received.request.id : undefined;
    return encodeAnswer({ model: place.name, version: place.version, id }, computed);
  };
  const handle = async (c: Context, place: ModelPlace): Promise<Response> => {
    const request = c.req.raw;
    const { maxBodyBytes, maxJsonBytes } = limits;
    return bodies.hold(bodyReservation(request, maxBodyBytes), async () => {
      const bytes = await readBody(request, { maxBytes: maxBodyBytes });
      const header = request.headers.get(headerLengthHeader);
      const encoded = await answer(place, parseRequest(bytes, { header, maxJsonBytes }), request.signal);
      return c.body(encoded.body, 200, encoded.headers);
    });
  };
  const app = router();
  for (const route of [inferRoute, versionInferRoute]) {
    app.openAPIRegistry.registerPath(route);
    app.post(route.getRoutingPath(), async (c) =>
      handle(c, await catalogue.find(c.req.param("model") ?? "", c.req.param("version"))),
    );
  }
  return app;
}
