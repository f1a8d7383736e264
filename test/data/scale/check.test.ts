import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { checkScale, requireScale, type ScaleVerdict } from "../../../data/scale/check.ts";
import { findings, misfits } from "../../../data/scale/finding.ts";
import { InputProfileBuilder } from "../../../data/scale/profile.ts";
import { AppError, type InputProfile, type Scale } from "../../../schemas/index.ts";
import { pickRows, type RealLandmarks, readLandmarks, realFile, rnaseqdbLandmarks } from "./real-landmarks.ts";

const profileOf = ({ values, rows }: Pick<RealLandmarks, "values" | "rows">): InputProfile => {
  const builder = new InputProfileBuilder({ landmarks: values.length / rows, seed: 0 });
  builder.add(values, rows);
  return builder.finish();
};
const check = (
  { values, rows }: Pick<RealLandmarks, "values" | "rows">,
  inputProfile: InputProfile,
  scale: Scale = "log2",
): ScaleVerdict => checkScale({ landmarks: values, rows, model: { scale, inputProfile } });
const rowOf = (matrix: RealLandmarks, row: number) => pickRows(matrix, (i) => i === row);
const map = (matrix: RealLandmarks, f: (x: number) => number): RealLandmarks => ({
  ...matrix,
  values: matrix.values.map(f),
});

describe("on RNAseqDB, L1000 and HG-U133A", () => {
  const files = {
    rnaseqdb: realFile("rnaseqdb/rnaseqdb_dev_n910x18154.gctx"),
    gex: realFile("l1000/l1ktools/LJP009_A375_24H_X1_B20_GEX_n384x978.gct"),
    qnorm: realFile("l1000/l1ktools/LJP009_A375_24H_X1_B20_QNORM_n371x978.gct"),
    level4: realFile("l1000/l1ktools/LJP009_A375_24H_X1_B20_ZSPCQNORM_n371x978.gct"),
    hgu133a: realFile("hgu133a/chowdary_104x22283.tsv.gz"),
    chip: realFile("l1000/gene-lists/HG_U133A.chip"),
  };
  const real = new Map<string, RealLandmarks>();
  let whole: InputProfile;
  beforeAll(async () => {
    if (files.rnaseqdb === undefined) return;
    const landmarks = await rnaseqdbLandmarks(files.rnaseqdb);
    for (const [name, file] of Object.entries(files)) {
      if (file === undefined || name === "chip") continue;
      real.set(name, await readLandmarks(file, landmarks, name === "hgu133a" ? files.chip : undefined));
    }
    const rnaseqdb = real.get("rnaseqdb");
    if (rnaseqdb !== undefined) whole = profileOf(rnaseqdb);
  });
  const given = (name: string, context: TestContext): RealLandmarks =>
    real.get(name) ?? context.skip(`${name} is not in ../shared/data`);

  it("each project held out entirely fits the others, as a cohort and profile by profile", (context) => {
    const rnaseqdb = given("rnaseqdb", context);
    const projects = Array.from(rnaseqdb.fields.get("project") ?? [], String);
    for (const project of new Set(projects)) {
      const others = profileOf(pickRows(rnaseqdb, (row) => projects[row] !== project));
      const held = pickRows(rnaseqdb, (row) => projects[row] === project);
      expect(check(held, others).distance).toBeLessThan(0.5);
      for (let row = 0; row < held.rows; row += 4) {
        const verdict = check(rowOf(held, row), others);
        expect(verdict.distance).toBeLessThan(0.8);
        expect(verdict).toMatchObject({ ok: true, kind: "fits", advice: "" });
      }
    }
  });
  it.for([
    ["an L1000 plate of level 3", "qnorm", "platform", /another platform/, ["cohort", "quantile"]],
    ["HG-U133A intensities", "hgu133a", "linear", /linear values/, ["quantile"]],
    ["an L1000 plate of level 2", "gex", "level-2", /level 2/, []],
    ["an L1000 plate of level 4", "level4", "z-scores", /z-scores/, []],
  ] as const)("%s is refused for what it is, as a whole", ([, name, kind, message, remedies], context) => {
    const verdict = check(given(name, context), whole);
    expect(verdict).toMatchObject({ ok: false, kind, remedies });
    expect(verdict.message).toMatch(message);
    expect(verdict.distance).toBeGreaterThan(1.5);
  });
  it.for(["qnorm", "hgu133a", "gex", "level4"])("every single profile of %s is refused", (name, context) => {
    const matrix = given(name, context);
    for (let row = 0; row < matrix.rows; row += 9) {
      expect(check(rowOf(matrix, row), whole).distance).toBeGreaterThan(1.15);
    }
  });
  it("HG-U133A as log2 is refused as another platform, every array of it too", (context) => {
    const log2 = map(given("hgu133a", context), (x) => Math.log2(Math.max(x, 1)));
    expect(check(log2, whole)).toMatchObject({ ok: false, kind: "platform" });
    for (let row = 0; row < log2.rows; row += 5) expect(check(rowOf(log2, row), whole).ok).toBe(false);
  });
  it("the training rows themselves are refused as 2^x, as counts, and to another base", (context) => {
    const rnaseqdb = given("rnaseqdb", context);
    expect(
      check(
        map(rnaseqdb, (x) => 2 ** x - 1),
        whole,
      ),
    ).toMatchObject({ ok: false, kind: "linear" });
    expect(
      check(
        map(rnaseqdb, (x) => Math.round(30 * (2 ** x - 1))),
        whole,
      ),
    ).toMatchObject({ ok: false, kind: "counts" });
    for (const base of [10, Math.E]) {
      const verdict = check(
        map(rnaseqdb, (x) => x / Math.log2(base)),
        whole,
      );
      expect(verdict).toMatchObject({ ok: false, kind: "log-base" });
    }
  });
  it("level 3 is refused by a model of level 4, and level 4 fits it", (context) => {
    const level4 = pickRows(given("level4", context), (row) => row % 2 === 0);
    const rest = pickRows(given("level4", context), (row) => row % 2 === 1);
    // One landmark of RNAseqDB is not on the plate.
    const full = (matrix: RealLandmarks) => map(matrix, (x) => (Number.isNaN(x) ? 0 : x));
    const profile = profileOf(full(level4));
    expect(check(full(rest), profile, "zscore")).toMatchObject({ ok: true });
    expect(check(full(given("qnorm", context)), profile, "zscore")).toMatchObject({
      kind: "log2",
      remedies: ["cohort"],
    });
  });
});

describe("on made-up landmarks", () => {
  const landmarks = 50;
  const rows = 60;
  /** Levels of genes from 2 to 12, with a spread of ±1 over samples. */
  const wave = (row: number, gene: number) => 2 + gene / 5 + Math.sin(row * 7 + gene * 3);
  const matrix = {
    rows,
    values: Float32Array.from({ length: rows * landmarks }, (_, i) => wave(Math.floor(i / landmarks), i % landmarks)),
  };
  const profile = profileOf(matrix);
  const centred = {
    rows,
    values: matrix.values.map((x, i) => x - 2 - (i % landmarks) / 5),
  };

  it("missing landmarks do not count", () => {
    const holed = { rows, values: matrix.values.map((x, i) => (i % landmarks < 40 ? Number.NaN : x)) };
    expect(check(holed, profile).ok).toBe(true);
  });
  it("genes on the wrong rows are noticed", () => {
    const turned = { rows, values: matrix.values.map((_, i) => wave(Math.floor(i / landmarks), (i * 17) % landmarks)) };
    expect(check(turned, profile)).toMatchObject({ ok: false, kind: "platform" });
  });
  it("z-scores five times too wide do not fit a model of z-scores", () => {
    expect(check(centred, profileOf(centred), "zscore").ok).toBe(true);
    const wide = check({ rows, values: centred.values.map((x) => 5 * x) }, profileOf(centred), "zscore");
    expect(wide.ok).toBe(false);
    expect(wide.message).toContain("5 times as wide");
  });
  it("counts never fit a model of anything else, nor values that are never below zero a model of z-scores", () => {
    const counts = { rows, values: matrix.values.map((x) => Math.round(2 ** x)) };
    expect(check(counts, profileOf(counts), "linear")).toMatchObject({ ok: false, kind: "counts" });
    expect(check(counts, profileOf(counts), "counts").ok).toBe(true);
    const positive = { rows, values: matrix.values.map((x) => x / 10) };
    expect(check(positive, profileOf(centred), "zscore")).toMatchObject({ ok: false, kind: "log2" });
  });

  const misfit = check({ rows, values: matrix.values.map((x) => 2 ** x + 0.5) }, profile);
  const attempt = (harmonise: "none" | "cohort" | "quantile", allowScaleMismatch = false): string => {
    try {
      requireScale(misfit, { harmonise, allowScaleMismatch, label: "in.gct" });
      return "passes";
    } catch (error) {
      return error instanceof AppError ? `${error.tag} ${error.exitCode}: ${error.message}` : "another error";
    }
  };
  it("a misfit is refused with exit 65, unless a harmonisation that helps is chosen or the user insists", () => {
    expect(attempt("none")).toMatch(
      /^scale-mismatch 65: in\.gct: the input looks like linear values.*--harmonise quantile/,
    );
    expect(attempt("cohort")).toMatch(/--harmonise cohort does not mend/);
    expect(attempt("quantile")).toBe("passes");
    expect(attempt("none", true)).toBe("passes");
  });
});

it.each(misfits)("advice on %s names a harmonisation exactly where one helps", (misfit) => {
  const { absolute, relative } = findings[misfit];
  for (const { advice, harmonise } of [absolute, relative]) {
    expect(advice.includes("--harmonise ")).toBe(harmonise.length > 0);
    expect(harmonise.some((how) => advice.includes(`--harmonise ${how}`))).toBe(harmonise.length > 0);
  }
});
