import { OpenAPIHono, z } from "@hono/zod-openapi";
import { Problem } from "../../schemas/index.ts";
import { badRequest } from "../http-error.ts";

/** A part of the app: a trailing slash is none, and what a schema refuses is told like every other error. */
export function router(): OpenAPIHono {
  return new OpenAPIHono({
    strict: false,
    defaultHook: (result) => {
      if (!result.success) throw badRequest(z.prettifyError(result.error), result.error);
    },
  });
}

/** A path parameter of a route. */
export function pathParam(name: string, description: string): z.ZodString {
  return z.string().openapi({ param: { name, in: "path" }, description });
}

/** A response with a JSON body. */
export function jsonContent<S extends z.ZodType>(
  schema: S,
  description: string,
): { readonly description: string; readonly content: { readonly "application/json": { readonly schema: S } } } {
  return { description, content: { "application/json": { schema } } };
}

/** An error of `/v1` (RFC 9457). */
export function problemContent(description: string): {
  readonly description: string;
  readonly content: { readonly "application/problem+json": { readonly schema: typeof Problem } };
} {
  return { description, content: { "application/problem+json": { schema: Problem } } };
}
