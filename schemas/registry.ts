import { z } from "zod";

/** A model's name: also a folder's name and a path segment of a URL. */
export const ModelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "lower-case letters, digits, '.', '_' and '-', at most 63 characters")
  .meta({ id: "ModelName" });
export type ModelName = z.infer<typeof ModelName>;

/** An alias: starts with a letter, so that it never looks like a version. */
export const AliasName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, "starts with a letter; lower-case letters, digits, '_' and '-'")
  .meta({ id: "AliasName" });
export type AliasName = z.infer<typeof AliasName>;

/** `aliases.json`: alias → version. */
export const Aliases = z
  .object({ schemaVersion: z.literal(1), aliases: z.record(AliasName, z.number().int().positive()) })
  .meta({ id: "Aliases" });
export type Aliases = z.infer<typeof Aliases>;

/** A line of `history.jsonl`, append-only. */
export const HistoryEntry = z
  .object({
    at: z.iso.datetime(),
    who: z.string(),
    action: z.enum(["publish", "alias", "rollback", "remove"]),
    version: z.number().int().positive(),
    alias: AliasName.optional(),
    /** The version that the alias pointed to before. */
    from: z.number().int().positive().optional(),
    why: z.string().optional(),
    contentHash: z.string().optional(),
  })
  .meta({ id: "HistoryEntry" });
export type HistoryEntry = z.infer<typeof HistoryEntry>;
