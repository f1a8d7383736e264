/**
 * The models in memory: loaded when they are asked for, at most so many, the one unused for longest makes room.
 * @module
 */
import { AppError, isAppError } from "../schemas/index.ts";

/** A version of a model in the repository. */
export interface ModelPlace {
  readonly name: string;
  readonly version: number;
  readonly dir: string;
}

interface Entry<Model> {
  readonly place: ModelPlace;
  readonly loading: Promise<Model>;
  users: number;
  /** Of the pool's clock, which counts uses. */
  lastUse: number;
  /** Out of the pool: closed when its last user is done. */
  retired: boolean;
  /** Called when it is closed. */
  readonly onClosed: () => void;
  readonly closed: Promise<void>;
}

/** What a pool is made of. */
export interface PoolOptions<Model> {
  readonly maxModels: number;
  readonly load: (place: ModelPlace) => Promise<Model>;
}

const keyOf = ({ name, version }: ModelPlace): string => `${name}:${version}`;

/** Loaded models by version; disposing of the pool waits for their users and closes them. */
export class ModelPool<Model extends AsyncDisposable> implements AsyncDisposable {
  readonly #options: PoolOptions<Model>;
  readonly #entries = new Map<string, Entry<Model>>();
  readonly #failures = new Map<string, string>();
  /** Everything not closed yet, in the pool or retired. */
  readonly #open = new Set<Entry<Model>>();
  readonly #closing = new Set<Promise<void>>();
  #clock = 0;

  constructor(options: PoolOptions<Model>) {
    this.#options = options;
  }

  /** Models in memory or being loaded. */
  get loaded(): readonly ModelPlace[] {
    return [...this.#entries.values()].map(({ place }) => place);
  }

  /** Why the last attempt to load a version failed; undefined where it did not. */
  failureOf(place: ModelPlace): string | undefined {
    return this.#failures.get(keyOf(place));
  }

  /**
   * Uses a model, loading it first where needed; it stays loaded at least until `use` has settled.
   * A model whose session has ended (`unavailable`) is dropped: the next request loads it anew.
   * @throws AppError `try-again` when every place is taken by a model in use; what loading or `use` throws
   */
  async with<T>(place: ModelPlace, use: (model: Model) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(keyOf(place)) ?? this.#admit(place);
    entry.users += 1;
    entry.lastUse = this.#clock++;
    try {
      return await use(await entry.loading);
    } catch (error) {
      if (isAppError(error, "unavailable")) this.#retire(entry);
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.retired && entry.users === 0) this.#close(entry);
    }
  }

  #admit(place: ModelPlace): Entry<Model> {
    if (this.#entries.size >= this.#options.maxModels) this.#evict();
    let onClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const loading = this.#load(place);
    const entry: Entry<Model> = { place, loading, users: 0, lastUse: 0, retired: false, closed, onClosed };
    this.#entries.set(keyOf(place), entry);
    this.#open.add(entry);
    entry.loading.catch((error: unknown) => {
      this.#failures.set(keyOf(place), error instanceof Error ? error.message : String(error));
      this.#retire(entry);
    });
    return entry;
  }

  async #load(place: ModelPlace): Promise<Model> {
    // What was evicted gives its memory back first.
    await Promise.all(this.#closing);
    const model = await this.#options.load(place);
    this.#failures.delete(keyOf(place));
    return model;
  }

  #evict(): void {
    const idle = [...this.#entries.values()].filter(({ users }) => users === 0);
    const [oldest] = idle.toSorted((a, b) => a.lastUse - b.lastUse);
    if (oldest === undefined)
      throw new AppError("try-again", {
        what: `all ${this.#options.maxModels} places for models are in use (--max-models)`,
        advice: "Try again when other models are idle",
      });
    this.#retire(oldest);
  }

  #retire(entry: Entry<Model>): void {
    if (entry.retired) return;
    entry.retired = true;
    this.#entries.delete(keyOf(entry.place));
    if (entry.users === 0) this.#close(entry);
  }

  #close(entry: Entry<Model>): void {
    const closing = entry.loading
      .then((model) => model[Symbol.asyncDispose]())
      // A model that was never loaded has nothing to close, one whose session has ended is closed.
      .catch(() => undefined)
      .finally(() => {
        this.#closing.delete(closing);
        this.#open.delete(entry);
        entry.onClosed();
      });
    this.#closing.add(closing);
  }

  /** Closes every model, those in use when their users are done. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const entry of this.#entries.values()) this.#retire(entry);
    await Promise.all([...this.#open].map(({ closed }) => closed));
  }
}
