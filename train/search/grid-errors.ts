import { axesOf, cellOf, errorOf, type GeneError, type Grid } from "../outputs/grid.ts";
import type { GridTable } from "../outputs/grid-tables.ts";

/** MAE in z units over the target genes, with its population standard deviation. */
interface Mae {
  readonly mae: number;
  readonly sd: number;
}

/** A {@link GridTable} as numbers: what was not trained or scored is left out. */
export interface GridErrors {
  /** 1 and 2 are the paper's; absent where the selection does not belong to the set. */
  readonly table?: number;
  /** The validation set that chose epoch, λ or k, and the set of the errors: `validation`, `test:GTEx`. */
  readonly selectedOn: string;
  readonly set: string;
  readonly dropout: number;
  /** True for the dropout rate of the net with the smallest MAE on the validation set that chooses. */
  readonly chosen: boolean;
  readonly nets: readonly (Mae & { readonly layers: number; readonly units: number })[];
  readonly baselines: readonly (Mae & { readonly name: string })[];
}

const maeOf = ({ mean, sd }: GeneError): Mae => ({ mae: mean, sd });

/** The tables of a grid as numbers, in the tables' order. */
export function gridErrors(
  grid: Grid,
  tables: readonly Pick<GridTable, "view" | "dropout" | "chosen">[],
): GridErrors[] {
  return tables.map(({ view, dropout, chosen }) => {
    const nets = grid.nets.filter((net) => net.dropout === dropout);
    const { layers, units } = axesOf(nets);
    const places = layers.flatMap((count) => units.map((width) => ({ layers: count, units: width })));
    return {
      ...(view.table !== undefined && { table: view.table }),
      selectedOn: view.selection,
      set: view.set,
      dropout,
      chosen,
      nets: places.flatMap((place) => {
        const net = cellOf(nets, place, view);
        const error = net && errorOf(net.run, view);
        return error === undefined ? [] : [{ ...place, ...maeOf(error) }];
      }),
      baselines: grid.baselines.flatMap(({ name, run }) => {
        const error = errorOf(run, view);
        return error === undefined ? [] : [{ name, ...maeOf(error) }];
      }),
    };
  });
}
