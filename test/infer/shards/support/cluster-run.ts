import { access, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { inferFile } from "../../../../infer/node/batch.ts";
import { loadModelFolder } from "../../../../infer/node/load-model.ts";
import { readMarkers } from "../../../../infer/node/shards/marker.ts";
import { planShards } from "../../../../infer/node/shards/plan-shards.ts";
import { readShardPlan, runFolder } from "../../../../infer/node/shards/run-folder.ts";
import { shardsStatus } from "../../../../infer/node/shards/status.ts";
import type { ShardMarker, ShardStatus } from "../../../../schemas/index.ts";
import { makeProfiles, writeProfiles } from "../../support/profiles.ts";
import { makeSmallModel } from "../../support/small-model.ts";
import { bytesOf } from "./bytes-of.ts";

/** The command line, as schedulers call it: built by the tests' global setup. */
export const landfall = fileURLToPath(new URL("../../../../bin/landfall.js", import.meta.url));
const striker = pathToFileURL(fileURLToPath(new URL("strike-once.mjs", import.meta.url))).href;

/** How a process of a shard is struck in the middle of writing, the first time. */
export type Strike = "process" | "task" | "stall";

/** A planned run of the small model in a folder of its own, with the output of one process as the oracle. */
export class ClusterRun implements AsyncDisposable {
  /** Everything of the test is in here. */
  readonly root: string;
  readonly run: string;
  readonly output: string;
  readonly #reference: Record<string, string>;

  private constructor(root: string, format: "gctx" | "zarr", reference: Record<string, string>) {
    this.root = root;
    this.run = join(root, "run");
    this.output = join(root, `out.${format}`);
    this.#reference = reference;
  }

  /** Plans a run of so many shards of 16 profiles, two blocks each. */
  static async plan(shards: number, format: "gctx" | "zarr" = "gctx"): Promise<ClusterRun> {
    // Short: the sockets of a scheduler lie in it.
    const root = await mkdtemp(join(tmpdir(), "lf-"));
    await mkdir(join(root, "marks"));
    const { dir } = await makeSmallModel(root);
    const input = join(root, "in.gctx");
    await writeProfiles(input, makeProfiles({ samples: 16 * shards }));
    await using model = await loadModelFolder(dir, { device: "cpu" });
    const single = join(root, `single.${format}`);
    await inferFile({ model, inputs: [input], output: single, blockRows: 8 });
    const made = new ClusterRun(root, format, await bytesOf(single));
    const what = { model, modelDir: dir, inputs: [input], output: made.output, folder: made.run };
    await planShards({ ...what, blockRows: 8, shardRows: 16 });
    return made;
  }

  /** The environment in which processes of these shards are struck. */
  environment(strikes: Readonly<Record<number, Strike>>): Record<string, string> {
    const list = Object.entries(strikes).map(([shard, strike]) => `${shard}:${strike}`);
    return {
      NODE_OPTIONS: `--import=${striker}`,
      LANDFALL_TEST_STRIKES: list.join(","),
      LANDFALL_TEST_MARKS: join(this.root, "marks"),
    };
  }

  /** What a strike that has happened left, as `pid node`. */
  async strike(kind: Strike, shard: number): Promise<string | undefined> {
    return await readFile(join(this.root, "marks", `${kind}.${shard}`), "utf8").catch(() => undefined);
  }

  async status(): Promise<ShardStatus> {
    return (await shardsStatus(this.run)).status;
  }

  /** Who computed what. */
  async markers(): Promise<ShardMarker[]> {
    const run = runFolder(this.run);
    return await readMarkers({ run, plan: await readShardPlan(run) });
  }

  /** Whether the output has the bytes of a run by one process. */
  async isReference(): Promise<boolean> {
    return isDeepStrictEqual(await bytesOf(this.output), this.#reference);
  }

  /** Waits for something, at most so long. */
  async until(isSo: () => Promise<boolean>, seconds: number): Promise<boolean> {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await delay(250)) if (await isSo()) return true;
    return await isSo();
  }

  /** Waits until the output and its record are there. */
  async merged(seconds: number): Promise<boolean> {
    const isThere = () =>
      access(`${this.output}.run.json`).then(
        () => true,
        () => false,
      );
    return await this.until(isThere, seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
