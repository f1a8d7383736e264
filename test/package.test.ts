import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { parseSync } from "vite";
import { expect, it } from "vitest";
import { z } from "zod";
import { codeVersion } from "../schemas/version.ts";

const Package = z.object({
  name: z.literal("landfall"),
  version: z.string(),
  license: z.literal("MIT"),
  type: z.literal("module"),
  bin: z.record(z.string(), z.string()),
  imports: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string(), default: z.string() })])),
  allowScripts: z.object({ "onnxruntime-node": z.literal(false), protobufjs: z.literal(false) }),
  dependencies: z.record(z.string(), z.string().regex(/^\d+\.\d+\.\d+$/, "an exact version")),
  devDependencies: z.record(z.string(), z.string().regex(/^\d+\.\d+\.\d+$/, "an exact version")),
  peerDependencies: z.record(z.string(), z.string().regex(/^\d+\.\d+\.\d+$/, "an exact version")),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.literal(true) })),
});
const Lock = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
});
const manifest = Package.parse(JSON.parse(readFileSync("package.json", "utf8")));

it("has a lock file that npm ci accepts on every platform", () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
  const missing = Object.entries(packages).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${where}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

it("never installs its peers by default: all are optional", () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
  const peers = Object.keys(manifest.peerDependencies);
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(peers);
  expect(peers.filter((name) => `node_modules/${name}` in packages)).toEqual([]);
});

it("exports, imports and bins only files that exist after the build", () => {
  const targets = [
    ...Object.values(manifest.exports).flatMap((e) => (typeof e === "string" ? [e] : [e.types, e.default])),
    ...Object.values(manifest.imports).filter((path) => !path.includes("*")),
    ...Object.values(manifest.bin),
  ];
  expect(targets.filter((path) => !existsSync(path))).toEqual([]);
});

it("declares types before the default in every export", () => {
  const orders = Object.values(manifest.exports).filter((e) => typeof e !== "string");
  expect(orders.map((e) => Object.keys(e)[0])).toEqual(orders.map(() => "types"));
});

it("keeps the launcher executable", () => {
  expect(statSync("bin/landfall.js").mode & 0o111).not.toBe(0);
});

it("bundles the command line with zod and commander, their licences beside it, and no package that is not declared", () => {
  const folder = "dist/program";
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  const packages = new Set<string>();
  for (const file of files) {
    const { module } = parseSync(file, readFileSync(join(folder, file), "utf8"));
    for (const { moduleRequest } of module.staticImports) {
      const [name = "", scoped = ""] = moduleRequest.value.split("/");
      if (!/^(\.|node:)/.test(name)) packages.add(name.startsWith("@") ? `${name}/${scoped}` : name);
    }
  }
  // Starting without them is what the bundle is for.
  expect([...packages].filter((name) => name === "zod" || name === "commander")).toEqual([]);
  const builtIn = new Set(builtinModules);
  const known = (name: string): boolean => name in manifest.dependencies || builtIn.has(name);
  expect([...packages].filter((name) => !known(name))).toEqual([]);
  const licences = readFileSync(join(folder, "licenses.md"), "utf8");
  for (const name of ["zod", "commander"])
    expect(licences).toContain(`## ${name} - ${manifest.dependencies[name]} (MIT)`);
});

it("records the package's own version", () => {
  expect(codeVersion).toBe(manifest.version);
});
