import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Command } from "commander";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseBytes, serveCommand } from "../../cli/commands/serve.ts";
import { AppError } from "../../schemas/index.ts";
import { readAnswer, values } from "../serve/support/oip-message.ts";
import { deepGraph, publishGraph, smallRepository } from "../serve/support/repository.ts";

let models: string;
beforeAll(async () => {
  ({ models } = await smallRepository());
  await publishGraph(models, { name: "deep", graph: deepGraph(200) });
});

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** Starts the command in a process of its own and waits for its URL. */
async function serveProcess(
  ...args: readonly string[]
): Promise<{ process: ChildProcess; url: string; log: () => object[] }> {
  const started = spawn(process.execPath, ["test/cli/serve-process.mjs", "--models", models, "--port", "0", ...args]);
  child = started;
  const lines: string[] = [];
  createInterface({ input: started.stderr }).on("line", (line) => lines.push(line));
  const [url] = (await once(createInterface({ input: started.stdout }), "line")) as [string];
  return { process: started, url, log: () => lines.map((line) => JSON.parse(line) as object) };
}

describe("landfall serve", () => {
  it("prints its address, answers, and on SIGTERM finishes what is in flight and exits 0", async () => {
    const { process: server, url, log } = await serveProcess("--device", "cpu", "--threads", "1", "--grace", "30");
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
    const rows = 1000;
    const running = fetch(`${url}/v2/models/deep/infer`, {
      method: "POST",
      body: new Float32Array(rows * 256).fill(0.5),
      headers: { "Inference-Header-Content-Length": "0" },
    });
    while (!log().some((line) => "msg" in line && line.msg === "model loaded"))
      await new Promise((resolve) => setTimeout(resolve, 10));
    server.kill("SIGTERM");
    // Not "exit": what it wrote last may still be on its way then.
    const exit = once(server, "close");
    const answer = await readAnswer(await running);
    expect([answer.status, values(answer, "y").length]).toEqual([200, rows * 256]);
    expect(await exit).toEqual([0, null]);
    expect(log().map((line) => ("msg" in line ? line.msg : ""))).toEqual([
      "listening",
      "model loaded",
      "draining",
      "stopped",
    ]);
  });

  it("keeps to its limits", async () => {
    const { url } = await serveProcess("--max-body", "1K", "--max-rows", "2", "--grace", "1");
    const send = (rows: number): Promise<Response> =>
      fetch(`${url}/v2/models/small/infer`, {
        method: "POST",
        body: new Float32Array(rows * 24),
        headers: { "Inference-Header-Content-Length": "0" },
      });
    expect((await readAnswer(await send(3))).json.error).toMatch(/3 rows, the limit is 2/);
    expect((await readAnswer(await send(11))).json.error).toMatch(/limit of 1 KiB/);
  });

  it.each([
    [["--port", "x"], /--port.* whole number from 0 to 65535/],
    [["--port", "70000"], /0 to 65535/],
    [["--max-rows", "0"], /whole number from 1 up/],
    [["--max-body", "9G"], /not a size/],
    [["--device", "abacus"], /Allowed choices are/],
  ])("refuses %s", async (args, text) => {
    const program = new Command("landfall").exitOverride();
    const signal = AbortSignal.abort();
    const [onProgress, print, note] = [() => undefined, () => undefined, () => undefined];
    serveCommand(program, { signal, onProgress, print, note });
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
    await expect(program.parseAsync(["serve", "--models", models, ...args], { from: "user" })).rejects.toThrow(text);
  });

  it("says so when its port is taken, and exits 69", async () => {
    const { url } = await serveProcess("--grace", "0");
    const program = new Command("landfall").exitOverride();
    const context = {
      signal: AbortSignal.abort(),
      onProgress: () => undefined,
      print: () => undefined,
      note: () => undefined,
    };
    serveCommand(program, context);
    const taken = program.parseAsync(["serve", "--models", models, "--port", new URL(url).port], { from: "user" });
    await expect(taken).rejects.toMatchObject({ tag: "unavailable", exitCode: 69 });
  });
});

it.each([
  ["1", 1],
  ["64M", 67_108_864],
  ["64MiB", 67_108_864],
  ["1.5k", 1536],
  ["2 GB", 2 ** 31],
])("reads the size %s", (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});
it.each(["", "0", "-1", "M", "1T", "3G", "1e3"])("refuses the size %j", (text) => {
  expect(() => parseBytes(text)).toThrow(AppError);
});
