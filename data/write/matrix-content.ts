import type { ValueStorage } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";
import type { NumberType } from "./number-type.ts";

/** Sample metadata that becomes known only while the rows are written. */
export interface ReservedColumn {
  readonly name: string;
  readonly type: NumberType;
  readonly axis: "samples";
}

/** Everything of an expression file but the values of its matrix. */
export interface MatrixContent {
  readonly genes: Axis;
  readonly samples: Axis;
  /** Columns to be written later; each takes the place of a sample field of the same name. */
  readonly reserved?: readonly ReservedColumn[];
  /** Facts about the whole file by name; `src` is `landfall` unless given. */
  readonly attributes: Readonly<Record<string, string>>;
  /** How the values are stored; float32 by default. */
  readonly storage?: ValueStorage | undefined;
}
