import { createRoute, z } from "@hono/zod-openapi";
import {
  AppError,
  ModelMetadata,
  OipError,
  RepositoryIndexEntry,
  RepositoryIndexRequest,
} from "../../schemas/index.ts";
import type { ServeContext } from "../context.ts";
import { badRequest } from "../http-error.ts";
import type { ModelPlace } from "../model-pool.ts";
import { tensorMetadata } from "../oip/datatypes.ts";
import { readBody } from "../read-body.ts";
import { jsonContent, pathParam, router } from "./router.ts";

const model = pathParam("model", "name of a model; `name@alias` is one of its versions");
const version = pathParam("version", "number of a version, or an alias");
const unknown = jsonContent(OipError, "no such model or version");
const Ready = z.object({ name: z.string(), ready: z.boolean() });

const metadata = {
  method: "get" as const,
  tags: ["models"],
  summary: "Tensors and versions of a model",
  responses: { 200: jsonContent(ModelMetadata, "metadata"), 404: unknown },
};
const metadataRoute = createRoute({
  ...metadata,
  path: "/v2/models/{model}",
  request: { params: z.object({ model }) },
});
const versionMetadataRoute = createRoute({
  ...metadata,
  path: "/v2/models/{model}/versions/{version}",
  request: { params: z.object({ model, version }) },
});

const ready = {
  method: "get" as const,
  tags: ["models"],
  summary: "The model can be asked for: it is loaded at its first inference",
  responses: {
    200: jsonContent(Ready, "it can"),
    404: unknown,
    503: jsonContent(OipError, "its last loading failed"),
  },
};
const readyRoute = createRoute({
  ...ready,
  path: "/v2/models/{model}/ready",
  request: { params: z.object({ model }) },
});
const versionReadyRoute = createRoute({
  ...ready,
  path: "/v2/models/{model}/versions/{version}/ready",
  request: { params: z.object({ model, version }) },
});

const indexRoute = createRoute({
  method: "post",
  path: "/v2/repository/index",
  tags: ["models"],
  summary: "All versions of all models",
  description: 'The body may be empty, or `{ "ready": true }` for those that can be asked for.',
  responses: {
    200: jsonContent(z.array(RepositoryIndexEntry), "the versions"),
    400: jsonContent(OipError, "the body is not understood"),
  },
});

/** The body of an index request, read by hand: clients send it empty and without a type. */
async function indexRequest(request: Request): Promise<RepositoryIndexRequest> {
  const text = new TextDecoder().decode(await readBody(request, { maxBytes: 4096 }));
  if (text.trim() === "") return {};
  try {
    return RepositoryIndexRequest.parse(JSON.parse(text));
  } catch (error) {
    throw badRequest("the body must be empty or a JSON object with 'ready' true or false", error);
  }
}

/** Metadata and readiness of models, and the repository's index. */
export function modelMetadataRoutes({ catalogue, inference, isReady }: ServeContext) {
  const describe = async (place: ModelPlace): Promise<ModelMetadata> => {
    const { inputs, outputs } = await catalogue.head(place);
    const versions = (await catalogue.versions(place.name)).map((known) => String(known.version));
    const tensors = { inputs: inputs.map(tensorMetadata), outputs: outputs.map(tensorMetadata) };
    return { name: place.name, versions, platform: "onnxruntime_onnx", ...tensors };
  };
  const readiness = (place: ModelPlace): z.infer<typeof Ready> => {
    const failure = inference.failureOf(place);
    if (failure === undefined && isReady()) return { name: place.name, ready: true };
    throw new AppError("try-again", { what: `Model version not ready: ${failure ?? "the server is shutting down"}` });
  };
  const entry = (place: ModelPlace): RepositoryIndexEntry => {
    const failure = inference.failureOf(place);
    const state = failure === undefined ? "READY" : "UNAVAILABLE";
    return { name: place.name, version: String(place.version), state, reason: failure ?? "" };
  };
  return router()
    .openapi(metadataRoute, async (c) => {
      const params = c.req.valid("param");
      return c.json(await describe(await catalogue.find(params.model)), 200);
    })
    .openapi(versionMetadataRoute, async (c) => {
      const params = c.req.valid("param");
      return c.json(await describe(await catalogue.find(params.model, params.version)), 200);
    })
    .openapi(readyRoute, async (c) => {
      const params = c.req.valid("param");
      return c.json(readiness(await catalogue.find(params.model)), 200);
    })
    .openapi(versionReadyRoute, async (c) => {
      const params = c.req.valid("param");
      return c.json(readiness(await catalogue.find(params.model, params.version)), 200);
    })
    .openapi(indexRoute, async (c) => {
      const asked = await indexRequest(c.req.raw);
      const names = await catalogue.names();
      const places = (await Promise.all(names.map((name) => catalogue.versions(name)))).flat();
      const entries = places.map(entry);
      return c.json(asked.ready === true ? entries.filter(({ state }) => state === "READY") : entries, 200);
    });
}
