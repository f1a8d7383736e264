import { AppError } from "../schemas/index.ts";

/** Bytes that all requests together may hold. */
export class ByteBudget {
  readonly #total: number;
  #held = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /**
   * Holds bytes until `use` has settled. A single request always fits.
   * @throws AppError `try-again` when the bytes of other requests leave too little
   */
  async hold<T>(bytes: number, use: () => Promise<T>): Promise<T> {
    if (this.#held > 0 && this.#held + bytes > this.#total)
      throw new AppError("try-again", { what: "the server is busy with other requests' bodies", advice: "Try again" });
    this.#held += bytes;
    try {
      return await use();
    } finally {
      this.#held -= bytes;
    }
  }
}
