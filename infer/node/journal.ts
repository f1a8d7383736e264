/**
 * Which blocks of an output are on the disk: a line a block, appended after the block's own bytes are synced.
 * @module
 */
import { type FileHandle, open, readFile } from "node:fs/promises";
import { writeError } from "../../data/node/atomic.ts";
import { sha256 } from "../../data/node/hash.ts";

/** What a journal keeps of a finished block beside its being finished. */
export interface BlockFacts {
  /** Profiles with an out-of-distribution score above 1. */
  readonly outOfDistribution: number;
  /** Profiles that lack more landmarks than the options accept of the input as a whole. */
  readonly incomplete: number;
}

/** One finished block. */
export interface JournalEntry extends BlockFacts {
  readonly block: number;
}

/** The blocks on record, by number. */
export type FinishedBlocks = ReadonlyMap<number, BlockFacts>;

/** `plan block outOfDistribution incomplete check`: a line torn by a crash fails its own check. */
function lineOf(plan: string, { block, outOfDistribution, incomplete }: JournalEntry): string {
  const facts = `${plan.slice(0, 16)} ${block} ${outOfDistribution} ${incomplete}`;
  return `${facts} ${sha256(facts).slice(0, 16)}`;
}

/** The finished blocks of a plan; lines of other plans and torn lines do not count. None where there is no journal. */
export async function readJournal(path: string, plan: string): Promise<FinishedBlocks> {
  const text = await readFile(path, "utf8").catch(() => "");
  const finished = new Map<number, BlockFacts>();
  for (const line of text.split("\n")) {
    const [, block, outOfDistribution, incomplete] = line.split(" ").map(Number);
    if (block === undefined || outOfDistribution === undefined || incomplete === undefined) continue;
    const entry = { block, outOfDistribution, incomplete };
    if (line === lineOf(plan, entry)) finished.set(block, { outOfDistribution, incomplete });
  }
  return finished;
}

/** An open journal: appended to, and synced with every append. */
export class Journal implements AsyncDisposable {
  readonly #path: string;
  readonly #plan: string;
  readonly #file: FileHandle;

  private constructor(path: string, plan: string, file: FileHandle) {
    this.#path = path;
    this.#plan = plan;
    this.#file = file;
  }

  /**
   * Opens the journal of a plan: `"w"` begins a new one, `"a"` goes on.
   * @throws AppError `cannot-create`
   */
  static async open(path: string, plan: string, flags: "w" | "a"): Promise<Journal> {
    try {
      const file = await open(path, flags);
      // A line that a crash has torn must not join with the next one.
      await file.appendFile("\n");
      return new Journal(path, plan, file);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Records blocks whose bytes are on the disk. @throws AppError `cannot-create` */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    try {
      await this.#file.appendFile(entries.map((entry) => `${lineOf(this.#plan, entry)}\n`).join(""));
      await this.#file.datasync();
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
