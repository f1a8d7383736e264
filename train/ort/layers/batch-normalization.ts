import { z } from "zod";
import { axisFromFront, featureDims } from "../../../export/lower/rule.ts";
import type { GraphBuilder } from "../../../onnx/builder.ts";
import { AppError } from "../../../schemas/errors.ts";
import { trainingLayer } from "../training-layer.ts";

const Config = z.object({
  axis: z.number().int().default(-1),
  momentum: z.number().min(0).max(1).default(0.99),
  epsilon: z.number().positive().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** Means of the columns of a matrix `[rows, width]` as `[1, width]`, by a product: equal bits whatever the threads. */
function columnMeans(g: GraphBuilder, matrix: string, rows: number): string {
  return g.op("MatMul", [g.op("Expand", [g.scalar(1 / rows), g.ints([1, rows])]), matrix]);
}

/**
 * y = (x − μ)/√(σ² + ε)·gamma + beta with the moments of the batch (Ioffe & Szegedy 2015, algorithm 1); σ² is biased, and
 * the moving moments become m·momentum + moment·(1 − momentum), as tfjs has both.
 */
export const batchNormalization = trainingLayer(Config, (config, { builder: g, x, weight, becomes }) => {
  const { axis, momentum, epsilon, center, scale } = config;
  const features = featureDims(g.info(x).dims);
  if (axisFromFront(axis, features.length + 1) !== features.length)
    throw new AppError("bad-model", {
      what: "batch normalisation is trained over the last axis only",
      expected: "axis -1",
      got: `axis ${axis}`,
    });
  const dims = g.info(x).dims.map(Number);
  const width = dims.at(-1) ?? 0;
  const rows = dims.slice(0, -1).reduce((product, length) => product * length, 1);
  const matrix = dims.length === 2 ? x : g.op("Reshape", [x, g.ints([rows, width])]);
  const mean = columnMeans(g, matrix, rows);
  const centred = g.op("Sub", [matrix, mean]);
  const variance = columnMeans(g, g.op("Mul", [centred, centred]), rows);
  const moved = (name: string, moment: string): void => {
    const kept = g.op("Mul", [weight(name, [width]), g.scalar(momentum)]);
    const added = g.op("Mul", [g.op("Reshape", [moment, g.ints([width])]), g.scalar(1 - momentum)]);
    becomes(name, g.op("Add", [kept, added]));
  };
  moved("moving_mean", mean);
  moved("moving_variance", variance);
  const normal = g.op("Div", [centred, g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])])]);
  const scaled = scale ? g.op("Mul", [normal, weight("gamma", [width])]) : normal;
  const y = center ? g.op("Add", [scaled, weight("beta", [width])]) : scaled;
  return dims.length === 2 ? y : g.op("Reshape", [y, g.ints(dims)]);
});
