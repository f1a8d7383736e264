import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";

const readme = readFileSync("README.md", "utf8");
const launcher = resolve("bin/landfall.js");

/** The commands of the README's ```sh blocks. */
const commands = [...readme.matchAll(/```sh\n([^`]*)```/g)].flatMap((match) => (match[1] ?? "").trim().split("\n"));

it("begins with the two commands of a fresh machine", () => {
  expect(commands.slice(0, 2)).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(scripts).toMatchObject({ demo: "node bin/landfall.js demo", test: expect.stringContaining("vitest run") });
});

describe("what comes after the demo", () => {
  const folder = mkdtempSync(join(tmpdir(), "landfall-readme-"));
  let server: ChildProcess | undefined;
  afterAll(() => {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("serves the demo's models to the requests shown", async () => {
    const shown = commands.slice(2);
    const [serve, ...requests] = shown;
    expect(serve).toBe("npx landfall serve --models demo/models");
    expect(requests.every((request) => request.startsWith("curl -s http://127.0.0.1:8080/"))).toBe(true);
    const demo = spawnSync(process.execPath, [launcher, "demo"], { cwd: folder, encoding: "utf8" });
    expect(demo.status).toBe(0);
    const args = (serve ?? "").split(" ").slice(2);
    server = spawn(process.execPath, [launcher, ...args, "--port", "0"], { cwd: folder });
    const output = server.stdout;
    if (output === null) throw new Error("the server has no output");
    const [url] = (await once(createInterface({ input: output }), "line")) as [string];
    for (const request of requests) {
      const answer = await fetch(request.replace("curl -s http://127.0.0.1:8080", url));
      expect([request, answer.status]).toEqual([request, 200]);
      expect(await answer.json()).toMatchObject({ name: "dgex" });
    }
    expect((await fetch(url)).headers.get("content-type")).toContain("text/html");
  }, 900_000);

  it("runs the library code on the demo's files, with the result in its comment", async () => {
    const code = /```ts\n([^`]*)```/.exec(readme)?.[1] ?? "";
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(resolve("."), join(folder, "node_modules", "landfall"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "example.ts"), code);
    const options = ["--target", "es2022", "--lib", "es2023,esnext.disposable,dom", "--module", "nodenext", "--strict"];
    const tsc = [resolve("node_modules/typescript/bin/tsc"), ...options, "--skipLibCheck", "--types", "", "example.ts"];
    const compiled = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
    expect(compiled.stdout).toBe("");
    const { stdout, stderr } = spawnSync(process.execPath, ["example.js"], { cwd: folder, encoding: "utf8" });
    const promised = /console\.log\(.*\/\/ (.*)$/m.exec(code)?.[1];
    expect([stdout.trim(), stderr]).toEqual([promised, ""]);
  }, 600_000);
});
