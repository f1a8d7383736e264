import { expect, test } from "vitest";
import { meanBaseline } from "../../evaluate/contestant.ts";
import { html } from "../../evaluate/html.ts";
import { htmlReport } from "../../evaluate/report.ts";
import { blocksOf, shrinking, small, smallEvaluation, smallOptions, truth } from "./small-evaluation.ts";

/** The page's outline: headings, table headers and first cells, captions' figures counted. */
function outline(page: string) {
  const texts = (pattern: RegExp) =>
    [...page.matchAll(pattern)].map((match) => (match[1] ?? "").replaceAll(/<[^>]*>/g, "").trim());
  return {
    headings: texts(/<h[1-3]>(.*?)<\/h[1-3]>/g),
    facts: texts(/<dt>(.*?)<\/dt>/g).map((name, i) => `${name}: ${texts(/<dd>(.*?)<\/dd>/g)[i]}`),
    columns: [...page.matchAll(/<thead>(.*?)<\/thead>/g)].map(([head]) =>
      [...head.matchAll(/<th scope="col">(.*?)<\/th>/g)].map((match) => match[1]),
    ),
    plots: texts(/<figure><h3>(.*?)<\/h3><svg/g),
  };
}

test("the report says what was scored, with tables, plots and genes", async () => {
  const page = htmlReport(await smallEvaluation({ notes: ["standardised on all rows"] }));
  expect(outline(page)).toMatchSnapshot();
  expect(page).toContain("<li>standardised on all rows</li>");
  expect(page).toContain(`Dataset hash ${"ab".repeat(32)}`);
  // The smallest MAE is the model's: its row is marked.
  expect(page).toMatch(/<tr class="best"><td><span[^>]*><\/span>net:1<\/td>/);
});

test("what a note has between backticks is code; a lone backtick is text", async () => {
  const page = htmlReport(await smallEvaluation({ notes: ["try `--against <b>` or `--stress`", "5` long"] }));
  expect(page).toContain("<li>try <code>--against &lt;b&gt;</code> or <code>--stress</code></li>");
  expect(page).toContain("<li>5` long</li>");
});

test("the report is one file: no script, nothing fetched", async () => {
  const page = htmlReport(await smallEvaluation());
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|javascript:| on[a-z]+=/i);
  const addresses = [...page.matchAll(/https?:\/\/[^"\s<]+/g)].map(([address]) => address);
  expect(new Set(addresses)).toEqual(new Set(["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]));
  expect(page.match(/url\([^)]*\)/g)?.every((reference) => reference.startsWith("url(#"))).toBe(true);
});

test("names are text, never markup, in tables, plots, style and title", async () => {
  const attack = `<script>alert("x")</script>`;
  const quote = `"><svg onload='x'>`;
  const page = htmlReport(
    await smallEvaluation({
      dataset: { name: attack, hash: attack },
      models: [shrinking(attack, 0.9), shrinking(quote, 0.8)],
      baselines: [meanBaseline(small.targets), shrinking(`ridge${attack}`, 0.5)],
      targets: smallOptions().targets.map(() => ({ id: attack, symbol: quote })),
      groups: { field: attack, of: (sample) => `${attack}${sample % 3}` },
      notes: [attack],
    }),
  );
  expect(page).not.toMatch(/<script/i);
  expect(page).not.toMatch(/<svg onload/i);
  expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
});

test("every hole of a template is escaped unless it is markup", () => {
  const inner = html`<b>${"<&>"}</b>`;
  expect(html`<p title="${`"'`}">${inner}${[1, " & ", inner]}${undefined}</p>`.markup).toBe(
    `<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1 &amp; <b>&lt;&amp;&gt;</b></p>`,
  );
});

test("the same evaluation gives the same bytes, also after other plots of the process", async () => {
  const first = htmlReport(await smallEvaluation());
  htmlReport(await smallEvaluation({ models: [shrinking("other", 0.1)] }));
  expect(htmlReport(await smallEvaluation())).toBe(first);
});

test("ids in the page are unique, and every reference has its target", async () => {
  const page = htmlReport(await smallEvaluation({ models: [shrinking("a", 0.9), shrinking("b", 0.8)] }));
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
  expect(ids.length).toBeGreaterThan(3);
  expect(new Set(ids).size).toBe(ids.length);
  for (const match of page.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(match[1]);
});

test("baselines alone, without groups or overlap, make a report without the parts that they lack", async () => {
  const { groups: _, ...options } = smallOptions({ models: [], overlap: new Uint8Array(small.targets) });
  const { evaluateModels } = await import("../../evaluate/evaluate.ts");
  const { headings, plots } = outline(htmlReport(await evaluateModels(options)));
  expect(headings[0]).toBe("Baselines on toy, test split");
  expect(headings.join()).not.toMatch(/Without|best and worst/);
  const improvement = "Improvement over each other";
  const rest = ["Distribution of the error over genes", "Correlation over genes", "Recall of genes"];
  expect(plots).toEqual([improvement, ...rest]);
});

test("a single sample makes a report, without figures that need more", async () => {
  const page = htmlReport(await smallEvaluation({ samples: 1, blocks: blocksOf(truth, [0]) }));
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  expect(outline(page).plots).not.toContain("Correlation over genes");
});

test("many groups: the largest are drawn, and the caption says how many there are", async () => {
  const of = (sample: number) => `group ${sample < 10 ? 0 : sample}`;
  const page = htmlReport(await smallEvaluation({ groups: { field: "study", of } }));
  expect(page).toContain("The 24 largest of 31 are shown.");
  expect(page).toContain(">group 0 (10)</text>");
});
