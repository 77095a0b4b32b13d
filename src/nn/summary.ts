// In: a module and the shapes of its inputs. Out: one row a module, with shapes, parameters and FLOPs.

import { zeros } from '../create.js';
import { displayMethod, type MimeData } from '../display/bundle.js';
import { summaryBundle } from '../display/summary.js';
import { isFloat } from '../dtype.js';
import type { Node } from '../graph.js';
import { ops } from '../ops.js';
import { type Shape, sizeOf } from '../shape.js';
import { noGrad, type Parameter, Tensor } from '../tensor.js';
import { intercept } from './intercept.js';
import type { Module } from './module.js';

/** One module of a summary. */
export interface SummaryRow {
  /** Dotted name; `''` for the whole. */
  readonly name: string;
  /** Class name. */
  readonly kind: string;
  /** What the layer is made with. */
  readonly detail: string;
  /** How deep the module lies; 0 for the whole. */
  readonly depth: number;
  /** Shape of the (first) output; null for a module that was not called. */
  readonly outputShape: Shape | null;
  /** Weights in it and within it; shared ones count once in each. */
  readonly parameters: number;
  /** Those of them that train now. */
  readonly trainable: number;
  /** Arithmetic operations of one forward pass: 2 for each multiply-add, 1 for each other real number made or reduced. */
  readonly flops: number;
}

/** The modules of a model, outermost first. */
export interface Summary {
  readonly rows: readonly SummaryRow[];
  /** Weights of the whole model. */
  readonly parameters: number;
  readonly trainable: number;
  /** Arithmetic operations of one forward pass. */
  readonly flops: number;
  toString(): string;
  /** What a notebook shows. */
  [displayMethod](): MimeData;
}

/** Arithmetic operations behind `node` itself. */
function flopsOf(node: Node): number {
  const [a, b] = node.inputs;
  if (node.op === 'matmul') return 2 * sizeOf(node.shape) * a!.shape[a!.shape.length - 1]!;
  if (node.op === 'conv') return 2 * sizeOf(node.shape) * sizeOf(b!.shape.slice(1));
  if (node.op === 'poolTake') return sizeOf(node.shape) * sizeOf(node.attributes.kernel ?? []);
  const { kind } = ops[node.op];
  if (kind === 'reduce' && isFloat(a!.dtype)) return sizeOf(a!.shape);
  return kind === 'elementwise' && node.op !== 'cast' && isFloat(node.dtype) ? sizeOf(node.shape) : 0;
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}

const short = (n: number): string => {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (n >= size * 10) return `${(n / size).toFixed(1)} ${unit}`;
  return n.toLocaleString('en-US');
};

/** Rows as an aligned table. */
function tableText(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  const widths = right.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0]!, '─'.repeat(Math.max(...lines.map((line) => line.length))), ...lines.slice(1)].join('\n');
}

function text(summary: Pick<Summary, 'rows' | 'parameters' | 'trainable' | 'flops'>): string {
  const rows = summary.rows.map((row) => [
    `${'  '.repeat(row.depth)}${row.name ? `${row.name.slice(row.name.lastIndexOf('.') + 1)} ` : ''}${row.kind}${row.detail ? `(${row.detail})` : ''}`,
    row.outputShape ? `[${row.outputShape.join(', ')}]` : '–',
    row.parameters ? row.parameters.toLocaleString('en-US') : '–',
    row.flops ? short(row.flops) : '–',
  ]);
  const still = summary.parameters - summary.trainable;
  const total = `${summary.parameters.toLocaleString('en-US')} parameters${still ? ` (${still.toLocaleString('en-US')} frozen)` : ''}, ${short(summary.flops)} FLOPs a forward pass`;
  return `${tableText([['layer', 'output', 'parameters', 'FLOPs'], ...rows], [false, false, true, true])}\n${total}`;
}

const count = (parameters: readonly Parameter[]): number => parameters.reduce((sum, p) => sum + p.size, 0);

/** Runs `forward` on the lazy graph, in evaluation mode, and reads shapes and FLOPs from it. */
export function summarize(module: Module, inputs: readonly (Shape | Tensor)[]): Summary {
  const shapes = new Map<Module, Shape>();
  const work = new Map<Module, number>();
  const seen = new Set<Node>();
  const modes = new Map([...module.modules()].map((m) => [m, m.training]));

  /** FLOPs of nodes that no inner module has counted. */
  const gather = (outputs: readonly Tensor[]): number => {
    let sum = 0;
    const stack = outputs.map((t) => t.node);
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (node.storage || node.variable) continue;
      sum += flopsOf(node);
      stack.push(...node.inputs);
    }
    return sum;
  };
  let open: number[] = [0];
  const stops = [...modes.keys()].map((inner) =>
    intercept(inner, 'forward', (values, call) => {
      tensorsIn(values).forEach((t) => {
        seen.add(t.node);
      });
      const outside = open;
      open = [0];
      const out = call(values);
      const made = tensorsIn(out);
      const flops = gather(made) + open[0]!;
      open = outside;
      open[0] = open[0]! + flops;
      work.set(inner, (work.get(inner) ?? 0) + flops);
      if (made[0]) shapes.set(inner, made[0].shape);
      return out;
    }),
  );
  const example = inputs.map((input) => (input instanceof Tensor ? input : zeros(input)));
  try {
    module.eval();
    noGrad(() => module.forward(...(example as never[])));
  } finally {
    for (const stop of stops) stop();
    for (const [inner, training] of modes) inner.training = training;
  }
  const rows = [...module.namedModules()].map(([name, inner]): SummaryRow => {
    const parameters = inner.parameters();
    return {
      name,
      kind: inner.constructor.name,
      detail: inner.describe(),
      depth: name ? name.split('.').length : 0,
      outputShape: shapes.get(inner) ?? null,
      parameters: count(parameters),
      trainable: count(parameters.filter((p) => p.trains)),
      flops: work.get(inner) ?? 0,
    };
  });
  const whole = { rows, parameters: rows[0]!.parameters, trainable: rows[0]!.trainable, flops: rows[0]!.flops };
  const printable = { ...whole, toString: () => text(whole) };
  return { ...printable, [displayMethod]: () => summaryBundle(printable) };
}
