/**
 * Errors that belong to HTTP alone; everything else is an `AppError`, whose tag `error-status.ts` maps.
 * @module
 */
import { HTTPException } from "hono/http-exception";

/** 413: the request, or what it asks for, is larger than the server's limit. */
export function tooLarge(message: string): HTTPException {
  return new HTTPException(413, { message });
}

/** 415: a content type or encoding that the route does not read. */
export function unsupportedMedia(message: string): HTTPException {
  return new HTTPException(415, { message });
}

/** 400: the message itself is malformed. */
export function badRequest(message: string, cause?: unknown): HTTPException {
  return new HTTPException(400, { message, cause });
}

/** 404: there is nothing at this path. */
export function notFound(message: string): HTTPException {
  return new HTTPException(404, { message });
}
