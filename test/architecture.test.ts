import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

/** The import table of docs/architecture.md: room → rooms (or folders of rooms) it may import. */
const table: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  onnx: ["schemas"],
  runtime: ["onnx", "schemas"],
  data: ["runtime", "schemas"],
  evaluate: ["data", "runtime", "schemas"],
  export: ["onnx", "runtime", "data", "evaluate", "schemas"],
  train: ["export/lower", "evaluate", "data", "runtime", "onnx", "schemas"],
  registry: ["evaluate", "onnx", "data", "schemas"],
  infer: ["runtime", "onnx", "data", "schemas"],
  serve: ["infer", "registry", "data", "runtime", "schemas"],
  web: ["infer", "data", "runtime", "schemas"],
};
/** Packages that a room may use only in the folders named: what the browser's bundle must not carry. */
const keptOut: Readonly<Record<string, RegExp>> = {
  "@tensorflow/": /^(export|train)\//,
  "onnxruntime-node": /^runtime\/node\//,
  commander: /^cli\//,
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function filesOf(room: string): string[] {
  try {
    return readdirSync(room, { recursive: true, encoding: "utf8" })
      .filter((f) => f.endsWith(".ts"))
      .map((f) => join(room, f));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function importsOf(file: string): Import[] {
  const code = readFileSync(file, "utf8");
  const { module } = parseSync(file, code);
  const fixed = module.staticImports.map((i) => i.moduleRequest.value);
  const again = module.staticExports.flatMap((e) => e.entries.flatMap((x) => x.moduleRequest?.value ?? []));
  const lazy = module.dynamicImports.map((i) => code.slice(i.moduleRequest.start + 1, i.moduleRequest.end - 1));
  return [...fixed, ...again, ...lazy].map((from) => ({ file, from }));
}

const inside = ({ file, from }: Import): string => normalize(join(dirname(file), from));

describe.each(Object.entries(table))("%s/", (room, allowed) => {
  it(`imports only ${allowed.join(", ") || "nothing"}`, () => {
    const wrong = filesOf(room)
      .flatMap(importsOf)
      .filter(({ from }) => from.startsWith("."))
      .filter((i) => ![room, ...allowed].some((to) => inside(i).startsWith(`${to}/`)))
      .map((i) => `${i.file} → ${inside(i)}`);
    expect(wrong).toEqual([]);
  });
  it("imports Node's modules and other rooms' Node parts only where it is Node", () => {
    const isomorphic = ["schemas", "onnx", "runtime", "data", "infer"].includes(room);
    const wrong = filesOf(room)
      .filter((file) => isomorphic && !file.startsWith(`${room}/node/`))
      .flatMap(importsOf)
      .filter((i) => i.from.startsWith("node:") || (i.from.startsWith(".") && /^[a-z]+\/node\//.test(inside(i))))
      .map((i) => `${i.file} → ${i.from}`);
    expect(wrong).toEqual([]);
  });
});

it("keeps training code and native runtimes out of rooms that do not need them", () => {
  const rooms = [...Object.keys(table), "cli"];
  const wrong = rooms
    .flatMap(filesOf)
    .flatMap(importsOf)
    .flatMap(({ file, from }) =>
      Object.entries(keptOut)
        .filter(([name, where]) => from.startsWith(name) && !where.test(file))
        .map(([name]) => `${file} → ${name}`),
    );
  expect(wrong).toEqual([]);
});

it("nothing imports the library's entry, the server, the page or the command line but they themselves and the command line", () => {
  const wrong = [...Object.keys(table), "library"]
    .flatMap(filesOf)
    .flatMap(importsOf)
    .filter((i) => i.from.startsWith(".") && /^(cli|library|serve|web)\//.test(inside(i)))
    .filter((i) => inside(i).split("/")[0] !== i.file.split("/")[0])
    .map((i) => `${i.file} → ${inside(i)}`);
  expect(wrong).toEqual([]);
});

/** Files and packages that are loaded with a file, itself included: not what is imported for its types or later. */
function loadedWith(file: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(file)) return known;
  known.add(file);
  const { module } = parseSync(file, readFileSync(file, "utf8"));
  const imported = module.staticImports
    .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
    .map(({ moduleRequest }) => moduleRequest.value);
  const again = module.staticExports.flatMap(({ entries }) =>
    entries.filter(({ isType }) => !isType).flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  for (const from of [...imported, ...again]) {
    if (from.startsWith(".")) loadedWith(inside({ file, from }), known);
    else known.add(from);
  }
  return known;
}

it.each(["runtime/node/session-thread.ts", "data/node/hash-thread.ts"])("%s starts without zod", (program) => {
  // Loading it takes longer than starting the thread does.
  const loaded = loadedWith(program);
  expect(loaded).toContain("schemas/errors.ts");
  expect(loaded).not.toContain("zod");
  expect(loadedWith("schemas/index.ts")).toContain("zod");
});
