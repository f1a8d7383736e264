import { createRoute, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler, TypedResponse } from "hono";
import { AppError, ProfileRequest, ProfileResponse } from "../../schemas/index.ts";
import type { ServeContext } from "../context.ts";
import { withDeadline } from "../deadline.ts";
import { tooLarge } from "../http-error.ts";
import type { SizedJob } from "../inference.ts";
import { jsonStream, numberPieces } from "../json-numbers.ts";
import type { ModelPlace } from "../model-pool.ts";
import { requireJsonSize } from "../oip/outputs.ts";
import { bodyReservation, readBody } from "../read-body.ts";
import type { InferredProfiles, ModelFacts } from "../served-model.ts";
import { jsonContent, pathParam, problemContent, router } from "./router.ts";

/** Reads the body within the limits, before the validator does. */
function limitedJson({ limits, bodies }: ServeContext): MiddlewareHandler {
  const maxBytes = Math.min(limits.maxBodyBytes, limits.maxJsonBytes);
  return async (c, next) => {
    await bodies.hold(bodyReservation(c.req.raw, maxBytes), async () => {
      const bytes = await readBody(c.req.raw, { maxBytes });
      // A view of an ArrayBuffer: zlib and the host hand over no shared memory.
      c.req.raw = new Request(c.req.raw, { method: "POST", body: bytes as Uint8Array<ArrayBuffer> });
      await next();
    });
  };
}

const profileRoute = (context: ServeContext) =>
  createRoute({
    method: "post",
    path: "/v1/infer/{model}",
    tags: ["inference"],
    summary: "Infers the genes of a model from profiles with gene ids",
    description: "Genes are found by row id, Entrez, Ensembl or symbol; missing landmarks are imputed.",
    middleware: limitedJson(context),
    request: {
      params: z.object({ model: pathParam("model", "`name`, `name:3` or `name@alias`") }),
      body: { required: true, content: { "application/json": { schema: ProfileRequest } } },
    },
    responses: {
      200: jsonContent(ProfileResponse, "the model's landmarks as measured, and its targets as inferred"),
      400: problemContent("the profiles cannot be used"),
      404: problemContent("no such model"),
      413: problemContent("more bytes, rows or numbers than the server takes"),
      415: problemContent("the body is not JSON"),
      422: problemContent("the profiles are on another scale than the model's"),
      503: problemContent("busy: Retry-After says when to come back"),
      504: problemContent("not answered within the deadline"),
    },
  });

/** The matrix of a request, NaN = missing. @throws AppError `bad-data` naming the rows of another length. */
function matrixOf({ genes, samples, values }: ProfileRequest): Float32Array {
  const wrong = values.flatMap((row, i) =>
    row.length === genes.length ? [] : [`values[${i}] has ${row.length} values`],
  );
  if (samples !== undefined && samples.length !== values.length) wrong.push(`samples has ${samples.length} names`);
  if (wrong.length > 0)
    throw new AppError("bad-data", {
      what: "the values do not fit the ids",
      expected: `${values.length} samples of ${genes.length} genes`,
      examples: wrong,
    });
  const matrix = new Float32Array(values.length * genes.length);
  for (const [i, row] of values.entries())
    for (let j = 0; j < row.length; j++) matrix[i * genes.length + j] = row[j] ?? Number.NaN;
  return matrix;
}

/** The JSON of an answer, row by row. */
function* jsonPieces(
  head: Omit<ProfileResponse, "values">,
  { values, genes, samples }: InferredProfiles,
): Generator<Uint8Array | string> {
  yield `${JSON.stringify(head).slice(0, -1)},"values":[`;
  const tensor = { type: "float32", dims: [samples.length, genes.length], data: values } as const;
  for (let row = 0; row < samples.length; row++) {
    yield row === 0 ? "[" : ",[";
    yield* numberPieces(tensor, { start: row * genes.length, end: (row + 1) * genes.length });
    yield "]";
  }
  yield "]}";
}

function respond(c: Context, pieces: Iterable<Uint8Array | string>): TypedResponse<ProfileResponse, 200, "json"> {
  const response = c.body(jsonStream(pieces), 200, { "Content-Type": "application/json" });
  // The stream spells out what `c.json` would have typed.
  return response as unknown as TypedResponse<ProfileResponse, 200, "json">;
}

/** `POST /v1/infer/{model}`. */
export function profileInferenceRoutes(context: ServeContext) {
  const { catalogue, inference, limits } = context;
  const infer = async (place: ModelPlace, request: ProfileRequest, client: AbortSignal): Promise<InferredProfiles> => {
    const { genes, samples, values, ...options } = request;
    const rows = values.length;
    if (rows > limits.maxRows)
      throw tooLarge(
        `the request has ${rows} profiles, the limit is ${limits.maxRows} (--max-rows); send several requests`,
      );
    const matrix = matrixOf(request);
    const plan = ({ inputs, outputs }: ModelFacts): SizedJob => {
      const width = [...inputs, ...outputs].reduce(
        (sum, { dims }) => sum + (typeof dims[1] === "number" ? dims[1] : 0),
        0,
      );
      requireJsonSize(rows * width, limits.maxJsonNumbers);
      return { job: { kind: "profiles", genes, values: matrix, options, ...(samples && { samples }) }, rows };
    };
    const patience = { deadlineMs: limits.deadlineMs, client };
    const ran = await withDeadline(patience, (signal) => inference.run({ place, plan, signal }));
    if (ran.kind !== "profiles") throw new Error("profiles were answered with tensors");
    return ran.profiles;
  };
  return router().openapi(profileRoute(context), async (c) => {
    const request = c.req.valid("json");
    const place = await catalogue.find(c.req.valid("param").model);
    const profiles = await infer(place, request, c.req.raw.signal);
    const { contentHash } = await catalogue.head(place);
    const { genes, precision, measured, samples, ood, missing, absent, warnings } = profiles;
    const head = {
      model: place.name,
      version: place.version,
      contentHash,
      precision,
      harmonise: request.harmonise,
      scale: request.scale,
      genes: [...genes],
      measured: [...measured],
      samples: [...samples],
      ood: [...ood],
      missing: { landmarks: [...absent], perSample: [...missing] },
      warnings: [...warnings],
    };
    return respond(c, jsonPieces(head, profiles));
  });
}
