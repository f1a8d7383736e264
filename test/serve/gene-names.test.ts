import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseReferenceTable } from "../../data/genes/reference-table.ts";
import { readGeneTable } from "../../data/node/gene-reference.ts";
import { ProfileResponse } from "../../schemas/index.ts";
import { openModel } from "../../serve/open-model.ts";
import { failure } from "../infer/support/batch-fixture.ts";
import { makeProfiles } from "../infer/support/profiles.ts";
import { smallRepository } from "./support/repository.ts";
import { type TestServer, testServer } from "./support/server.ts";

let folder: string;
let hgnc: string;
let models: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-serve-genes-"));
  hgnc = join(folder, "hgnc.txt");
  const header = "symbol\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\n";
  await writeFile(hgnc, `${header}NEWLMK5\t\tFORMERLMK5\t1005\t\n`);
  ({ models } = await smallRepository());
});
afterAll(() => rm(folder, { recursive: true }));

describe("/genes.tsv", () => {
  const found = async ({ app }: TestServer, encoding: string): Promise<Response> => {
    const first = await app.request("/genes.tsv");
    expect([first.status, first.headers.get("Cache-Control")]).toEqual([302, "no-cache"]);
    const { pathname } = new URL(first.headers.get("Location") ?? "", "http://localhost/genes.tsv");
    return await app.request(pathname, { headers: { "Accept-Encoding": encoding } });
  };

  it("leads to the shipped table, which browsers may keep, packed for those that take gzip", async () => {
    const shipped = await readFile("assets/human-genes.tsv");
    const server = testServer(models, { geneTable: await readGeneTable() });
    const plain = await found(server, "br, gzip;q=0");
    expect(plain.headers.get("Cache-Control")).toContain("immutable");
    expect(plain.headers.get("Content-Encoding")).toBeNull();
    expect(shipped.equals(Buffer.from(await plain.arrayBuffer()))).toBe(true);
    const packed = await found(server, "gzip, deflate, br");
    expect(packed.headers.get("Content-Encoding")).toBe("gzip");
    expect(packed.headers.get("Vary")).toBe("Accept-Encoding");
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(bytes.length).toBeLessThan(0.6 * shipped.length);
    expect(gunzipSync(bytes).equals(shipped)).toBe(true);
  });

  it("has the names of the HGNC file that the server was given, at another address", async () => {
    const [shipped, renamed] = [await readGeneTable(), await readGeneTable({ hgnc })];
    const gene = parseReferenceTable(renamed, "table").find(({ entrez }) => entrez === "1005");
    expect(gene).toMatchObject({ symbol: "NEWLMK5", previous: expect.arrayContaining(["FORMERLMK5"]) });
    expect(renamed).toContain("# Names replaced by those of hgnc.txt\n");
    const addresses = [shipped, renamed].map(async (geneTable) =>
      (await testServer(models, { geneTable }).app.request("/genes.tsv")).headers.get("Location"),
    );
    expect(new Set(await Promise.all(addresses)).size).toBe(2);
  });

  it("is not there without a table", async () => {
    expect((await testServer(models).app.request("/genes.tsv")).status).toBe(404);
  });
});

describe("profiles whose landmarks go by other names", () => {
  const infer = async (server: TestServer, name: string): Promise<ProfileResponse> => {
    const { genes, values } = makeProfiles({ samples: 1 });
    const body = { genes: genes.ids.map((id) => (id === "LMK5" ? name : id)), values: [Array.from(values)] };
    const headers = { "Content-Type": "application/json" };
    const response = await server.app.request("/v1/infer/small", {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return ProfileResponse.parse(await response.json());
  };

  it("are found by the shipped names, as `infer` finds them", async () => {
    const server = testServer(models);
    // The Ensembl id of the gene with Entrez id 1005, CDH7.
    expect((await infer(server, "ENSG00000081138")).missing.landmarks).toEqual([]);
    expect((await infer(server, "FORMERLMK5")).missing.landmarks).toEqual(["LMK5"]);
  });

  it("are found by those of the server's HGNC file", async () => {
    const server = testServer(models, { open: (dir) => openModel(dir, { device: "cpu", threads: 1, hgnc }) });
    expect((await infer(server, "FORMERLMK5")).missing.landmarks).toEqual([]);
  });
});

it("a server does not start with an HGNC file that is none", async () => {
  const { listen } = await import("../../serve/listen.ts");
  const log = { info: () => undefined, error: () => undefined };
  await writeFile(join(folder, "no.txt"), "x\n");
  expect((await failure(listen({ models, log, port: 0, hgnc: join(folder, "no.txt") }))).tag).toBe("bad-data");
});
