import { expect, it } from "vitest";
import { GraphBuilder } from "../../onnx/builder.ts";
import { tensorFrom } from "../../onnx/element.ts";
import { trainingOpset } from "../../train/ort/training-graph.ts";
import { signOf } from "../../train/sign.ts";
import { modelOf, runOrt } from "../onnx/ort.ts";

it("is ONNX's Sign, bit for bit, without its operator", async () => {
  const x = Float32Array.of(3, -2, 0, 1e-45, -1e-45, Infinity, -Infinity, Number.NaN);
  const g = new GraphBuilder("sign", { opset: trainingOpset });
  const fed = g.input("x", "float32", [x.length]);
  g.output("own", signOf(g, fed));
  expect(g.build().nodes.map(({ op }) => op)).not.toContain("Sign");
  g.output("theirs", g.op("Sign", [fed]));
  const model = modelOf(g.build(), trainingOpset);
  const { own, theirs } = await runOrt(model, new Map([["x", tensorFrom("float32", [x.length], [...x])]]));
  expect(own?.values).toEqual(theirs?.values);
  expect(Array.from(own?.values ?? [], Number)).toEqual([1, -1, 0, 1, -1, 1, -1, Number.NaN]);
});
