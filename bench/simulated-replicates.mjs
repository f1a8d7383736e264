// A GCTX of profiles with duplicates among them: studies of 25 replicates that differ by 40 shared factors, noise of sd 0.1
// to 0.2, one profile in seven one of the 100 before it once more (0.001 higher everywhere).
import { renameSync } from "node:fs";
import { RowFile } from "../dist/data/node/row-file.js";
import { Random } from "../dist/data/random.js";
import { gctxLayout } from "../dist/data/write/gctx-layout.js";

const [factors, replicates, recent, shift] = [40, 25, 100, 1e-3];

/** Writes `rows` profiles of `columns` genes `G0`…; the same bytes every time. */
export async function writeReplicates(path, rows, columns) {
  const ids = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const layout = gctxLayout({
    genes: { ids: ids("G", columns), fields: new Map() },
    samples: { ids: ids("S", rows), fields: new Map() },
    attributes: {},
  });
  const file = await RowFile.create(`${path}.making`, layout);
  const random = new Random(1);
  const normals = (count) => Float32Array.from({ length: count }, () => random.normal());
  const pool = normals(2 ** 20);
  const loadings = normals(factors * columns);
  let study = new Float32Array(columns);
  const written = [];
  for (let row = 0; row < rows; row += 1) {
    if (row % replicates === 0) {
      study = new Float32Array(columns).fill(8);
      for (const [f, weight] of normals(factors).entries())
        for (let g = 0; g < columns; g += 1) study[g] += 0.15 * weight * loadings[f * columns + g];
    }
    // Noise from a pool at a random place: a draw a value would take longer than all that is measured.
    const [place, spread] = [random.integer(pool.length), 0.1 + 0.1 * random.uniform()];
    const values = new Float32Array(columns);
    if (row % 7 === 6) {
      const before = written[random.integer(written.length)];
      for (let g = 0; g < columns; g += 1) values[g] = before[g] + shift;
    } else for (let g = 0; g < columns; g += 1) values[g] = study[g] + spread * pool[(place + g) % pool.length];
    written.push(values);
    if (written.length > recent) written.shift();
    await file.writeRows(row, [{ values, columns }], 1);
  }
  await file.sync();
  await file.close();
  renameSync(`${path}.making`, path);
}
