/**
 * Bytes to text where the file does not say which encoding it has.
 * @module
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("windows-1252");

/**
 * Text of `bytes` as UTF-8 or, where they are not valid UTF-8, as Latin-1: L1000 files carry doses such as `10 \xb5M`
 * in strings declared ASCII.
 */
export function decodeText(bytes: Uint8Array): string {
  // Nearly all ids are ASCII, and this decoder takes a quarter of the other's time.
  if (isAscii(bytes)) return latin1.decode(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 127) return false;
  return true;
}
