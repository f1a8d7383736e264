/**
 * λ that ridge is tried with where nothing names any, in the recipe and as the baseline alike: a per-sample penalty on
 * z scores. Around the optimum of some hundred profiles in steps that cost < 0.1 % MAE; the smallest are for as many as
 * the paper had (its range begins there), where the optimum is next to least squares.
 */
export const ridgeLambdas = [
  0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 100,
];
