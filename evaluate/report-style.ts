import { Html } from "./html.ts";
import { inks } from "./plots/palette.ts";

/** Inks of the plots on a dark page, by their ink on a light one. */
const darkInks = { text: "#d6dde4", axis: "#7d8a97", grid: "#2c353e", accent: "#ff7b72" } as const;

const darkPlots = (Object.keys(darkInks) as (keyof typeof darkInks)[])
  .flatMap((ink) => [
    `figure svg [fill="${inks[ink]}"]{fill:${darkInks[ink]}}`,
    `figure svg [stroke="${inks[ink]}"]{stroke:${darkInks[ink]}}`,
  ])
  .join("");

/** The report's style sheet: one column on a phone, two columns of plots on a desk, ink on white on paper. */
export const reportStyle = new Html(`
:root{--paper:#fff;--card:#f7f8fa;--ink:#1f2933;--faint:#5b6875;--line:#d9dfe5;--note:#fff8e1;--note-line:#e0a800;--best:#e6f2fa}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3em;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2em 0 .5em;padding-bottom:.25em;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1em 0 .4em}
p{margin:.5em 0;max-width:75ch}
.faint,figcaption{color:var(--faint);font-size:.875rem}
p.hash{max-width:none;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0}
dl div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 12px;min-width:0}
dt{color:var(--faint);font-size:.8rem}
dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,150px),1fr));gap:10px;margin:18px 0 10px}
.cards div{background:var(--best);border:1px solid var(--line);border-radius:8px;padding:10px 12px;display:flex;flex-direction:column;min-width:0}
.cards span{color:var(--faint);font-size:.8rem;overflow-wrap:anywhere}
.cards strong{font-size:1.45rem;line-height:1.3}
.notes{background:var(--note);border:1px solid var(--line);border-left:4px solid var(--note-line);border-radius:8px;padding:10px 16px;margin:18px 0}
.notes h2{border:0;margin:0;padding:0;font-size:1rem}
.notes ul{margin:.4em 0;padding-left:1.2em}
.scroll{overflow-x:auto;margin:.6em 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:5px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{font-weight:600;color:var(--faint);vertical-align:bottom;white-space:normal}
th:first-child,td:first-child{text-align:left;padding-left:6px;max-width:20em;overflow:hidden;text-overflow:ellipsis}
tr.best td{background:var(--best);font-weight:600}
.key{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.5em}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:20px;align-items:start}
.two>*{min-width:0}
.two table{font-size:.8rem}.two th,.two td{padding:4px 6px}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:12px;break-inside:avoid}
figure h3{margin:0 0 8px;overflow-wrap:anywhere}
figure svg{display:block;width:100%;height:auto}
figcaption{margin-top:8px}
@media(max-width:600px){main{padding:16px 12px 32px}h1{font-size:1.35rem}figure{padding:8px}}
@media print{main{max-width:none;padding:0}body{font-size:11pt}h2{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible}}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14191f;--card:#1b222a;--ink:#e4e9ee;--faint:#a3afbb;--line:#303a44;--note:#2a2514;--note-line:#c99700;--best:#17303f}${darkPlots}}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;overflow-x:auto;font-size:.8rem;line-height:1.45}
.wide{margin:20px 0}
.two>figure:only-child{max-width:640px}
@media(max-width:600px){pre{font-size:.72rem}}
`);
