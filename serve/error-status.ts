/**
 * From errors to statuses and bodies: one table over the tags, the string error of `/v2`, the problems of `/v1`.
 * @module
 */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorTag, isAppError, type OipError, type Problem } from "../schemas/index.ts";

/** What a tag means to a client. A file that cannot be read is the server's: requests name no files. */
const tagStatus: { readonly [T in ErrorTag]: ContentfulStatusCode } = {
  usage: 400,
  "bad-data": 400,
  "scale-mismatch": 422,
  "bad-model": 500,
  "no-input": 500,
  "unknown-model": 404,
  unavailable: 503,
  internal: 500,
  "cannot-create": 500,
  "other-plan": 409,
  "try-again": 503,
  cancelled: 504,
};

/** RFC 9110 reason phrases of the statuses in use. */
const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** An error as HTTP tells it. */
export interface HttpFault {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  readonly tag?: ErrorTag;
}

/** The status and text of any error; one that nobody foresaw keeps its text for the log. */
export function httpFault(error: unknown): HttpFault {
  if (isAppError(error)) {
    const status = tagStatus[error.tag];
    // Where a file lies on the server is nobody's business but the operator's, who finds it in the log.
    const message = status === 500 ? `${error.fault.what}; the server's log says more` : error.message;
    return { status, message, tag: error.tag };
  }
  if (error instanceof HTTPException) return { status: error.status, message: error.message };
  return { status: 500, message: "internal error; the server's log says more", tag: "internal" };
}

/** True for the paths whose errors are the protocol's. */
const isProtocol = (path: string): boolean => path === "/v2" || path.startsWith("/v2/");

/** The response of an error in the form of its path; a 503 says when to come back. */
export function errorResponse(c: Context, { status, message, tag }: HttpFault, retrySeconds: number): Response {
  if (status === 503) c.header("Retry-After", String(retrySeconds));
  if (status === 415) c.header("Accept-Encoding", "gzip, deflate, identity");
  if (isProtocol(c.req.path)) return c.json({ error: message } satisfies OipError, status);
  const problem: Problem = {
    type: "about:blank",
    title: titles[status] ?? "Error",
    status,
    detail: message,
    ...(tag !== undefined && { tag }),
  };
  return c.body(JSON.stringify(problem), status, { "Content-Type": "application/problem+json" });
}
