import * as fc from "fast-check";
import { expect, it } from "vitest";
import { fromInt64, onnx, toInt64 } from "../../../onnx/codec/proto.ts";

it("64-bit integers survive protobufjs", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const bytes = onnx.AttributeProto.encode({ i: toInt64(value) }).finish();
      expect(fromInt64(onnx.AttributeProto.decode(bytes).i)).toBe(value);
    }),
  );
});

it("a double in place of an integer, as in a browser, is taken only when it is exact", () => {
  expect([fromInt64(-5), fromInt64(2 ** 53 - 1), fromInt64(2 ** 60)]).toEqual([-5n, 2n ** 53n - 1n, undefined]);
});
