import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { openExpression } from "../../data/node/open.ts";
import { writeExpression } from "../../data/node/write.ts";
import { type Listening, listen } from "../../serve/listen.ts";
import { makeProfiles, withoutGenes, writeProfiles } from "../infer/support/profiles.ts";
import { sizes } from "../infer/support/small-model.ts";
import { fileFolder, smallRepository } from "../serve/support/repository.ts";
import { needChromium, openChromium } from "./chromium.ts";
import { LandfallPage } from "./landfall-page.ts";

const samples = 30;
/** All landmarks of two profiles, one value of the second in letters. */
const landmarkNames = Array.from({ length: sizes.landmarks }, (_, i) => `LMK${i}`);
const badCell = [
  ["sample", ...landmarkNames],
  ["A", ...landmarkNames.map(() => "7")],
  ["B", "seven", ...landmarkNames.slice(1).map(() => "7")],
]
  .map((cells) => cells.join("\t"))
  .join("\n");

let browser: Browser | undefined;
let server: Listening;
let folder: string;

beforeAll(async () => {
  browser = await openChromium();
  const { models } = await smallRepository();
  server = await listen({ models, log: { info: () => undefined, error: console.error }, port: 0 });
  folder = await fileFolder();
  const gctx = join(folder, "plate.gctx");
  await writeProfiles(gctx, makeProfiles({ samples }));
  await using source = await openExpression(gctx);
  await writeExpression(join(folder, "plate.gct"), source);
  await writeExpression(join(folder, "plate.tsv.gz"), source);
});
afterAll(async () => {
  await browser?.close();
  await server.close();
});

const open = (context: TestContext): Promise<LandfallPage> =>
  LandfallPage.open(needChromium(browser, context), server.url);

describe("the page", () => {
  it("is isolated, so that threads share memory, and offers what is published, the current version first", async (context) => {
    await using landfall = await open(context);
    expect(await landfall.page.evaluate("crossOriginIsolated")).toBe(true);
    expect(await landfall.page.getByLabel("Published model").locator("option").allTextContents()).toEqual([
      "small · version 1 (production)",
      "small · version 2 (earlier)",
    ]);
    const facts = await landfall.modelFacts.innerText();
    expect(facts).toContain(String(sizes.landmarks));
    expect(facts).toMatch(/WebAssembly, \d threads?/);
    expect(landfall.faults).toEqual([]);
  });

  it("offers the weights that the version has, and says which it took", async (context) => {
    await using landfall = await open(context);
    const weights = await landfall.page.getByLabel("Weights").locator("option").all();
    const offered = await Promise.all(
      weights.map(async (option) => [await option.textContent(), await option.isDisabled()]),
    );
    expect(offered).toEqual([
      ["smallest that runs well", false],
      ["float32", false],
      ["16 bits", true],
      ["8 bits", true],
      ["4 bits", true],
    ]);
    expect(await landfall.modelFacts.innerText()).toMatch(/Weights\s+float32/);
    expect(landfall.faults).toEqual([]);
  });

  it("infers the example, which it says is made up, and marks the profile that is unlike the training data", async (context) => {
    await using landfall = await open(context);
    await landfall.page.getByRole("button", { name: "Try a synthetic example" }).click();
    await landfall.report.locator("form").waitFor();
    expect(await landfall.page.locator("#input").innerText()).toMatch(/not measured/);
    await landfall.infer();
    expect(await landfall.result.innerText()).toMatch(/8\s+profiles|Profiles\s+8/);
    await landfall.page.getByRole("button", { name: "Later profiles" }).click();
    await landfall.result.getByText("shuffled genes").waitFor();
    expect(landfall.faults).toEqual([]);
  });

  it("asks for another version when it is chosen, and looks at the input again", async (context) => {
    await using landfall = await open(context);
    await landfall.chooseFile(join(folder, "plate.gctx"));
    await landfall.page.getByLabel("Published model").selectOption("1");
    await landfall.report.locator("form").waitFor();
    await landfall.infer();
    expect(landfall.requests.filter((request) => request.includes("/models/small/2/model.onnx"))).toHaveLength(1);
  });
});

describe.each(["plate.gctx", "plate.gct", "plate.tsv.gz"])("a dropped %s", (name) => {
  it("is inferred, shown and given back, and nothing of it is sent anywhere", async (context) => {
    await using landfall = await open(context);
    const transfer = await landfall.page.evaluateHandle(
      `(() => { const text = atob(${JSON.stringify((await readFile(join(folder, name))).toString("base64"))});
        const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], ${JSON.stringify(name)}));
        return transfer; })()`,
    );
    await landfall.page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
    await landfall.report.locator("form").waitFor();
    const report = await landfall.report.innerText();
    expect(report).toContain(`${sizes.landmarks} of ${sizes.landmarks}`);
    expect(report).toContain("The scale fits the model");
    await landfall.infer();

    const gctx = await landfall.download(/GCTX/);
    expect(gctx.name).toBe("plate.inferred.gctx");
    await using source = await openExpression(gctx.path);
    expect(source.samples.ids).toEqual(Array.from({ length: samples }, (_, i) => `S${i}`));
    expect(source.genes.ids).toHaveLength(sizes.landmarks + sizes.targets);
    expect([...source.samples.fields.keys()]).toContain("lf_ood");
    const tsv = await landfall.download(/TSV/);
    await using table = await openExpression(tsv.path);
    expect(table.genes.ids).toEqual(source.genes.ids);

    expect(
      landfall.requests.filter((request) => !request.startsWith(`GET ${server.url}/`) && !request.includes("blob:")),
    ).toEqual([]);
    expect(landfall.faults).toEqual([]);
  });
});

describe("landmarks under other names", () => {
  const profiles = makeProfiles({ samples });
  const named = (names: Readonly<Record<string, string>>) => {
    const ids = profiles.genes.ids.map((id) => names[id] ?? id);
    return writeProfiles(join(folder, "named.gctx"), { ...profiles, genes: { ...profiles.genes, ids } });
  };
  const tables = ({ requests }: LandfallPage): readonly string[] =>
    requests.filter((request) => /genes(\/\w+)?\.tsv$/.test(request) && !request.includes("/models/"));

  it("are found by the server's table, which is fetched for them alone, and told", async (context) => {
    await using landfall = await open(context);
    await landfall.chooseFile(join(folder, "plate.gctx"));
    expect(tables(landfall)).toEqual([]);
    // CDH2 and CDH7, whose Entrez ids the model has: a former alias and an Ensembl id.
    await named({ LMK0: "CDHN", LMK5: "ENSG00000081138" });
    await landfall.chooseFile(join(folder, "named.gctx"));
    await landfall.report.getByText("1 landmark found under other names").click();
    const report = await landfall.report.innerText();
    expect(report).toContain(`${sizes.landmarks} of ${sizes.landmarks}`);
    expect(report).toContain("LMK0 as CDHN");
    await landfall.infer();
    expect(tables(landfall)).toEqual([
      `GET ${server.url}/genes.tsv`,
      expect.stringMatching(/\/genes\/[0-9a-f]{16}\.tsv$/),
    ]);
    expect(landfall.faults).toEqual([]);
  });
});

describe("the table", () => {
  it("finds a gene by its name and tells measured from inferred ones", async (context) => {
    await using landfall = await open(context);
    await landfall.chooseFile(join(folder, "plate.gctx"));
    await landfall.infer();
    await landfall.page.getByLabel("Find a gene").fill("tgt1");
    const rows = landfall.result.locator("tbody th");
    expect(await rows.allInnerTexts()).toEqual(["TGT1", ...Array.from({ length: 10 }, (_, i) => `TGT1${i}`)]);
    await landfall.page.getByLabel("Show").selectOption("measured");
    await landfall.result.getByText("No gene has this name").waitFor();
    await landfall.page.getByLabel("Find a gene").fill("LMK0");
    expect(await landfall.result.locator("tbody tr").nth(1).innerText()).toMatch(/LMK0\s+measured/);
  });
});

describe("what goes wrong", () => {
  it.for([
    ["a spreadsheet", "book.xlsx", "PK\u0003\u0004 rest", /no expression matrix[^]*zip or Excel[^]*TSV/],
    ["an empty file", "empty.tsv", "", /the file is empty/i],
    ["a cell that is no number", "bad.tsv", badCell, /line 3[^]*seven/],
    ["another species", "mouse.tsv", `sample\tAbc1\tAbc2\nA\t7.5\t8\nB\t7\t8\n`, /24 of 24 landmarks are missing/],
  ] as const)("is said: %s", async ([, name, text, words], context) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await using landfall = await open(context);
    await landfall.chooseFile(path);
    expect(await landfall.report.getByRole("alert").innerText()).toMatch(words);
    expect(landfall.faults).toEqual([]);
  });

  it("is mended where it can be: missing landmarks that the user allows, a scale by its harmonisation", async (context) => {
    const profiles = makeProfiles({ samples });
    const dropped = ["LMK3", "LMK4", "LMK5"];
    const linear = { ...profiles, values: profiles.values.map((value) => 2 ** value) };
    await writeProfiles(join(folder, "linear.gctx"), withoutGenes(linear, dropped));
    await using landfall = await open(context);
    await landfall.chooseFile(join(folder, "linear.gctx"));
    await landfall.page.getByLabel("Missing landmarks").selectOption("0.25");
    await landfall.report.getByText("The scale does not fit").waitFor();
    expect(await landfall.page.getByRole("radio", { name: /quantile/ }).isChecked()).toBe(true);
    await landfall.page.getByRole("radio", { name: /none/ }).check();
    expect(await landfall.page.getByRole("button", { name: "Infer all genes" }).isDisabled()).toBe(true);
    await landfall.page.getByRole("radio", { name: /quantile/ }).check();
    await landfall.infer();
    expect(await landfall.result.innerText()).toContain("Landmark values imputed");
  });

  it("is said of a model that is damaged on its way", async (context) => {
    const page = await needChromium(browser, context).newPage();
    await page.route("**/genes.tsv", (route) => route.fulfill({ body: "id\trole" }));
    await page.goto(server.url);
    expect(await page.locator("#model [role=alert]").innerText()).toMatch(/another size than its manifest says/);
    await page.close();
  });
});

it("fits a telephone, and is used by the keyboard alone", async (context) => {
  await using landfall = await open(context);
  const { page } = landfall;
  await page.setViewportSize({ width: 400, height: 800 });
  await page.getByLabel("Published model").focus();
  const names: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    names.push(String(await page.evaluate("document.activeElement.id || document.activeElement.textContent")));
    await page.keyboard.press("Tab");
  }
  expect(names.slice(3)).toEqual(["file", "Try a synthetic example"]);
  await page.getByRole("button", { name: "Try a synthetic example" }).press("Enter");
  const run = page.getByRole("button", { name: "Infer all genes" });
  await run.press("Enter");
  await landfall.result.locator("table").waitFor();
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
});
