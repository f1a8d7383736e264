// Writes schemas/json/<id>.json from the zod schemas, for editors. `--check` fails when they are stale.
// Runs on the built dist/: `npm run build && npm run schemas`.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import * as schemas from "../dist/schemas/index.js";

const roots = [
  "Recipe",
  "SearchSpace",
  "Dataset",
  "ModelManifest",
  "TrainingRun",
  "Evaluation",
  "InferPlan",
  "InferRun",
  "InferOptions",
  "ShardPlan",
  "ShardManifest",
  "ShardStatus",
  "Aliases",
  "HistoryEntry",
  "GeneRecord",
  "Progress",
];
const byName = new Map(Object.entries(schemas));
const folder = new URL("../schemas/json/", import.meta.url);
const check = process.argv.includes("--check");

/** What users write is described by its input form: defaulted fields are optional, and a file may name its schema. */
const describe = (name) =>
  z.toJSONSchema(byName.get(name), {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false && jsonSchema.properties?.schemaVersion !== undefined)
        jsonSchema.properties.$schema = { type: "string" };
    },
  });
const fresh = new Map(roots.map((name) => [`${name}.schema.json`, `${JSON.stringify(describe(name), null, 2)}\n`]));
if (check) {
  const read = (file) => {
    try {
      return readFileSync(new URL(file, folder), "utf8");
    } catch {
      return undefined;
    }
  };
  const stale = [...fresh].filter(([file, text]) => read(file) !== text).map(([file]) => file);
  const extra = readdirSync(folder).filter((file) => !fresh.has(file));
  if (stale.length + extra.length > 0) {
    console.error(`schemas/json is stale (${[...stale, ...extra].join(", ")}): npm run schemas`);
    process.exit(1);
  }
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of fresh) writeFileSync(new URL(file, folder), text);
  console.log(`schemas/json: ${fresh.size} files`);
}
