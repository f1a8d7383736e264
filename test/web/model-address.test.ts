import { describe, expect, it } from "vitest";
import { modelUrl } from "../../web/model-address.ts";

const page = "https://lab.org/tools/landfall/index.html";

describe("a model's address", () => {
  it.each([
    [{ name: "dgex", version: 3 }, "https://lab.org/tools/landfall/models/dgex/3/"],
    [{ base: "https://cdn.org/m", name: "dgex", version: 3 }, "https://cdn.org/m/dgex/3/"],
    ["/models/dgex/3", "https://lab.org/models/dgex/3/"],
    ["https://cdn.org/dgex/3/", "https://cdn.org/dgex/3/"],
  ])("%j is %s", (address, url) => {
    expect(modelUrl(address, page)).toBe(url);
  });

  it.each([{ name: "../secret", version: 1 }, { name: "dgex", version: 0 }, { name: "dgex", version: 1.5 }, "http://"])(
    "%j is refused",
    (address) => {
      expect(() => modelUrl(address, page)).toThrow(/model/);
    },
  );
});
