/**
 * SHA-256 of files: by the browser where it can, else in pieces. `crypto.subtle` takes a whole buffer at once and exists
 * only in secure contexts (https, localhost); a page served to a laboratory's network over http is none.
 * @module
 */

/** The browser copies what it hashes: beyond this, pieces. */
const digestBytes = 2 ** 30;

/** First 32 bits of the fractional parts of roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
function rootBits(count: number, root: (prime: number) => number): Uint32Array {
  const bits = new Uint32Array(count);
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.some((prime) => n % prime === 0)) continue;
    bits[primes.length] = (root(n) % 1) * 2 ** 32;
    primes.push(n);
  }
  return bits;
}

const roundConstants = rootBits(64, Math.cbrt);
const initialState = rootBits(8, Math.sqrt);
const blockBytes = 64;

/** SHA-256 (FIPS 180-4) of bytes that come in pieces. */
export class Sha256 {
  readonly #state = initialState.slice();
  readonly #schedule = new Uint32Array(64);
  readonly #pending = new Uint8Array(blockBytes);
  #pendingBytes = 0;
  #totalBytes = 0;

  /** Adds a piece, which is only read. */
  update(piece: Uint8Array): void {
    this.#totalBytes += piece.length;
    let from = 0;
    if (this.#pendingBytes > 0) {
      from = Math.min(blockBytes - this.#pendingBytes, piece.length);
      this.#pending.set(piece.subarray(0, from), this.#pendingBytes);
      this.#pendingBytes += from;
      if (this.#pendingBytes < blockBytes) return;
      this.#compress(this.#pending, 0);
      this.#pendingBytes = 0;
    }
    for (; from + blockBytes <= piece.length; from += blockBytes) this.#compress(piece, from);
    this.#pending.set(piece.subarray(from));
    this.#pendingBytes = piece.length - from;
  }

  /** The digest in lower-case hexadecimal; nothing can be added afterwards. */
  hex(): string {
    const bytes = this.#totalBytes;
    const padding = new Uint8Array(paddingBytes(bytes));
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bytes / 2 ** 29));
    view.setUint32(padding.length - 4, (bytes * 8) % 2 ** 32);
    this.update(padding);
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  #compress(bytes: Uint8Array, at: number): void {
    const w = this.#schedule;
    for (let i = 0, p = at; i < 16; i += 1, p += 4) {
      w[i] = (byte(bytes, p) << 24) | (byte(bytes, p + 1) << 16) | (byte(bytes, p + 2) << 8) | byte(bytes, p + 3);
    }
    for (let i = 16; i < 64; i += 1) {
      const early = word(w, i - 15);
      const late = word(w, i - 2);
      const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
      const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
      w[i] = word(w, i - 16) + s0 + word(w, i - 7) + s1;
    }
    const state = this.#state;
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(roundConstants, i) + word(w, i)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = word(state, i) + value;
  }
}

const byte = (bytes: Uint8Array, at: number): number => bytes[at] as number;
const word = (words: Uint32Array, at: number): number => words[at] as number;
const rotate = (value: number, by: number): number => (value >>> by) | (value << (32 - by));

/** One byte 0x80, zeros, and eight bytes of length, up to a whole block. */
function paddingBytes(bytes: number): number {
  const over = (bytes + 9) % blockBytes;
  return 9 + (over === 0 ? 0 : blockBytes - over);
}

/** SHA-256 of `bytes` in lower-case hexadecimal. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Typed as always there; it is not where the page came over http.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined && bytes.length <= digestBytes) {
    const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
    return Array.from(digest, (value) => value.toString(16).padStart(2, "0")).join("");
  }
  const hash = new Sha256();
  hash.update(bytes);
  return hash.hex();
}
