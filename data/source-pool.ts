/**
 * Many files, few of them open: a file is opened when it is read, and closed again when too many others are.
 * @module
 */
import { AppError } from "../schemas/index.ts";
import type { ExpressionSource } from "./source.ts";

/** Opens one of the files; called again when it has been closed in between. */
export type OpenMember = (index: number) => Promise<ExpressionSource>;

/**
 * Files open at once. One is read at a time, so more serve only those who come back: a survey that looks at each of a
 * few large files in several places does not parse their ids again.
 */
const mostOpen = 8;

/** Opens files by number and keeps the latest ones open; disposing of it closes them. */
export class SourcePool implements AsyncDisposable {
  readonly #open: OpenMember;
  /** By number, the one used longest ago first. */
  readonly #members = new Map<number, ExpressionSource>();
  readonly #shapes = new Map<number, string>();

  constructor(open: OpenMember) {
    this.#open = open;
  }

  /**
   * The file with this number; it stays the pool's, and is open until {@link mostOpen} others have been asked for.
   * @throws AppError `bad-data` when it has other axes than when it was opened first; and what opening throws
   */
  async use(index: number): Promise<ExpressionSource> {
    const member = this.#members.get(index) ?? (await this.#opened(index));
    this.#members.delete(index);
    this.#members.set(index, member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#members.values()];
    this.#members.clear();
    for (const member of open) await member[Symbol.asyncDispose]();
  }

  async #opened(index: number): Promise<ExpressionSource> {
    const [oldest] = this.#members;
    if (oldest !== undefined && this.#members.size >= mostOpen) {
      this.#members.delete(oldest[0]);
      await oldest[1][Symbol.asyncDispose]();
    }
    const member = await this.#open(index);
    const shape = `${member.samples.ids.length} samples, ${member.genes.ids.length} genes`;
    const before = this.#shapes.get(index);
    this.#shapes.set(index, shape);
    if (before === undefined || before === shape) return member;
    await member[Symbol.asyncDispose]();
    throw new AppError("bad-data", {
      what: "the file was changed while it was read",
      where: member.label,
      expected: before,
      got: shape,
    });
  }
}
