import { createRoute, z } from "@hono/zod-openapi";
import { PublishedModel, PublishedModels } from "../../schemas/index.ts";
import type { ServeContext } from "../context.ts";
import { jsonContent, pathParam, problemContent, router } from "./router.ts";

const listRoute = createRoute({
  method: "get",
  path: "/v1/models",
  tags: ["models"],
  summary: "All models with their versions",
  responses: { 200: jsonContent(PublishedModels, "the models, by name") },
});

const showRoute = createRoute({
  method: "get",
  path: "/v1/models/{model}",
  tags: ["models"],
  summary: "One model with its versions",
  request: { params: z.object({ model: pathParam("model", "name of a model") }) },
  responses: { 200: jsonContent(PublishedModel, "the model"), 404: problemContent("no such model") },
});

/** `/v1/models`: what people and the page want to know of the repository. */
export function publishedModelRoutes({ catalogue, inference }: ServeContext) {
  /** With what is known of the versions that are in memory. */
  const describe = async (model: string): Promise<PublishedModel> => {
    const described = await catalogue.describe(model);
    const versions = described.versions.map((version) => {
      const facts = inference.factsOf({ name: described.name, version: version.version });
      return { ...version, ...(facts && { loaded: { provider: facts.provider, precision: facts.precision } }) };
    });
    return { ...described, versions };
  };
  return router()
    .openapi(listRoute, async (c) => {
      const models: PublishedModel[] = [];
      for (const name of await catalogue.names()) models.push(await describe(name));
      return c.json({ models }, 200);
    })
    .openapi(showRoute, async (c) => c.json(await describe(c.req.valid("param").model), 200));
}
