/** Damage to a saved model: bytes of its files, and fields of its description. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../../data/random.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A list that is this deep. */
const nested = (depth: number): Json => {
  let value: Json = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

/** What a field may become. */
const hostile: readonly (() => Json)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0,
  () => 0.5,
  () => 1e9,
  () => 2 ** 53,
  () => 1e300,
  () => "",
  () => "__proto__",
  () => "constructor",
  () => "../../etc/passwd",
  () => "a\u0000b",
  () => "x".repeat(5000),
  () => [],
  () => ({}),
  () => [-1, 1e9],
  () => [null, 1e9, 1e9],
  () => nested(200),
  () => ({ class_name: "Model", config: { name: "again", layers: [] } }),
];

interface Place {
  readonly holder: Json[] | { [key: string]: Json };
  readonly key: string;
}

/** Every field of a value. */
function places(value: Json): Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...places(inner)]);
}

const set = ({ holder, key }: Place, value: Json): void => {
  // As JSON.parse does: an own property, whatever its name.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
};

function changeField(root: Json, random: Random): void {
  const all = places(root);
  const [place, other] = [all[random.integer(all.length)], all[random.integer(all.length)]];
  if (place === undefined || other === undefined) return;
  const current = (place.holder as Record<string, Json>)[place.key] ?? null;
  const kinds: readonly (() => void)[] = [
    () => set(place, hostile[random.integer(hostile.length)]?.() ?? null),
    () => set(place, structuredClone((other.holder as Record<string, Json>)[other.key] ?? null)),
    () =>
      void (Array.isArray(place.holder) ? place.holder.splice(Number(place.key), 1) : delete place.holder[place.key]),
    () => void (Array.isArray(place.holder) ? place.holder.push(structuredClone(current)) : set(place, [current])),
    () => set(place, typeof current === "number" ? current + 1 - 2 * random.integer(2) : current),
    () => set({ holder: place.holder, key: "__proto__" }, current),
  ];
  kinds[random.integer(kinds.length)]?.();
}

function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(Math.max(1, bytes.length));
  const changed = Uint8Array.from(bytes);
  switch (random.integer(4)) {
    case 0:
      changed[at] = random.integer(256);
      return changed;
    case 1:
      return changed.subarray(0, at);
    case 2:
      return Uint8Array.from([...changed.subarray(0, at), random.integer(256), ...changed.subarray(at)]);
    default:
      // As if it were gzip-ed.
      return Uint8Array.from([0x1f, 0x8b, ...changed.subarray(at)]);
  }
}

/** Writes a damaged copy of a model's files into a folder; the same seed does the same damage. */
export async function writeDamaged(from: string, to: string, seed: number): Promise<void> {
  const random = new Random(seed);
  let json = Uint8Array.from(await readFile(join(from, "model.json")));
  let weights = Uint8Array.from(await readFile(join(from, "weights.bin")));
  const kind = random.integer(10);
  if (kind === 0) json = Uint8Array.from(changeBytes(json, random));
  else if (kind === 1) weights = Uint8Array.from(changeBytes(weights, random));
  else {
    const root = JSON.parse(new TextDecoder().decode(json)) as Json;
    for (let changes = 1 + random.integer(3); changes > 0; changes--) changeField(root, random);
    json = new TextEncoder().encode(JSON.stringify(root));
  }
  await writeFile(join(to, "model.json"), json);
  await writeFile(join(to, "weights.bin"), weights);
}
