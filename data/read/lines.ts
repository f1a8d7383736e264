/**
 * Lines of a byte stream.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import { joinedArrays } from "../joined-arrays.ts";

/** One line without its end (LF or CRLF); `bytes` may be overwritten once the next line is asked for. */
export interface Line {
  /** 1-based. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Far above any matrix's row (1.3 M samples take 13 MB), far below what an engine can hold. */
const longestLineBytes = 2 ** 29;

/**
 * The lines of `pieces`, without a byte order mark; empty lines at the end are left out.
 * Memory: one piece and one line.
 * @throws AppError `bad-data` for an empty line between others and for a line of more than `limitBytes`
 */
export async function* lines(
  pieces: AsyncIterable<Uint8Array>,
  { label, limitBytes = longestLineBytes }: { readonly label: string; readonly limitBytes?: number },
): AsyncGenerator<Line, void, undefined> {
  let number = 0;
  let emptyLine = 0;
  for await (const raw of rawLines(pieces, { label, limitBytes })) {
    number++;
    const bytes = number === 1 ? withoutMark(raw) : raw;
    if (bytes.length === 0) {
      emptyLine ||= number;
      continue;
    }
    if (emptyLine > 0) {
      throw new AppError("bad-data", {
        what: "an empty line lies between others",
        where: `${label}, line ${emptyLine}`,
        advice: "Remove the line, or complete the file if rows are missing",
      });
    }
    yield { number, bytes };
  }
}

async function* rawLines(
  pieces: AsyncIterable<Uint8Array>,
  { label, limitBytes }: { readonly label: string; readonly limitBytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let carried: Uint8Array[] = [];
  let carriedBytes = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      const tail = piece.subarray(start, end);
      yield withoutReturn(carriedBytes > 0 ? joinedArrays([...carried, tail], Uint8Array) : tail);
      if (carriedBytes > 0) {
        carried = [];
        carriedBytes = 0;
      }
      start = end + 1;
    }
    if (start === piece.length) continue;
    // The producer may reuse its buffer, so what is kept over the next piece is a copy.
    carried.push(piece.slice(start));
    carriedBytes += piece.length - start;
    if (carriedBytes > limitBytes) {
      throw new AppError("bad-data", {
        what: `a line is longer than ${limitBytes} bytes`,
        where: label,
        advice: "Check that this is a text matrix with one row a line",
      });
    }
  }
  if (carriedBytes > 0) yield withoutReturn(joinedArrays(carried, Uint8Array));
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line[line.length - 1] === 13 ? line.subarray(0, -1) : line;
}

function withoutMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
