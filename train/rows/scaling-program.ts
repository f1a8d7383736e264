/**
 * The inner loop of reading rows as a WebAssembly program: gather columns of a row and standardise them, four at a time.
 * The same arithmetic as `data/dataset/standardise.ts` in float64, bit for bit, at half the time of a loop in
 * JavaScript (which V8 does not vectorise). Opcodes are those of the WebAssembly 2.0 specification, section 5.4.
 * @module
 */

/** What Node has of WebAssembly, as far as it is used here: TypeScript declares it with the DOM only. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, (...values: number[]) => void>> };
};

/** What is made of a row; addresses are bytes in the program's memory, multiples of 16. */
export interface ColumnTable {
  /** int32: byte offset within the row of each column wanted. The number of columns is a multiple of 4, as below. */
  readonly offsets: number;
  /** float64 mean and sd + epsilon of each column wanted. */
  readonly mean: number;
  readonly spread: number;
  /** float32: where the z scores `[out, outEnd)` go. */
  readonly out: number;
  readonly outEnd: number;
  /** Largest |z|; may be infinite. */
  readonly clip: number;
}

/** The memory of a program, and the program: z = clip((x − mean) / spread), −666 and NaN giving NaN. */
export interface ScalingProgram {
  readonly memory: ArrayBuffer;
  /** @param row address of one row of the file: float32, all genes; a multiple of 4. */
  run(row: number, table: ColumnTable): void;
}

const pageBytes = 65536;

/** Makes a program with a memory of at least `bytes`, which never grows: views of it stay valid. */
export function scalingProgram(bytes: number): ScalingProgram {
  const pages = Math.ceil(bytes / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { scale } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { host: { memory } }).exports;
  if (scale === undefined) throw new Error("the scaling program exports nothing");
  return {
    memory: memory.buffer,
    run: (row, { offsets, mean, spread, out, outEnd, clip }) => scale(row, offsets, mean, spread, out, outEnd, clip),
  };
}

/** LEB128, unsigned (section 5.2.2). */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const named = (name: string): number[] => sized(Array.from(name, (char) => char.charCodeAt(0)));
const section = (id: number, ...entries: readonly (readonly number[])[]): number[] => [
  id,
  ...sized([...unsigned(entries.length), ...entries.flat()]),
];

/** The magic number and version 1 (section 5.5.16). */
const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** One function `scale(i32 × 6, f64)`, over the memory it is given. */
function moduleBytes(): Uint8Array {
  const [i32, f64, v128, functionType] = [0x7f, 0x7c, 0x7b, 0x60];
  const locals = [1, vectorLocals, v128];
  return Uint8Array.from([
    ...header,
    ...section(1, [functionType, 7, i32, i32, i32, i32, i32, i32, f64, 0]),
    ...section(2, [...named("host"), ...named("memory"), 2, 0, 1]),
    ...section(3, [0]),
    ...section(7, [...named("scale"), 0, 0]),
    ...section(10, sized([...locals, ...code()])),
  ]);
}

// Parameters, in the order of the signature, then locals.
const [row, offsets, mean, spread, out, outEnd, clip] = [0, 1, 2, 3, 4, 5, 6];
const [x, low, high, top, bottom, missing, nan] = [7, 8, 9, 10, 11, 12, 13];
const vectorLocals = 7;

const simd = (opcode: number, ...immediates: readonly number[]): number[] => [0xfd, ...unsigned(opcode), ...immediates];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
/** A small constant, below 64. */
const integer = (value: number): number[] => [0x41, value];
/** Alignment (as a power of 2) and offset of a load or store. */
const at = (alignment: number, offset = 0): number[] => [alignment, ...unsigned(offset)];
const shuffle = (...lanes: readonly number[]): number[] => simd(0x0d, ...lanes);
const floats = (value: number): number[] =>
  simd(0x0c, ...new Uint8Array(new Float32Array([value, value, value, value]).buffer));

const [i32Load, i32Add, i32Less, f64Negate, loop, branchIf, end, noResult] = [
  0x28, 0x6a, 0x49, 0x9a, 0x03, 0x0d, 0x0b, 0x40,
];
const advance = (local: number, bytes: number): number[] => [...get(local), ...integer(bytes), i32Add, ...set(local)];

/** The address of the next column's value: row + offsets[lane]. */
const address = (lane: number): number[] => [...get(row), ...get(offsets), i32Load, ...at(2, 4 * lane), i32Add];

/** x = four columns of the row, −666 made NaN. */
const gather = (): number[] => [
  ...address(0),
  ...simd(0x5c, ...at(2)), // v128.load32_zero
  ...set(x),
  ...[1, 2, 3].flatMap((lane) => [...address(lane), ...get(x), ...simd(0x56, ...at(2), lane), ...set(x)]), // load32_lane
  ...get(nan),
  ...get(x),
  ...get(x),
  ...get(missing),
  ...simd(0x41), // f32x4.eq
  ...simd(0x52), // v128.bitselect
  ...set(x),
];

/** Two columns in float64: (x − mean) / spread between the limits, rounded to float32. `pmin` and `pmax` keep NaN. */
const half = (offset: number, into: number): number[] => [
  ...get(x),
  ...(offset === 0 ? [] : [...get(x), ...shuffle(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)]),
  ...simd(0x5f), // f64x2.promote_low_f32x4
  ...get(mean),
  ...simd(0x00, ...at(3, offset)), // v128.load
  ...simd(0xf1), // f64x2.sub
  ...get(spread),
  ...simd(0x00, ...at(3, offset)),
  ...simd(0xf3), // f64x2.div
  ...get(top),
  ...simd(0xf6), // f64x2.pmin
  ...get(bottom),
  ...simd(0xf7), // f64x2.pmax
  ...simd(0x5e), // f32x4.demote_f64x2_zero
  ...set(into),
];

function code(): number[] {
  const splat = simd(0x14); // f64x2.splat
  const instructions = [
    [...get(clip), ...splat, ...set(top)],
    [...get(clip), f64Negate, ...splat, ...set(bottom)],
    [...floats(-666), ...set(missing)],
    [...floats(Number.NaN), ...set(nan)],
    [loop, noResult],
    gather(),
    half(0, low),
    half(16, high),
    [...get(out), ...get(low), ...get(high)],
    shuffle(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
    simd(0x0b, ...at(4)), // v128.store
    advance(offsets, 16),
    advance(mean, 32),
    advance(spread, 32),
    [...get(out), ...integer(16), i32Add, ...tee(out), ...get(outEnd), i32Less, branchIf, 0],
    [end, end],
  ];
  return instructions.flat();
}
