/**
 * A model's file without its large weights, which ONNX Runtime then maps from where they lie: of a file given as a path
 * it makes two copies before it packs a weight (267 MB: 0.93 s to open instead of 0.38 s).
 *
 * Protobuf wire format: https://protobuf.dev/programming-guides/encoding; fields: onnx.proto3.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";

/** Weights from this size on stay in the file. */
const mappedBytes = 2 ** 20;
const windowBytes = 2 ** 16;

/** Field numbers of the messages on the way to a weight. */
const modelGraph = 7;
const graphFields = { node: 1, initializer: 5 } as const;
const nodeFields = { input: 1, opType: 4 } as const;
const tensorFields = { name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;
/** `TensorProto.DataLocation` */
const externalLocation = 1;

/**
 * Operators that pack their second input, unaligned as it lies in the file, into a layout of their own. Other kernels
 * would read it in place for as long as the session lives.
 */
const packing: readonly string[] = ["MatMul", "Gemm"];

/**
 * The bytes of a model whose large weights refer to the file they are in; they open with
 * `session.model_external_initializers_file_folder_path` set to the file's folder. Blocks the thread for milliseconds.
 * @returns undefined where there is no such weight, or the file does not read as a model: then it is ONNX Runtime's to open
 */
export function modelSkeleton(path: string): Uint8Array | undefined {
  let file: ModelFile | undefined;
  try {
    file = new ModelFile(path);
    return skeletonOf(file, basename(path));
  } catch {
    // ONNX Runtime has the words for what is wrong with a file.
    return undefined;
  } finally {
    file?.close();
  }
}

/** Bytes `[start, end)` of the file. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A field of a message, with its key. */
interface Field extends Range {
  readonly number: number;
  /** Without key and length. */
  readonly value: Range;
}

function skeletonOf(file: ModelFile, location: string): Uint8Array | undefined {
  const graph = [...file.fields({ start: 0, end: file.bytes })].find(({ number }) => number === modelGraph);
  if (graph === undefined) return undefined;
  const packed = packedWeights(file, graph.value);
  let mapped = 0;
  const skeleton = rewritten(file, { start: 0, end: file.bytes }, (part) => {
    if (part.number !== modelGraph) return undefined;
    return rewritten(file, part.value, ({ number, value }) => {
      const reference = number === graphFields.initializer ? referenceOf(file, value, { packed, location }) : undefined;
      if (reference !== undefined) mapped += 1;
      return reference;
    });
  });
  return mapped === 0 ? undefined : skeleton;
}

/** Names of the tensors that an operator of {@link packing} takes as its second input, and no other takes at all. */
function packedWeights(file: ModelFile, graph: Range): ReadonlySet<string> {
  const packed = new Set<string>();
  const others = new Set<string>();
  for (const node of file.fields(graph)) {
    if (node.number !== graphFields.node) continue;
    const parts = [...file.fields(node.value)];
    const opType = parts.find(({ number }) => number === nodeFields.opType);
    const packs = opType !== undefined && packing.includes(file.text(opType.value));
    const inputs = parts.filter(({ number }) => number === nodeFields.input);
    for (const [i, { value }] of inputs.entries()) (packs && i === 1 ? packed : others).add(file.text(value));
  }
  return new Set([...packed].filter((name) => !others.has(name)));
}

/** A large weight as a reference to its bytes; undefined for any other tensor. */
function referenceOf(
  file: ModelFile,
  tensor: Range,
  { packed, location }: { readonly packed: ReadonlySet<string>; readonly location: string },
): Uint8Array | undefined {
  const parts = [...file.fields(tensor)];
  const name = parts.find(({ number }) => number === tensorFields.name);
  const raw = parts.find(({ number }) => number === tensorFields.rawData);
  if (name === undefined || raw === undefined || !packed.has(file.text(name.value))) return undefined;
  const { start, end } = raw.value;
  if (end - start < mappedBytes) return undefined;
  const entry = (key: string, value: string): Uint8Array =>
    message(tensorFields.externalData, joined([message(1, encode(key)), message(2, encode(value))]));
  return joined([
    ...parts.filter((part) => part !== raw).map((part) => file.read(part)),
    entry("location", location),
    entry("offset", String(start)),
    entry("length", String(end - start)),
    joined([varint(tensorFields.dataLocation * 8), varint(externalLocation)]),
  ]);
}

/** A message with some of its fields replaced by messages. */
function rewritten(file: ModelFile, range: Range, replace: (field: Field) => Uint8Array | undefined): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of file.fields(range)) {
    const instead = replace(field);
    parts.push(instead === undefined ? file.read(field) : message(field.number, instead));
  }
  return joined(parts);
}

/** A length-delimited field. */
function message(number: number, value: Uint8Array): Uint8Array {
  return joined([varint(number * 8 + 2), varint(value.length), value]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** A protobuf file read piece by piece: what is skipped is not read. */
class ModelFile {
  readonly bytes: number;
  readonly #file: number;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r");
    this.bytes = fstatSync(this.#file).size;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The fields of a message. @throws RangeError where the bytes are none */
  *fields({ start, end }: Range): Generator<Field> {
    for (let at = start; at < end; ) {
      const key = this.#varint(at);
      const value = this.#value(key.value % 8, key.end);
      if (value.end > end) throw new RangeError("a field is longer than its message");
      yield { number: Math.floor(key.value / 8), start: at, end: value.end, value };
      at = value.end;
    }
  }

  text(range: Range): string {
    return new TextDecoder().decode(this.read(range));
  }

  read({ start, end }: Range): Uint8Array {
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, start + at);
      if (read === 0) throw new RangeError("the file ends early");
      at += read;
    }
    return bytes;
  }

  #value(wireType: number, start: number): Range {
    if (wireType === 0) return { start, end: this.#varint(start).end };
    if (wireType === 1) return { start, end: start + 8 };
    if (wireType === 5) return { start, end: start + 4 };
    if (wireType !== 2) throw new RangeError("no wire type of proto3");
    const length = this.#varint(start);
    return { start: length.end, end: length.end + length.value };
  }

  #varint(start: number): { readonly value: number; readonly end: number } {
    let value = 0;
    for (let i = 0, scale = 1; i < 10; i += 1, scale *= 128) {
      const byte = this.#byte(start + i);
      value += (byte % 128) * scale;
      if (byte < 128) return { value, end: start + i + 1 };
    }
    throw new RangeError("no number of 64 bits");
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowStart + this.#window.length) {
      this.#window = this.read({ start: at, end: Math.min(this.bytes, at + windowBytes) });
      this.#windowStart = at;
    }
    const byte = this.#window[at - this.#windowStart];
    if (byte === undefined) throw new RangeError("the file ends early");
    return byte;
  }
}
