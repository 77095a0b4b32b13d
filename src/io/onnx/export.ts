// In: a model of layers and the shape of its input. Out: an ONNX file that computes the same anywhere.
import { zeros } from '../../create.js';
import type { DType } from '../../dtype.js';
import { ShapeError, show, ValueError } from '../../errors.js';
import { type Layer, type Module, Sequential } from '../../nn/index.js';
import type { Shape } from '../../shape.js';
import { noGrad, Tensor } from '../../tensor.js';
import { writeDurably } from '../file.js';
import { type Length, OnnxGraph } from './graph.js';
import { rules, type Value } from './layers.js';

/** Options of the ONNX writers. */
export interface OnnxOptions {
  /** The first axis may have any length when the model runs. Default true. */
  dynamicBatch?: boolean;
  /** Name of the model in the file. Default: its class. */
  name?: string;
  /** Names of what goes in and what comes out. Defaults `'input'` and `'output'`. */
  inputName?: string;
  outputName?: string;
}

/** Protobuf's limit on a message. */
const mostBytes = 2 ** 31 - 1;
const kinds = (): string => ['Sequential', ...rules.map(({ kind }) => kind)].join(', ');

/** Writes a layer and all within it; with `output`, its result gets that name. */
function write(layer: Module, path: string, x: Value, graph: OnnxGraph, output?: string): Value {
  if (layer instanceof Sequential && layer.forward === Sequential.prototype.forward) {
    if (layer.layers.length === 0) return output ? { ...x, name: graph.add('Identity', [x.name], {}, output) } : x;
    return layer.layers.reduce<Value>((value, inner, i) => {
      const name = i === layer.layers.length - 1 ? output : undefined;
      return write(inner, path ? `${path}.${i}` : String(i), value, graph, name);
    }, x);
  }
  graph.scope = path;
  for (const rule of rules) {
    const name = rule.emit(layer, x, graph, output);
    if (name !== null) return { name, tensor: forward(layer, x.tensor) };
  }
  throw new ValueError(
    `ONNX export: ${path ? `layer ${path}` : 'the model'} is a ${layer.constructor.name}, which has no ONNX form here`,
    `Build the model with sequential() of ${kinds()}; a class with a forward of its own cannot be read, and recurrent layers go into EveryStep or LastStep.`,
  );
}

/** Shape and dtype of what a layer makes of `x`; nothing is computed. */
function forward(layer: Module, x: Tensor): Tensor {
  const y: unknown = Reflect.apply(layer.forward, layer, [x]);
  if (y instanceof Tensor) return y;
  throw new ValueError(
    `ONNX export: ${layer.constructor.name} returns something else than a tensor`,
    'Only models from one tensor to one tensor can be exported; nn.everyStep() or nn.lastStep() make one of a recurrent layer.',
  );
}

/** Runs `body` with every module in use, and puts the modes back. */
function inUse<T>(model: Module, body: () => T): T {
  const modes = model.modules().map((module) => ({ module, training: module.training }));
  model.eval();
  try {
    return noGrad(body);
  } finally {
    for (const { module, training } of modes) module.training = training;
  }
}

/**
 * The bytes of an ONNX model (operator set 21) that computes what `model` computes in `eval()`: dropout does nothing, batch
 * norm uses its running statistics.
 * @param model a `sequential` of layers of `gradlab/nn`, nested at will, or one layer; the present weights are written.
 * @param input shape of an input, the batch first (float32), or a tensor of that shape and dtype.
 * @throws ValueError for layers that have no ONNX form, and for models beyond 2 GiB; ShapeError where the input does not fit.
 */
export function writeOnnx(model: Layer, input: Shape | Tensor, options: OnnxOptions = {}): Uint8Array {
  const { dynamicBatch = true, name = model.constructor.name, inputName = 'input', outputName = 'output' } = options;
  const shape: Shape = input instanceof Tensor ? input.shape : input;
  const dtype: DType = input instanceof Tensor ? input.dtype : 'float32';
  if (shape.length === 0)
    throw new ShapeError(`ONNX export: an input of shape ${show(shape)}`, 'The first axis is the batch.');
  const x = zeros(shape, { dtype });
  return inUse(model, () => {
    const graph = new OnnxGraph();
    const [from, to] = [graph.reserve(inputName), graph.reserve(outputName)];
    const y = write(model, '', { name: from, tensor: x }, graph, to).tensor;
    // Lengths that change with the batch are left open.
    const larger = dynamicBatch ? forward(model, zeros([shape[0]! + 1, ...shape.slice(1)], { dtype })) : y;
    const lengths = y.shape.map((n, i): Length => (n === larger.shape[i] ? n : n === shape[0] ? 'batch' : 'unknown'));
    const bytes = graph.finish(
      name,
      [from, dtype, dynamicBatch ? ['batch', ...shape.slice(1)] : shape],
      [to, y.dtype, lengths],
    );
    if (bytes.length > mostBytes)
      throw new ValueError(`ONNX export: ${bytes.length} bytes`, 'The format ends at 2 GiB; save safetensors instead.');
    return bytes;
  });
}

/**
 * Saves an ONNX model, for onnxruntime and others; see `writeOnnx`.
 * @throws DataError where the file cannot be written; else as `writeOnnx`.
 * @example await saveOnnx('digits.onnx', model, [1, 1, 28, 28])
 */
export async function saveOnnx(
  path: string,
  model: Layer,
  input: Shape | Tensor,
  options: OnnxOptions = {},
): Promise<void> {
  await writeDurably(path, [writeOnnx(model, input, options)]);
}
