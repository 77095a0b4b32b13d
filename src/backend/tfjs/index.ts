// The device 'tfjs': plans, operation by operation, on a TensorFlow.js that the user imports.
import type { Backend, DeviceMemory, Executable, Memory } from '../../device.js';
import { bytesPerElement, type DType, type TypedArray } from '../../dtype.js';
import { DeviceError, DTypeError } from '../../errors.js';
import { unroll } from '../../fuse/unroll.js';
import type { Plan, PlanNode } from '../../plan.js';
import { isProfiling, record } from '../../profile.js';
import { sizeOf } from '../../shape.js';
import { interpret, toArray, toTensor, Value } from './interpret.js';
import { asTf, type Tf, type TfTensor } from './namespace.js';
import { showTensors } from './show.js';

/** Tensors that nothing reaches any more. */
const unreachable = new FinalizationRegistry<{ tensor: TfTensor | null }>((held) => held.tensor?.dispose());

/** A value of ours that lies in TensorFlow.js. */
export class TfMemory implements Memory {
  readonly byteLength: number;
  readonly #held: { tensor: TfTensor | null } = { tensor: null };

  constructor(
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.byteLength = length * bytesPerElement(dtype);
    unreachable.register(this, this.#held);
  }
  /** The value, flat or shaped. */
  get tensor(): TfTensor {
    if (!this.#held.tensor) throw new DeviceError('tfjs: a value was read before it was computed', 'Please report it.');
    return this.#held.tensor;
  }
  fill(tensor: TfTensor): void {
    this.#held.tensor?.dispose();
    this.#held.tensor = tensor;
  }
}

function held(memory: Memory): TfMemory {
  if (memory instanceof TfMemory) return memory;
  throw new DeviceError('tfjs: memory of another device reached it', 'This is a defect of gradlab; please report it.');
}

function refuse64(dtype: DType): void {
  if (dtype === 'float64')
    throw new DTypeError("float64 does not exist on device 'tfjs'", "Use float32, or compute on device 'cpu'.");
}

class TfGraph implements Executable {
  readonly kernels: Executable['kernels'];
  readonly #computed: readonly PlanNode[];

  constructor(
    private readonly tf: Tf,
    private readonly plan: Plan,
  ) {
    for (const { dtype } of plan.nodes) refuse64(dtype);
    this.#computed = plan.nodes.filter(({ op }) => op !== 'data');
    this.kernels = this.#computed.map(({ op, dtype, shape }) => ({
      kind: op,
      text: `${dtype}[${shape.join(', ')}] ${op}`,
      flops: sizeOf(shape),
      bytes: 0,
    }));
  }

  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void {
    const { tf, plan } = this;
    const times: number[] = [];
    const results = tf.tidy(() => {
      const values: Value[] = [];
      let leaf = 0;
      for (const node of plan.nodes) {
        if (node.op === 'data') {
          const { tensor } = held(leaves[leaf++]!);
          values.push(new Value(tf, node.shape, node.dtype, { tensor: tf.reshape(tensor, [...node.shape]) }));
          continue;
        }
        const start = performance.now();
        values.push(
          interpret(
            tf,
            node,
            node.inputs.map((i) => values[i]!),
            scalars,
          ),
        );
        times.push((performance.now() - start) * 1e6);
      }
      return plan.outputs.map((i) => values[i]!.tensor.clone());
    });
    if (isProfiling()) record(this.kernels, times);
    results.forEach((tensor, i) => held(outputs[i]!).fill(tensor));
  }
}

/** Opens the device on the TensorFlow.js that it is given. Throws DeviceError where that is missing or something else. */
export function openTfjs(given: unknown): Backend {
  const tf = asTf(given);
  showTensors(tf);
  const read = (data: TypedArray, dtype: DType): TypedArray => toArray(data, dtype);
  const memory: DeviceMemory = {
    name: 'tfjs',
    upload(elements, dtype) {
      refuse64(dtype);
      const made = new TfMemory(dtype, elements.length);
      made.fill(toTensor(tf, elements.slice(), [elements.length], dtype));
      return made;
    },
    read: (from, dtype) => read(held(from).tensor.dataSync(), dtype),
    readLater: async (from, dtype) => read(await held(from).tensor.data(), dtype),
    use() {
      const { numBytes } = tf.memory();
      return { used: numBytes, reserved: numBytes };
    },
  };
  return {
    name: 'tfjs',
    description: `tfjs (TensorFlow.js ${tf.version_core ?? ''} on its backend '${tf.getBackend()}', operation by operation)`,
    memory,
    compile: (plan) => new TfGraph(tf, unroll(plan)),
    allocate: (dtype, length) => new TfMemory(dtype, length),
    scratchBytes: () => 0,
  };
}
