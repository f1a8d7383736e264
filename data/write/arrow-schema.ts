/**
 * The Arrow schema of an expression file (Schema.fbs, Message.fbs and File.fbs of Arrow's format 1.4): a row a profile;
 * its id and fields, then its values as one fixed-size list. Genes and their fields are JSON in the list's metadata.
 * @module
 */
import type { ValueStorage } from "../../schemas/index.ts";
import type { MetaColumn } from "../source.ts";
import type { WrittenColumn } from "./axis-columns.ts";
import type { FlatTable, FlatValue } from "./flatbuffer.ts";
import { type NumberType, numberTypeOf } from "./number-type.ts";

/** Name of the list of values. */
const expressionField = "expression";
/** Key of the list's metadata that holds the genes. */
const genesKey = "genes";

/** Version 5 of the metadata: Arrow 1.0 and later. */
const metadataVersion: FlatValue = { type: "int16", value: 4 };

/** A column's type as the union of Schema.fbs has it: its tag and its table. */
interface FieldType {
  readonly tag: number;
  readonly table: FlatTable;
}

const utf8: FieldType = { tag: 5, table: [] };
const int32: FieldType = {
  tag: 2,
  table: [
    { type: "int32", value: 32 },
    { type: "int8", value: 1 },
  ],
};
const float = (precision: number): FieldType => ({ tag: 3, table: [{ type: "int16", value: precision }] });
const fixedSizeList = (length: number): FieldType => ({ tag: 16, table: [{ type: "int32", value: length }] });
const numberField = { float16: float(0), float32: float(1), float64: float(2), int32 } as const;

/** What the schema is made of. */
export interface ArrowFields {
  /** Columns of the samples that are known. */
  readonly columns: readonly WrittenColumn[];
  readonly reserved: readonly { readonly name: string; readonly type: NumberType }[];
  readonly genes: readonly WrittenColumn[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly storage: ValueStorage;
}

/** The schema's table. */
export function arrowSchema({ columns, reserved, genes, attributes, storage }: ArrowFields): FlatTable {
  const item = field("item", numberField[storage]);
  const [, ids] = genes[0] ?? ["id", []];
  const geneMetadata = {
    [genesKey]: JSON.stringify(Object.fromEntries(genes.map(([name, c]) => [name, jsonColumn(c)]))),
  };
  const fields = [
    ...columns.map(([name, column]) => field(name, columnType(column), { nullable: hasMissingText(column) })),
    ...reserved.map(({ name, type }) => field(name, numberField[type])),
    field(expressionField, fixedSizeList(ids.length), { children: [item], metadata: geneMetadata }),
  ];
  return [{ type: "int16", value: 0 }, { type: "tables", value: fields }, keyValues(attributes)];
}

/** True for a text column with a cell that is missing: Arrow marks it as null. */
export function hasMissingText(column: MetaColumn): boolean {
  return !(column instanceof Float64Array) && column.includes("");
}

function columnType(column: MetaColumn): FieldType {
  return column instanceof Float64Array ? numberField[numberTypeOf(column)] : utf8;
}

/** JSON has no NaN: a missing number is null. */
const jsonColumn = (column: MetaColumn): readonly unknown[] => Array.from<string | number>(column);

function field(
  name: string,
  { tag, table }: FieldType,
  more: {
    readonly nullable?: boolean;
    readonly children?: readonly FlatTable[];
    readonly metadata?: Readonly<Record<string, string>>;
  } = {},
): FlatTable {
  const { nullable = false, children = [], metadata } = more;
  return [
    { type: "string", value: name },
    { type: "int8", value: nullable ? 1 : 0 },
    { type: "int8", value: tag },
    { type: "table", value: table },
    undefined,
    { type: "tables", value: children },
    metadata && keyValues(metadata),
  ];
}

function keyValues(pairs: Readonly<Record<string, string>>): FlatValue {
  const tables = Object.entries(pairs).map(
    ([key, value]): FlatTable => [
      { type: "string", value: key },
      { type: "string", value },
    ],
  );
  return { type: "tables", value: tables };
}

/** A message: its header by tag (1 schema, 3 record batch), and the length of its body. */
export function arrowMessage(tag: 1 | 3, header: FlatTable, bodyBytes: number): FlatTable {
  return [
    metadataVersion,
    { type: "int8", value: tag },
    { type: "table", value: header },
    { type: "int64", value: bodyBytes },
  ];
}

/** A record batch: items and nulls of every field, offset and length of every buffer in the body. */
export function arrowRecordBatch(
  rows: number,
  { nodes, buffers }: { readonly nodes: readonly number[]; readonly buffers: readonly number[] },
): FlatTable {
  return [
    { type: "int64", value: rows },
    { type: "structs", value: nodes, members: 2 },
    { type: "structs", value: buffers, members: 2 },
  ];
}

/** The footer: the schema again, and where the record batches lie: offset, metadata bytes, body bytes each. */
export function arrowFooter(schema: FlatTable, blocks: readonly number[]): FlatTable {
  return [
    metadataVersion,
    { type: "table", value: schema },
    { type: "structs", value: [], members: 3 },
    { type: "structs", value: blocks, members: 3 },
  ];
}
