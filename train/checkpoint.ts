/**
 * Checkpoints: what a training needs to go on to the same weights, bit for bit. One file: the magic, the header's
 * length (uint32), the header (JSON), then float32 arrays in the header's order, all little-endian.
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { writeAtomic } from "../data/node/atomic.ts";
import { AppError } from "../schemas/errors.ts";

/** What one epoch came to: a line of `history.jsonl`. MAE in z units. */
export const EpochRow = z.object({
  epoch: z.number().int().positive(),
  /** Mean over the epoch's steps of the loss before each update. */
  loss: z.number(),
  validationMae: z.number().optional(),
  /** MAE on the fixed training rows that steer the learning rate. */
  monitorMae: z.number(),
  /** Used in this epoch. */
  learningRate: z.number(),
  seconds: z.number(),
  samplesPerSecond: z.number(),
});
export type EpochRow = z.infer<typeof EpochRow>;

const Header = z.object({
  schemaVersion: z.literal(1),
  /** Hash of recipe and dataset. */
  identity: z.string(),
  /** Finished epochs, and finished steps of the next. */
  epoch: z.number().int().nonnegative(),
  step: z.number().int().nonnegative(),
  /** Sum of the losses of those steps. */
  lossSum: z.number(),
  learningRate: z.number(),
  best: z.object({ epoch: z.number().int(), validationMae: z.number() }).optional(),
  history: z.array(EpochRow),
});

/** Where a training stands, without its arrays. */
export type Position = Omit<z.infer<typeof Header>, "schemaVersion" | "identity">;

/** A {@link Position} with weights and optimiser state, and the best weights so far; arrays by tensor name. */
export interface Checkpoint {
  readonly position: Position;
  readonly state: ReadonlyMap<string, Float32Array>;
  readonly best: ReadonlyMap<string, Float32Array>;
}

/** Where checkpoints go, and which training they belong to. */
export interface CheckpointPlan {
  readonly path: string;
  readonly identity: string;
}

const FileHeader = Header.extend({
  state: z.array(z.tuple([z.string(), z.number().int()])),
  bestWeights: z.array(z.tuple([z.string(), z.number().int()])),
});

const magic = "LFCKPT01";
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
  { position, state, best }: Checkpoint,
): Promise<void> {
  const sizes = (arrays: ReadonlyMap<string, Float32Array>) =>
    [...arrays].map(([name, { length }]): [string, number] => [name, length]);
  const header: z.infer<typeof FileHeader> = {
    schemaVersion: 1,
    identity,
    ...position,
    state: sizes(state),
    bestWeights: sizes(best),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  await writeAtomic(path, async (temporary) => {
    await using file = await open(temporary, "wx");
    await append(file, Buffer.concat([Buffer.from(magic), length, text]));
    for (const values of [...state.values(), ...best.values()]) await append(file, bytesOf(values));
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
  const { schemaVersion: _version, identity: _identity, state, bestWeights, ...position } = header;
  return { position, state: await arrays(state), best: await arrays(bestWeights) };
}
