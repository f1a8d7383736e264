import { Random } from "../random.ts";
import type { Compendium } from "./compendium.ts";

/** Units that each sum a fixed number of weighted inputs; unit i has the links `[i · fanIn, (i + 1) · fanIn)`. */
export interface Wiring {
  readonly fanIn: number;
  readonly inputs: Int32Array;
  readonly weights: Float64Array;
}

/** What is fixed in a simulated organism: which programme drives which gene, and how. */
export interface Regulation {
  readonly programmes: number;
  /** Regulators ← programmes. */
  readonly regulators: Wiring;
  /** Regulator i adds the product of programmes `synergies[2i]` and `synergies[2i + 1]`, and has a threshold. */
  readonly synergies: Int32Array;
  readonly thresholds: Float64Array;
  /** Landmarks ← programmes. */
  readonly landmarks: Wiring;
  /** The linear part of targets ← landmarks, and their saturating part ← regulators. */
  readonly linear: Wiring;
  readonly saturating: Wiring;
  /** Location and spread per gene on the log2 scale, landmarks first. */
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

const landmarksPerProgramme = 12;
const mostProgrammes = 48;

/** Draws the regulation of a compendium; it depends on its seed and numbers of genes alone. */
export function drawRegulation({ landmarks, targets, seed }: Compendium): Regulation {
  const random = new Random(seed);
  const programmes = Math.max(3, Math.min(mostProgrammes, Math.round(landmarks / landmarksPerProgramme)));
  const regulators = 2 * programmes;
  const genes = landmarks + targets;
  // Of the first input of a unit every programme gets its share; the others are drawn.
  const inTurn = (unit: number): number => unit % programmes;
  const wire = (units: number, from: number, weights: readonly number[]): Wiring =>
    drawWiring(random, { units, from, weights });
  const regulation = {
    programmes,
    regulators: withFirst(wire(regulators, programmes, [1, 0.7, 0.5]), inTurn),
    synergies: new Int32Array(2 * regulators),
    thresholds: Float64Array.from({ length: regulators }, () => 0.7 * random.normal()),
    landmarks: withFirst(wire(landmarks, programmes, [0.75, 0.35]), inTurn),
    linear: wire(targets, landmarks, [0.35, 0.35, 0.35]),
    saturating: wire(targets, regulators, [0.53, 0.53, 0.53]),
    mean: new Float64Array(genes),
    sd: new Float64Array(genes),
  };
  for (let i = 0; i < regulators; i++) {
    // Two programmes that differ: a square would be no synergy.
    const first = random.integer(programmes);
    regulation.synergies[2 * i] = first;
    regulation.synergies[2 * i + 1] = (first + 1 + random.integer(programmes - 1)) % programmes;
  }
  for (let gene = 0; gene < genes; gene++) {
    // Means crowd at the low end as on microarrays: most genes are hardly expressed, and those vary less.
    const level = random.uniform();
    const spread = random.uniform();
    regulation.mean[gene] = 4.5 + 6.5 * level * level;
    regulation.sd[gene] = 0.25 + 0.9 * spread * spread + 0.2 * level;
  }
  return regulation;
}

interface WiringShape {
  readonly units: number;
  /** How many inputs there are to choose from. */
  readonly from: number;
  /** Absolute weights of a unit's links; signs are drawn. */
  readonly weights: readonly number[];
}

function drawWiring(random: Random, { units, from, weights }: WiringShape): Wiring {
  const fanIn = weights.length;
  const length = units * fanIn;
  return {
    fanIn,
    inputs: Int32Array.from({ length }, () => random.integer(from)),
    weights: Float64Array.from({ length }, (_, i) => (random.uniform() < 0.5 ? -1 : 1) * (weights[i % fanIn] ?? 0)),
  };
}

function withFirst(wiring: Wiring, inputOf: (unit: number) => number): Wiring {
  const inputs = wiring.inputs.map((input, i) => (i % wiring.fanIn === 0 ? inputOf(i / wiring.fanIn) : input));
  return { ...wiring, inputs };
}

/** The weighted sum of a unit's inputs. */
export function weightedSum({ fanIn, inputs, weights }: Wiring, unit: number, values: Float64Array): number {
  let sum = 0;
  for (let i = unit * fanIn, end = i + fanIn; i < end; i++) sum += (weights[i] ?? 0) * (values[inputs[i] ?? 0] ?? 0);
  return sum;
}
