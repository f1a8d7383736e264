/**
 * Checkpoints: what a training needs to go on to the same weights, bit for bit. One file: the magic, the header's
 * length (uint32), the header (JSON), then float32 arrays in the header's order, all little-endian. Arrays go straight
 * from and to memory: a checkpoint takes no memory of its own.
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { writeAtomic } from "../data/node/atomic.ts";
import { AppError, isAppError } from "../schemas/errors.ts";

/** What one epoch came to: a line of `history.jsonl`. MAE in z units. */
export const EpochRow = z.object({
  epoch: z.number().int().positive(),
  /** Mean over the epoch's steps of the loss before each update. */
  loss: z.number(),
  /** On all validation rows. */
  validationMae: z.number().optional(),
  /** MAE on the fixed training rows that steer the learning rate. */
  monitorMae: z.number(),
  /** MAE on every set evaluated: `validation`, `test`, and `validation:NAME`, `test:NAME` where there are cohorts. */
  mae: z.record(z.string(), z.number()),
  /** Of the epoch's last step. */
  learningRate: z.number(),
  seconds: z.number(),
  samplesPerSecond: z.number(),
});
export type EpochRow = z.infer<typeof EpochRow>;

const Header = z.object({
  schemaVersion: z.literal(2),
  /** Hash of recipe and dataset. */
  identity: z.string(),
  /** Finished steps of the epoch after the last of the history. */
  step: z.number().int().nonnegative(),
  /** Sum of the losses of those steps. */
  lossSum: z.number(),
  /** The best epoch by each validation set. */
  selections: z.array(z.object({ name: z.string(), epoch: z.number().int(), validationMae: z.number() })),
  /** The finished epochs: with the place, all that schedules and early stopping look at. */
  history: z.array(EpochRow),
});

/** Where a training stands, without its arrays. */
export type Position = Omit<z.infer<typeof Header>, "schemaVersion" | "identity">;

type Arrays = ReadonlyMap<string, Float32Array>;

/** A {@link Position} with the state, and the weights of the epochs that selections name; arrays by tensor name. */
export interface Checkpoint {
  readonly position: Position;
  readonly state: Arrays;
  readonly kept: ReadonlyMap<number, Arrays>;
}

/** Where checkpoints go, and which training they belong to. */
export interface CheckpointPlan {
  readonly path: string;
  readonly identity: string;
}

const Sizes = z.array(z.tuple([z.string(), z.number().int()]));
const FileHeader = Header.extend({
  state: Sizes,
  kept: z.array(z.object({ epoch: z.number().int(), weights: Sizes })),
});

const magic = "LFCKPT02";
/** Bytes a read or write: Node refuses more than 2 GiB at once. */
const pieceBytes = 2 ** 26;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function append(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.length - at, pieceBytes));
    at += bytesWritten;
  }
}

/** Writes a checkpoint atomically: a crash leaves the one before. @throws AppError `cannot-create`. */
export async function writeCheckpoint(
  { path, identity }: CheckpointPlan,
  { position, state, kept }: Checkpoint,
): Promise<void> {
  const sizes = (arrays: Arrays) => [...arrays].map(([name, { length }]): [string, number] => [name, length]);
  const header: z.infer<typeof FileHeader> = {
    schemaVersion: 2,
    identity,
    ...position,
    state: sizes(state),
    kept: [...kept].map(([epoch, weights]) => ({ epoch, weights: sizes(weights) })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  await writeAtomic(path, async (temporary) => {
    await using file = await open(temporary, "wx");
    await append(file, Buffer.concat([Buffer.from(magic), length, text]));
    for (const arrays of [state, ...kept.values()])
      for (const values of arrays.values()) await append(file, bytesOf(values));
  });
}

const damaged = (where: string, got: string, cause?: unknown): AppError =>
  new AppError(
    "bad-data",
    { what: "not a whole checkpoint", where, got, advice: "Remove it and train from the start" },
    { cause },
  );

/** Fills `bytes` from the file's position on. */
async function fill(file: FileHandle, bytes: Uint8Array, path: string): Promise<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, pieceBytes));
    if (bytesRead === 0) throw damaged(path, "it ends early");
    at += bytesRead;
  }
  return bytes;
}

async function readHeader(file: FileHandle, path: string): Promise<z.infer<typeof FileHeader>> {
  const start = Buffer.from(await fill(file, new Uint8Array(magic.length + 4), path));
  if (start.toString("latin1", 0, magic.length) !== magic) throw damaged(path, "it begins with other bytes");
  const text = Buffer.from(await fill(file, new Uint8Array(start.readUInt32LE(magic.length)), path)).toString();
  try {
    return FileHeader.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(path, "its header cannot be read", cause);
  }
}

/** Which training a file is a checkpoint of; `undefined` for one that is none, or damaged. */
export async function checkpointIdentity(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, "r");
    return (await readHeader(file, path)).identity;
  } catch (error) {
    if (isAppError(error, "bad-data")) return undefined;
    throw error;
  }
}

/**
 * Reads a checkpoint.
 * @throws AppError `no-input` when there is none, `other-plan` when it belongs to another recipe or dataset,
 * `bad-data` when it is damaged.
 */
export async function readCheckpoint({ path, identity }: CheckpointPlan): Promise<Checkpoint> {
  const opened = await open(path, "r").catch((cause: unknown) => {
    const advice = "Train without --resume";
    throw new AppError("no-input", { what: "there is no checkpoint to go on from", where: path, advice }, { cause });
  });
  await using file = opened;
  const header = await readHeader(file, path);
  if (header.identity !== identity)
    throw new AppError("other-plan", {
      what: "the checkpoint belongs to another recipe or dataset",
      where: path,
      advice: "Resume with the recipe and dataset it was started with, or remove it",
    });
  const arrays = async (sizes: readonly (readonly [string, number])[]) => {
    const read = new Map<string, Float32Array>();
    for (const [name, length] of sizes) {
      const values = new Float32Array(length);
      await fill(file, bytesOf(values), path);
      read.set(name, values);
    }
    return read;
  };
  const { schemaVersion: _version, identity: _identity, state: stateSizes, kept: keptSizes, ...position } = header;
  const state = await arrays(stateSizes);
  const kept = new Map<number, Arrays>();
  for (const { epoch, weights } of keptSizes) kept.set(epoch, await arrays(weights));
  return { position, state, kept };
}
