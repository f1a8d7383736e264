import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach } from "vitest";
import { type MergeOutcome, type MergeShardsOptions, mergeShards } from "../../../../infer/node/shards/merge-shards.ts";
import { type PlannedShards, type PlanShardsOptions, planShards } from "../../../../infer/node/shards/plan-shards.ts";
import { type RunShardsOptions, runShards, type ShardsOutcome } from "../../../../infer/node/shards/run-shards.ts";
import { BatchFixture } from "../../support/batch-fixture.ts";
import { writeProfiles } from "../../support/profiles.ts";

/**
 * The batch fixture with its input written and inferred by one process (the oracle): 50 profiles, blocks of 8, shards of
 * 16, so that there are 4.
 */
export class ShardsFixture extends BatchFixture {
  #reference: Buffer | undefined;

  constructor() {
    super();
    beforeEach(async () => {
      await writeProfiles(this.input, this.profiles());
      await this.infer({ output: this.path("reference.gctx") });
      this.#reference = await readFile(this.path("reference.gctx"));
    });
  }

  /** The bytes of a run by one process. */
  get reference(): Buffer {
    if (this.#reference === undefined) throw new Error("the reference is made before each test");
    return this.#reference;
  }

  get run(): string {
    return this.path("run");
  }

  /** A path inside the run's folder. */
  inRun(...names: readonly string[]): string {
    return join(this.run, ...names);
  }

  plan(more: Partial<PlanShardsOptions> = {}): Promise<PlannedShards> {
    const { model, small, input, output, run } = this;
    const what = { model, modelDir: small.dir, inputs: [input], output, folder: run };
    return planShards({ ...what, blockRows: 8, shardRows: 16, ...more });
  }

  /** Runs the shards named, or all. */
  shards(wanted?: readonly number[], more: Partial<RunShardsOptions> = {}): Promise<ShardsOutcome> {
    const pick = wanted === undefined ? undefined : () => wanted;
    return runShards({ folder: this.run, pick, environment: {}, ...more });
  }

  merge(more: Partial<MergeShardsOptions> = {}): Promise<MergeOutcome> {
    return mergeShards({ folder: this.run, ...more });
  }

  /** The output. */
  async merged(): Promise<Buffer> {
    return await readFile(this.output);
  }
}
