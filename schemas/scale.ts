import { z } from "zod";

/** The scale of expression values; carried by datasets and by models. */
export const Scale = z
  .enum(["counts", "linear", "log2", "zscore", "log2fc"])
  .describe("counts | linear (intensity, FPKM, TPM) | log2 | zscore | log2fc (log2 fold change)")
  .meta({ id: "Scale" });
export type Scale = z.infer<typeof Scale>;

/** Level of an L1000 file: 1 bead, 2 GEX, 3 normalised profile, 4 z-scored profile, 5 signature. */
export const L1000Level = z.number().int().min(1).max(5).meta({ id: "L1000Level" });
export type L1000Level = z.infer<typeof L1000Level>;

/** How an input is brought to the distribution of the model's training data before the run. */
export const Harmonise = z.enum(["none", "cohort", "quantile"]).meta({ id: "Harmonise" });
export type Harmonise = z.infer<typeof Harmonise>;

/** Which kind of identifier the row ids are. */
export const IdType = z.enum(["symbol", "entrez", "ensembl", "affy", "locus", "other"]).meta({ id: "IdType" });
export type IdType = z.infer<typeof IdType>;

/** The file formats of expression matrices. */
export const MatrixFormat = z.enum(["gctx", "zarr", "arrow", "gct", "tsv", "csv", "npy"]).meta({ id: "MatrixFormat" });
export type MatrixFormat = z.infer<typeof MatrixFormat>;

/** How the values of a written matrix are stored; float16 rounds them to 11 significant bits. */
export const ValueStorage = z.enum(["float32", "float16"]).meta({ id: "ValueStorage" });
export type ValueStorage = z.infer<typeof ValueStorage>;
