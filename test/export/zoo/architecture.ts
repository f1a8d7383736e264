/** Seeded random architectures over all layers of the registry. */
import { type LayerClass, layerClasses } from "../../../export/lower/registry.ts";
import { tfl } from "../support/tfjs.ts";
import { growers } from "./growers.ts";
import { featuresOf, type Value, Zoo } from "./zoo.ts";

/** A net as generated, with what it is made of. */
export interface Specimen {
  readonly model: tfl.LayersModel;
  readonly classes: ReadonlySet<string>;
  /** Has a model within, a layer that is called twice. */
  readonly hasNested: boolean;
  readonly hasShared: boolean;
}

/** A small net of its own on vectors, Sequential or functional; it may hold another. */
function nestedModel(zoo: Zoo, width: number, depth = 0): tfl.LayersModel {
  const inner = (): tfl.layers.Layer =>
    depth < 2 && zoo.chance(0.4) ? nestedModel(zoo, width, depth + 1) : tfl.layers.elu();
  if (zoo.chance(0.5)) {
    const dense = tfl.layers.dense({ units: width, inputShape: [width], activation: "tanh" });
    return tfl.sequential({ layers: [dense, inner(), tfl.layers.dense({ units: width })] });
  }
  const x = tfl.input({ shape: [width] });
  const left = tfl.layers.dense({ units: width, activation: "sigmoid" }).apply(x) as Value;
  const right = inner().apply(x) as Value;
  return tfl.model({ inputs: x, outputs: tfl.layers.multiply().apply([left, right]) as Value });
}

function growNested(zoo: Zoo): boolean {
  const width = zoo.between(2, 5);
  const model = nestedModel(zoo, width);
  const once = zoo.apply(model, zoo.vector(width));
  if (zoo.chance(0.6)) zoo.apply(model, once);
  return true;
}

function growShared(zoo: Zoo): boolean {
  const shared = tfl.layers.dense({ units: 4, activation: "tanh" });
  const once = zoo.apply(shared, zoo.vector(4));
  zoo.apply(tfl.layers.add(), [once, zoo.apply(shared, once)]);
  return true;
}

/** Larger values are made smaller before they are grown further: the oracle is a loop in JavaScript. */
const mostElements = 400;

function grow(zoo: Zoo, layerClass: LayerClass): void {
  growers[layerClass](zoo);
  const size = featuresOf(zoo.last).reduce((product, length) => product * length, 1);
  if (size > mostElements) zoo.apply(tfl.layers.globalMaxPooling1d(), zoo.ofRank(2));
}

/** The architecture of a seed. Seeds in a row begin with the registry's classes in turn, so that each is met. */
export function specimen(seed: number): Specimen {
  const zoo = new Zoo(seed);
  const focus = layerClasses[seed % layerClasses.length];
  if (focus !== undefined) grow(zoo, focus);
  const [hasNested, hasShared] = [zoo.chance(0.35) && growNested(zoo), zoo.chance(0.35) && growShared(zoo)];
  for (let steps = zoo.between(1, 6); steps > 0; steps--) grow(zoo, zoo.pick(layerClasses));
  const isInner = new Set<Value>(zoo.inputs);
  const others = zoo.values.filter((value) => !isInner.has(value) && value !== zoo.last && zoo.chance(0.1)).slice(0, 2);
  const end = isInner.has(zoo.last) ? zoo.apply(tfl.layers.elu(), zoo.last) : zoo.last;
  const outputs = [...new Set([end, ...others])];
  const inputs = zoo.inputs.filter((input) => reaches(outputs, input));
  return { model: tfl.model({ inputs, outputs, name: "zoo" }), classes: zoo.used, hasNested, hasShared };
}

/** Do the outputs depend on an input? tfjs refuses inputs that nothing needs. */
function reaches(outputs: readonly Value[], input: Value): boolean {
  const seen = new Set<Value>();
  const open = [...outputs];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    open.push(...value.inputs.filter((one) => one !== undefined));
  }
  return seen.has(input);
}
