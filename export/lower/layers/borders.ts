import { z } from "zod";
import { AppError } from "../../../schemas/index.ts";
import { defineModelessLayer, oneInput } from "../rule.ts";
import {
  type DataFormat,
  DataFormatField,
  inChannelsFirst,
  perAxis,
  requireRank,
  type SpatialValue,
} from "../spatial.ts";

const Length = z.number().int().nonnegative();
type Sides = readonly [number, number];

/** One number for all sides, one an axis, or one a side: before and behind. */
const SidesField = z
  .union([Length, z.tuple([Length, Length]), z.tuple([z.tuple([Length, Length]), z.tuple([Length, Length])])])
  .transform((value): readonly [Sides, Sides] => {
    if (typeof value === "number")
      return [
        [value, value],
        [value, value],
      ];
    const [rows, columns] = value;
    return [sidesOf(rows), sidesOf(columns)];
  });

function sidesOf(value: number | readonly [number, number]): Sides {
  return typeof value === "number" ? [value, value] : value;
}

/** The axis of the rows; that of the columns is the next. */
const rowAxis = (format: DataFormat): number => (format === "channels_first" ? 2 : 1);

/** Zeros around rows and columns. */
export const zeroPadding2D = defineModelessLayer(
  z.object({
    padding: SidesField.nullish().transform(
      (sides) =>
        sides ??
        ([
          [1, 1],
          [1, 1],
        ] as const),
    ),
    data_format: DataFormatField,
  }),
  ({ padding: [rows, columns], data_format }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    requireRank(g, x, 4);
    const at = rowAxis(data_format);
    const side = (which: 0 | 1): readonly number[] => [0, 0, 0, 0].with(at, rows[which]).with(at + 1, columns[which]);
    return [g.op("Pad", [x, g.ints([...side(0), ...side(1)])])];
  },
);

/** Rows and columns without what is cut from their sides. */
export const cropping2D = defineModelessLayer(
  z.object({ cropping: SidesField, data_format: DataFormatField }),
  ({ cropping, data_format }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const features = requireRank(g, x, 4);
    const at = rowAxis(data_format);
    const ends = cropping.map(([, behind], i) => (features[at - 1 + i] ?? 0) - behind);
    const starts = cropping.map(([before]) => before);
    if (ends.some((end, i) => end <= (starts[i] ?? 0)))
      throw new AppError("bad-model", {
        what: "the layer cuts away all there is",
        expected: `less than [${features.slice(at - 1, at + 1).join(", ")}]`,
        got: JSON.stringify(cropping),
      });
    return [g.op("Slice", [x, g.ints(starts), g.ints(ends), g.ints([at, at + 1])])];
  },
);

/** Rows and columns several times as long: repeated, or interpolated from the corner on (tfjs' `resizeBilinear`). */
export const upSampling2D = defineModelessLayer(
  z.object({
    size: perAxis(2)
      .nullish()
      .transform((size) => size ?? [2, 2]),
    data_format: DataFormatField,
    interpolation: z
      .enum(["nearest", "bilinear"])
      .nullish()
      .transform((kind) => kind ?? "nearest"),
  }),
  ({ size: [rows = 1, columns = 1], data_format, interpolation }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    requireRank(g, x, 4);
    const corner = { coordinate_transformation_mode: "asymmetric" };
    if (interpolation === "nearest") {
      const at = rowAxis(data_format);
      const scales = g.floats([1, 1, 1, 1].with(at, rows).with(at + 1, columns));
      return [g.op("Resize", [x, "", scales], { ...corner, mode: "nearest", nearest_mode: "floor" })];
    }
    // Between rows that lie on axis 1 ONNX Runtime's WebGPU provider (1.30) interpolates wrongly: channels go first.
    const scales = g.floats([1, 1, rows, columns]);
    const operate = ({ value }: SpatialValue): string =>
      g.op("Resize", [value, "", scales], { ...corner, mode: "linear" });
    return [inChannelsFirst(g, x, { format: data_format, rank: 2, operate })];
  },
);
