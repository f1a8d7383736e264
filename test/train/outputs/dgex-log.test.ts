import { expect, test } from "vitest";
import type { EpochRow } from "../../../train/checkpoint.ts";
import { dgexLog } from "../../../train/outputs/dgex-log.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";

const cohorts = { train: ["GEO"], validation: ["GEO", "1000G"], test: ["GEO", "GTEx"] };
const sets = heldOutSets((split) => cohorts[split]);

const epoch = (number: number, [va, te, g1000, gtex, tr]: readonly number[], rest: Partial<EpochRow> = {}) => ({
  epoch: number,
  loss: 1,
  monitorMae: tr ?? 0,
  learningRate: 5e-4,
  seconds: 12.9,
  samplesPerSecond: 1,
  mae: { "validation:GEO": va ?? 0, "test:GEO": te ?? 0, "validation:1000G": g1000 ?? 0, "test:GTEx": gtex ?? 0 },
  ...rest,
});

test("the log has the authors' columns, formats and trailer (uci-cbcl/D-GEX, H1_0-4760.py)", () => {
  const history = [
    epoch(1, [0.5, 0.51, 0.6, 0.61, 0.48]),
    epoch(2, [0.4, 0.408, 0.66, 0.61, 0.36], { learningRate: 4.5e-4 }),
  ];
  const best = [
    { name: "va", mae: 0.4 },
    { name: "1000G", mae: 0.6 },
  ];
  expect(dgexLog(history, sets, best).split("\n")).toEqual([
    "epoch\tMAE_va\tMAE_va_change\tMAE_te\tMAE_te_change\tMAE_1000G\tMAE_1000G_change\tMAE_GTEx\tMAE_GTEx_change\tMAE_tr\tMAE_tr_change\tlearing_rate\ttime(sec)",
    // The first change is against the authors' start of 10: (0.5 − 10)/10.
    "1\t0.500000\t-0.950000\t0.510000\t-0.949000\t0.600000\t-0.940000\t0.610000\t-0.939000\t0.480000\t-0.952000\t0.00050\t12",
    "2\t0.400000\t-0.200000\t0.408000\t-0.200000\t0.660000\t0.100000\t0.610000\t0.000000\t0.360000\t-0.250000\t0.00045\t12",
    "MAE_va_best : 0.400000",
    "MAE_1000G_best : 0.600000",
    "",
  ]);
});

test("sets that were not measured have no columns; a run of one cohort reads the split's keys", () => {
  const single = heldOutSets((split) => ({ train: ["A"], validation: ["A"], test: ["A"] })[split]);
  const rows = [{ ...epoch(1, [0, 0, 0, 0, 0.3]), mae: { validation: 0.4 } }];
  const [header, line] = dgexLog(rows, single, []).split("\n");
  expect(header).toBe("epoch\tMAE_va\tMAE_va_change\tMAE_tr\tMAE_tr_change\tlearing_rate\ttime(sec)");
  expect(line).toBe("1\t0.400000\t-0.960000\t0.300000\t-0.970000\t0.00050\t12");
});
