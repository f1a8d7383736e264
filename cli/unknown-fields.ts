import { z } from "zod";

/** Zod's message for fields that an object may not have, with those that it may; its other messages as they are. */
export const unknownFields: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys" || !(issue.inst instanceof z.ZodObject)) return undefined;
  const unknown = issue.keys.map((key) => JSON.stringify(key)).join(", ");
  return `no such field: ${unknown} (there are ${Object.keys(issue.inst.shape).join(", ")})`;
};
