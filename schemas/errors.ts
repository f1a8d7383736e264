/**
 * Every error a user can meet: one class, a closed set of tags, and one exit code a tag.
 * @module
 */

/** Tag → exit status (sysexits.h). The server's table maps the same tags to HTTP statuses. */
export const exitCodes = {
  usage: 64,
  "bad-data": 65,
  "scale-mismatch": 65,
  "bad-model": 65,
  "no-input": 66,
  "unknown-model": 66,
  unavailable: 69,
  internal: 70,
  "cannot-create": 73,
  "other-plan": 73,
  "try-again": 75,
  cancelled: 75,
} as const;

export type ErrorTag = keyof typeof exitCodes;

/** What, where, expected, got, what to do: the parts every message is made of. */
export interface Fault {
  /** One sentence without a full stop: what is wrong. */
  readonly what: string;
  /** File, dataset path, gene, sample, line or column, or URL. */
  readonly where?: string;
  readonly expected?: string;
  readonly got?: string;
  /** What the user can do about it, imperative. */
  readonly advice?: string;
  /** All problems of the kind, at most a handful; the first ones are printed. */
  readonly examples?: readonly string[];
}

/** An error with a tag, the parts of its message, and the exit status it ends the process with. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly tag: ErrorTag;
  readonly fault: Fault;

  constructor(tag: ErrorTag, fault: Fault, options: { readonly cause?: unknown } = {}) {
    super(faultMessage(fault), options);
    this.tag = tag;
    this.fault = fault;
  }

  get exitCode(): number {
    return exitCodes[this.tag];
  }
}

/** True when `error` is an {@link AppError} with one of `tags` (any tag when none is given). */
export function isAppError(error: unknown, ...tags: readonly ErrorTag[]): error is AppError {
  return error instanceof AppError && (tags.length === 0 || tags.includes(error.tag));
}

/** The one text form of a fault: `where: what (expected …, got …); e.g. …. Advice.` */
export function faultMessage({ what, where, expected, got, advice, examples = [] }: Fault): string {
  const compared = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
  const shown = examples.slice(0, 5).join("; ");
  const more = examples.length > 5 ? ` and ${examples.length - 5} more` : "";
  return [
    where ? `${where}: ${what}` : what,
    compared ? ` (${compared})` : "",
    shown ? `: ${shown}${more}` : "",
    advice ? `. ${advice}` : "",
  ].join("");
}
