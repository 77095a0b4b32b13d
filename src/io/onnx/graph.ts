// In: operations and tensors by name. Out: the bytes of an ONNX model.
import type { DType } from '../../dtype.js';
import type { Tensor } from '../../tensor.js';
import { encode, settled } from '../elements.js';
import { Message } from './protobuf.js';

/** Version 10 of the format goes with operator set 21: https://github.com/onnx/onnx/blob/main/docs/Versioning.md. */
const irVersion = 10;
const operatorSet = 21;

/** Field numbers of onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const model = { irVersion: 1, producer: 2, graph: 7, operatorSet: 8 } as const;
const operatorSetId = { version: 2 } as const;
const graph = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const node = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const attribute = { name: 1, float: 2, int: 3, text: 4, ints: 8, texts: 9, type: 20 } as const;
const attributeType = { float: 1, int: 2, text: 3, ints: 7, texts: 8 } as const;
const tensorField = { lengths: 1, type: 2, name: 8, data: 9 } as const;
const valueInfo = { name: 1, type: 2 } as const;
const typeField = { tensor: 1 } as const;
const tensorType = { element: 1, shape: 2 } as const;
const shapeField = { length: 1 } as const;
const lengthField = { value: 1, symbol: 2 } as const;
const elementTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 6,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  bfloat16: 16,
};
const int64 = 7;

/** The value of an attribute; which kind of number it is must be said. */
export type Attribute =
  | { float: number }
  | { int: number }
  | { ints: readonly number[] }
  | { text: string }
  | { texts: readonly string[] };
/** A length, or the name of one that is known only when the model runs. */
export type Length = number | string;

function attributeMessage(name: string, value: Attribute): Message {
  const out = new Message().text(attribute.name, name);
  if ('float' in value) return out.float(attribute.float, value.float).int(attribute.type, attributeType.float);
  if ('int' in value) return out.int(attribute.int, value.int).int(attribute.type, attributeType.int);
  if ('text' in value) return out.text(attribute.text, value.text).int(attribute.type, attributeType.text);
  if ('texts' in value) {
    for (const text of value.texts) out.text(attribute.texts, text);
    return out.int(attribute.type, attributeType.texts);
  }
  // Not packed: the format is of protobuf's second version here.
  for (const v of value.ints) out.int(attribute.ints, v);
  return out.int(attribute.type, attributeType.ints);
}

function tensorMessage(name: string, type: number, shape: readonly number[], data: Uint8Array): Message {
  const out = new Message();
  for (const n of shape) out.int(tensorField.lengths, n);
  return out.int(tensorField.type, type).text(tensorField.name, name).bytes(tensorField.data, data);
}

function valueMessage(name: string, dtype: DType, lengths: readonly Length[]): Message {
  const shape = new Message();
  for (const n of lengths) {
    const length = new Message();
    shape.message(
      shapeField.length,
      typeof n === 'number' ? length.int(lengthField.value, n) : length.text(lengthField.symbol, n),
    );
  }
  const type = new Message().int(tensorType.element, elementTypes[dtype]).message(tensorType.shape, shape);
  return new Message()
    .text(valueInfo.name, name)
    .message(valueInfo.type, new Message().message(typeField.tensor, type));
}

/** A graph that grows by operations; every operation has one output, which is its name from then on. */
export class OnnxGraph {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  readonly #names = new Map<Tensor, string>();
  readonly #taken = new Set<string>();
  /** Where new names start: the layer that is being written. */
  scope = '';

  #fresh(name: string): string {
    let out = name;
    for (let i = 2; this.#taken.has(out); i++) out = `${name}_${i}`;
    this.#taken.add(out);
    return out;
  }
  /** Keeps a name for an input or output. */
  reserve(name: string): string {
    return this.#fresh(name);
  }
  /** Adds an operation. @param output name of its output, one that was reserved; by default a new one. @returns the name of its output. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: string,
  ): string {
    const name = output ?? this.#fresh(`${this.scope}/${operator}`);
    const out = new Message();
    for (const input of inputs) out.text(node.input, input);
    out.text(node.output, name).text(node.name, name).text(node.operator, operator);
    for (const [key, value] of Object.entries(attributes)) out.message(node.attribute, attributeMessage(key, value));
    this.#nodes.push(out);
    return name;
  }
  /** Adds the present value of a tensor, once for each tensor; of a changed one, see `derived`. @returns its name. */
  tensor(name: string, t: Tensor): string {
    const known = this.#names.get(t);
    if (known) return known;
    const out = this.derived(name, t);
    this.#names.set(t, out);
    return out;
  }
  /** Adds a value made for the export. */
  derived(name: string, t: Tensor): string {
    const [value] = settled([t]);
    const out = this.#fresh(this.scope ? `${this.scope}.${name}` : name);
    this.#initializers.push(tensorMessage(out, elementTypes[t.dtype], t.shape, encode(value!)));
    return out;
  }
  /** Adds a list of whole numbers, such as a shape or axes. */
  ints(name: string, values: readonly number[]): string {
    const out = this.#fresh(`${this.scope}/${name}`);
    const data = Buffer.alloc(8 * values.length);
    values.forEach((v, i) => {
      data.writeBigInt64LE(BigInt(v), 8 * i);
    });
    this.#initializers.push(tensorMessage(out, int64, [values.length], data));
    return out;
  }
  /** The model's bytes. */
  finish(
    name: string,
    input: [string, DType, readonly Length[]],
    output: [string, DType, readonly Length[]],
  ): Uint8Array {
    const out = new Message();
    for (const n of this.#nodes) out.message(graph.node, n);
    out.text(graph.name, name);
    for (const t of this.#initializers) out.message(graph.initializer, t);
    out.message(graph.input, valueMessage(...input)).message(graph.output, valueMessage(...output));
    return new Message()
      .int(model.irVersion, irVersion)
      .text(model.producer, 'gradlab')
      .message(model.graph, out)
      .message(model.operatorSet, new Message().int(operatorSetId.version, operatorSet))
      .finish();
  }
}
