/** What the server accepts; every bound has one. */
export interface Limits {
  /** Bytes of a body, as received and decompressed. */
  readonly maxBodyBytes: number;
  /** Bytes of bodies that may be in memory at once; a request that would pass it is told to come back. */
  readonly maxBodiesBytes: number;
  /** Bytes of JSON in a request: parsing it holds up everyone else. */
  readonly maxJsonBytes: number;
  /** Profiles of one request; also of one run of a model. */
  readonly maxRows: number;
  /** Numbers of a JSON answer: binary tensors are 85 times as fast. */
  readonly maxJsonNumbers: number;
  /** Profiles that wait before one model. */
  readonly maxQueuedRows: number;
  /** Models in memory. */
  readonly maxModels: number;
  /** From the arrival of a request to its answer. */
  readonly deadlineMs: number;
}

const MiB = 2 ** 20;

/** The limits where nothing is said. 64 MiB is Triton's; the others follow from it and from 978 → 21,290 genes. */
export const defaultLimits: Limits = {
  maxBodyBytes: 64 * MiB,
  maxBodiesBytes: 512 * MiB,
  maxJsonBytes: 4 * MiB,
  maxRows: 1024,
  maxJsonNumbers: 2_000_000,
  maxQueuedRows: 8192,
  maxModels: 4,
  deadlineMs: 60_000,
};
