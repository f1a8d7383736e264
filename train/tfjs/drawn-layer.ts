import * as core from "@tensorflow/tfjs-core";
import { layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { z } from "zod";

/** What a layer is told of its draw, by its number: noise is scaled and added, a mask multiplied. */
const Config = z.object({ draw: z.number().int(), stddev: z.number().optional() });

/** The random numbers of the step that is being taken, in the order of the net's draws. */
export type Drawn = readonly core.Tensor[];

/** A layer that is trained with numbers drawn elsewhere, the same on every engine, and is the identity when served. */
export class DrawnLayer extends layers.Layer {
  static readonly className = "LandfallDrawn";
  readonly #config: z.infer<typeof Config>;
  /** Set before the first step, filled before each. */
  drawn: Drawn = [];

  constructor(config: ConstructorParameters<typeof layers.Layer>[0]) {
    super(config);
    this.#config = Config.parse(config);
  }

  override call(
    inputs: core.Tensor | core.Tensor[],
    { training = false }: { readonly training?: boolean },
  ): core.Tensor | core.Tensor[] {
    const [x] = [inputs].flat();
    if (x === undefined || !training) return inputs;
    const { draw, stddev } = this.#config;
    const values = this.drawn[draw];
    if (values === undefined) throw new Error(`nothing was drawn for ${this.name}`);
    return stddev === undefined ? core.mul(x, values) : core.add(x, core.mul(values, stddev));
  }

  override computeOutputShape(inputShape: SymbolicTensor["shape"]): SymbolicTensor["shape"] {
    return inputShape;
  }
}
