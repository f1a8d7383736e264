/**
 * Layers that tfjs can load or describe but not predict, in tfjs' own operators, so that an export of them can be
 * verified. They are registered under names of their own, as custom layers are; tfjs' classes stay as they are.
 * @module
 */
import type * as Core from "@tensorflow/tfjs-core";

/** Names under which the stand-ins are registered. */
export const oracleClasses = {
  causalConv1D: "LandfallCausalConv1D",
  batchNormalization: "LandfallBatchNormalization",
} as const;

type Inputs = Core.Tensor | Core.Tensor[];
type Shape = (number | null)[];

/** What the stand-ins use of tfjs' layer classes. */
interface LayerLike {
  call(inputs: Inputs, options: object): Inputs;
  computeOutputShape(shape: Shape): Shape;
  axis: number;
}
type LayerClass = new (config: Core.serialization.ConfigDict) => LayerLike;

const only = (inputs: Inputs): Core.Tensor => (Array.isArray(inputs) ? inputs[0] : inputs) as Core.Tensor;

/** tfjs' class of a name; it exports factories only, but registers the classes. */
function classNamed(core: typeof Core, name: string): LayerClass {
  const entry = core.serialization.SerializationMap.getMap().classNameMap[name];
  if (entry === undefined) throw new Error(`tfjs has no class ${name}`);
  return entry[0] as unknown as LayerClass;
}

/** A convolution over zeros before its input: what Keras' `causal` padding is. */
function causalConv1D(core: typeof Core): LayerClass {
  return class CausalConv1D extends classNamed(core, "Conv1D") {
    static readonly className = oracleClasses.causalConv1D;
    readonly #before: number;

    constructor(config: Core.serialization.ConfigDict) {
      super({ ...config, padding: "valid" });
      const [kernel = 1] = [config["kernelSize"]].flat();
      const [dilation = 1] = [config["dilationRate"] ?? 1].flat();
      this.#before = (Number(kernel) - 1) * Number(dilation);
    }

    override computeOutputShape([batch = null, length = null, ...channels]: Shape): Shape {
      return super.computeOutputShape([batch, length === null ? null : length + this.#before, ...channels]);
    }

    override call(inputs: Inputs, options: object): Inputs {
      return core.tidy(() => {
        const zeros: [number, number][] = [
          [0, 0],
          [this.#before, 0],
          [0, 0],
        ];
        return super.call(core.pad(only(inputs), zeros), options);
      });
    }
  };
}

/**
 * Batch normalisation over any axis of any rank: tfjs' kernels for CPU and WebAssembly run through the moments
 * cyclically whatever the axis, so the axis is made the last of a matrix.
 */
function batchNormalization(core: typeof Core): LayerClass {
  return class BatchNormalization extends classNamed(core, "BatchNormalization") {
    static readonly className = oracleClasses.batchNormalization;

    override call(inputs: Inputs, options: object): Inputs {
      const x = only(inputs);
      const own = this.axis;
      const axis = own < 0 ? own + x.rank : own;
      const order = [...x.shape.keys()].filter((at) => at !== axis).concat(axis);
      this.axis = 1;
      try {
        return core.tidy(() => {
          const moved = core.transpose(x, order);
          const normal = only(super.call(core.reshape(moved, [-1, x.shape[axis] ?? 1]), options));
          const back = [...order.keys()].map((at) => order.indexOf(at));
          return core.transpose(core.reshape(normal, moved.shape), back);
        });
      } finally {
        this.axis = own;
      }
    }
  };
}

/** `gelu_new` under the name that tfjs' loader makes of it, under which tfjs does not find it. */
function geluNew(core: typeof Core): LayerClass {
  return class extends classNamed(core, "gelu_new") {
    static readonly className = "geluNew";
  };
}

/** Makes the stand-ins known to tfjs; again does no harm. */
export function registerOracleLayers(core: typeof Core): void {
  for (const make of [causalConv1D, batchNormalization, geluNew])
    core.serialization.registerClass(
      make(core) as unknown as Core.serialization.SerializableConstructor<Core.serialization.Serializable>,
    );
}
