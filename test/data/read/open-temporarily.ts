import { onTestFinished } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import type { ExpressionSource } from "../../../data/source.ts";

/** Opens a file and closes it at the end of the test. */
export async function openTemporarily(path: string): Promise<ExpressionSource> {
  const source = await openExpression(path);
  onTestFinished(() => source[Symbol.asyncDispose]());
  return source;
}
