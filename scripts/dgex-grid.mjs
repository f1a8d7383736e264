// Writes recipes/dgex/: the 27 nets of the D-GEX paper (Chen et al. 2016, tables 1 and 2), layers × units × dropout.
// `--check` fails when they are stale.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const folder = new URL("../recipes/dgex/", import.meta.url);
const layerNames = ["one hidden layer", "two hidden layers", "three hidden layers"];

/** One net as a recipe file; whatever it does not say is as the authors published it. */
function recipe(layers, units, percent) {
  const name = `dgex-${layers}x${units}-d${percent}`;
  const hidden = Array.from({ length: layers }, () => units).join(", ");
  const dropout = percent === 0 ? "no dropout" : `${percent} % dropout`;
  const description = `D-GEX as published, ${layerNames[layers - 1]} of ${units} units, ${dropout}, all targets jointly.`;
  const text = `{
  "$schema": "../../schemas/json/Recipe.schema.json",
  "schemaVersion": 1,
  "name": "${name}",
  "description": "${description}",
  "family": "dgex",
  "hidden": [${hidden}],
  "dropout": ${percent / 100}
}
`;
  return [`${name}.json`, text];
}

const fresh = new Map(
  [1, 2, 3].flatMap((layers) =>
    [3000, 6000, 9000].flatMap((units) => [0, 10, 25].map((percent) => recipe(layers, units, percent))),
  ),
);

if (process.argv.includes("--check")) {
  const present = readdirSync(folder);
  const stale = [...fresh].filter(
    ([file, text]) => !present.includes(file) || readFileSync(new URL(file, folder), "utf8") !== text,
  );
  const extra = present.filter((file) => !fresh.has(file));
  if (stale.length + extra.length > 0) {
    console.error(
      `recipes/dgex is stale (${[...stale.map(([file]) => file), ...extra].join(", ")}): node scripts/dgex-grid.mjs`,
    );
    process.exit(1);
  }
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of fresh) writeFileSync(new URL(file, folder), text);
  console.log(`recipes/dgex: ${fresh.size} files`);
}
