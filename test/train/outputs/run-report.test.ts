import { expect, test } from "vitest";
import { logTicks } from "../../../train/outputs/line-figure.ts";
import { htmlRunReport } from "../../../train/outputs/run-report.ts";
import { runRecord } from "../../export/support/run.ts";

const run = {
  ...runRecord(),
  notes: ["the last epoch is the best"],
  candidates: [
    { name: "lambda", value: 0.1, validationMae: 0.42 },
    { name: "lambda", value: 10, validationMae: 0.4 },
  ],
  scores: {
    train: { samples: 1234, mae: { model: 0.3, mean: 0.7, ridge: 0.4 } },
    validation: { samples: 100, mae: { model: 0.36, mean: 0.72, ridge: 0.45 } },
  },
};

const history = [1, 2, 3, 4].map((epoch) => ({
  epoch,
  loss: 1000 / 4 ** epoch,
  validationMae: [0.5, 0.4, 0.36, 0.38][epoch - 1] ?? 0,
  monitorMae: 0.5 / epoch,
  learningRate: 5e-4,
  seconds: 2,
  samplesPerSecond: 4000,
  mae: { validation: [0.5, 0.4, 0.36, 0.38][epoch - 1] ?? 0, "test:GTEx": 0.5 + epoch / 100 },
}));

const titles = (page: string) => [...page.matchAll(/<figure><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
const rows = (page: string) =>
  [...page.matchAll(/<tr(?: class="(best)")?>((?:<td>.*?<\/td>)+)<\/tr>/g)].map(([, best, cells = ""]) => [
    ...(best ? [best] : []),
    ...[...cells.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell),
  ]);

test("the report has scores against ridge, the best epoch, curves, recipe and notes", () => {
  const page = htmlRunReport(run, history);
  // 0.3 / 0.4 − 1 and 0.36 / 0.45 − 1.
  expect(rows(page)).toContainEqual(["train", "1,234", "0.3000", "0.4000", "−25.00 %", "0.7000"]);
  expect(rows(page)).toContainEqual(["validation", "100", "0.3600", "0.4500", "−20.00 %", "0.7200"]);
  expect(
    rows(page)
      .find(([mark]) => mark === "best")
      ?.slice(0, 4),
  ).toEqual(["best", "3", "15.625", "0.3600"]);
  expect(titles(page)).toEqual([
    "Error by epoch",
    "Training loss",
    "Learning rate",
    "Time of an epoch",
    "Validation error by lambda",
  ]);
  expect(page).toContain("<li>the last epoch is the best</li>");
  expect(page).toContain("&quot;family&quot;: &quot;linear&quot;");
  expect(page).toContain("GTEx (test)");
  expect(page).toContain("ridge, validation");
});

test("a closed form has no epochs and no curves of them", () => {
  expect(titles(htmlRunReport(run))).toEqual(["Validation error by lambda"]);
  expect(titles(htmlRunReport({ ...run, candidates: [] }))).toEqual([]);
  expect(htmlRunReport(run)).not.toContain("<h2>Epochs</h2>");
});

test("the same run gives the same bytes; nothing is fetched or run; names are text", () => {
  const attack = `<script>alert("x")</script>`;
  const named = { ...run, dataset: { name: attack, hash: attack }, notes: [attack] };
  const rowsOf = history.map((row) => ({ ...row, mae: { validation: 0.5, [`test:${attack}`]: 0.5 } }));
  const page = htmlRunReport(named, rowsOf);
  expect(page).toBe(htmlRunReport(named, rowsOf));
  expect(page).not.toMatch(/<script|<link|<img|@import| on[a-z]+=/i);
});

test("logarithmic ticks are 1, 2, 5 times powers of ten around the values", () => {
  expect(logTicks(0.03, 4)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
  expect(logTicks(1e-5, 5e-4)).toEqual([1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4]);
  expect(logTicks(1, 1000)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
});
