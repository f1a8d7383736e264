import { Products } from "../../runtime/algebra/products.ts";
import { symmetricEigen } from "../../runtime/algebra/symmetric.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { SecondMoments } from "../second-moments.ts";

/** Refuses more directions than predictions can have. @throws AppError `usage`. */
export function requireRank(
  rank: number,
  { landmarks, targets }: { readonly landmarks: number; readonly targets: number },
): void {
  const most = Math.min(landmarks, targets);
  if (rank <= most) return;
  throw new AppError("usage", {
    what: "predictions of a linear model have fewer directions than that",
    where: "blocks.lowRank",
    expected: `at most ${most}`,
    got: String(rank),
  });
}

/**
 * The first principal components of a linear model's predictions of the training rows, `[rank, T]`, unit rows: the right
 * singular vectors of X·W with X'X = V·D·Vᵀ are those of B = D^½·Vᵀ·W `[L, T]`, got from B·Bᵀ `[L, L]`.
 * @param kernel W, `[L, T]`
 * @throws AppError `usage` when the rank is larger than the number of landmarks.
 */
export async function predictionDirections(
  kernel: Float32Array,
  { moments, rank, open }: { readonly moments: SecondMoments; readonly rank: number; readonly open: OpenSession },
): Promise<Float32Array> {
  const [l, t] = [moments.meanX.length, moments.meanY.length];
  requireRank(rank, { landmarks: l, targets: t });
  await using products = new Products(open);
  const { values, vectors } = symmetricEigen(moments.gram, l);
  for (let i = 0; i < l; i++) for (let j = 0; j < l; j++) vectors[i * l + j]! *= Math.sqrt(Math.max(0, values[j]!));
  const shape = { type: "float64", m: l, k: l, n: t } as const;
  const b = await products.multiply({ ...shape, a: vectors, b: Float64Array.from(kernel), transA: true });
  const gram = await products.multiply({ type: "float64", a: b, b, m: l, k: t, n: l, transB: true });
  const spread = symmetricEigen(gram, l);
  const leading = new Float64Array(l * rank);
  for (let i = 0; i < l; i++)
    for (let r = 0; r < rank; r++) {
      const size = Math.sqrt(Math.max(0, spread.values[r]!));
      // A direction that predictions do not have begins at 0.
      leading[i * rank + r] = size > 0 ? spread.vectors[i * l + r]! / size : 0;
    }
  return Float32Array.from(
    await products.multiply({ type: "float64", a: leading, b, m: rank, k: l, n: t, transA: true }),
  );
}
