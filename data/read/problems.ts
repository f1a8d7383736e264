/**
 * Problems of one kind, collected and thrown once.
 * @module
 */
import { AppError, type Fault } from "../../schemas/index.ts";

/** Five places are enough to see the pattern; reading on would only cost time. */
const shownProblems = 5;

/** Collects where one thing is wrong; {@link Problems.throwIfAny} throws them as one `bad-data` error. */
export class Problems {
  readonly #fault: Fault;
  readonly #examples: string[] = [];

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  /**
   * Adds one place.
   * @throws AppError `bad-data` once five are known
   */
  add(example: string): void {
    this.#examples.push(example);
    if (this.#examples.length >= shownProblems) this.throwIfAny();
  }

  /** @throws AppError `bad-data` when there is any */
  throwIfAny(): void {
    if (this.#examples.length > 0) throw new AppError("bad-data", { ...this.#fault, examples: [...this.#examples] });
  }
}
