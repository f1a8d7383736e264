import * as fc from "fast-check";
import { expect, it } from "vitest";
import { zarrLayout } from "../../../data/write/zarr-layout.ts";
import { packZarrHeader, unpackZarrHeader } from "../../../infer/shards/zarr-header.ts";

it("a layout of Zarr comes back from its file as it was, wherever that lies in memory", () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });
  const storage = fc.constantFrom("float32", "float16");
  const cases = fc.record({ genes: ids, samples: ids, offset: fc.nat({ max: 9 }), storage });
  fc.assert(
    fc.property(cases, ({ genes, samples, offset, storage: stored }) => {
      const content = {
        genes: { ids: genes, fields: new Map() },
        samples: { ids: samples, fields: new Map() },
        reserved: [{ name: "lf_ood", type: "float32", axis: "samples" }] as const,
        attributes: { lf_model: "small" },
        storage: stored,
      };
      const layout = zarrLayout(content, 4);
      const packed = packZarrHeader(layout);
      const moved = new Uint8Array(packed.length + offset);
      moved.set(packed, offset);
      expect(unpackZarrHeader(moved.subarray(offset))).toEqual(layout);
    }),
  );
});
