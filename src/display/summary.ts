// In: the modules of a model as rows. Out: a table with the tree of modules, shapes, parameters, FLOPs and memory.
import type { Shape } from '../shape.js';
import type { MimeData } from './bundle.js';
import { type Cell, type Column, gridHtml } from './grid.js';
import { formatCount, formatWhole } from './numbers.js';

/** One module; `depth` 0 is the whole model. */
export interface ModuleRow {
  readonly name: string;
  readonly kind: string;
  readonly detail: string;
  readonly depth: number;
  readonly outputShape: Shape | null;
  readonly parameters: number;
  readonly flops: number;
}
/** The modules of a model, outermost first, and their sums. */
export interface ModuleTree {
  readonly rows: readonly ModuleRow[];
  readonly parameters: number;
  readonly trainable: number;
  readonly flops: number;
  toString(): string;
}

const columns: readonly Column[] = [
  { heading: 'layer', right: false },
  { heading: 'output', right: false },
  { heading: 'parameters', right: true },
  { heading: 'FLOPs', right: true },
];
const nothing = '–';
/** Weights are float32. */
const bytesPerWeight = 4;

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function cellsOf(row: ModuleRow, tree: ModuleTree): Cell[] {
  const { name, kind, detail, depth, outputShape, parameters, flops } = row;
  const leaf = !tree.rows.some(
    (other) => other.depth === depth + 1 && (name === '' || other.name.startsWith(`${name}.`)),
  );
  const label = `${name ? `${lastPart(name)}: ` : ''}${kind}${detail ? ` (${detail})` : ''}`;
  const bar = (part: number, whole: number) => (leaf && whole > 0 && part > 0 ? { share: part / whole } : {});
  return [
    { text: label, indent: depth, strong: depth === 0 },
    { text: outputShape ? outputShape.join(' × ') : nothing },
    { text: parameters ? formatWhole(parameters) : nothing, ...bar(parameters, tree.parameters) },
    { text: flops ? formatCount(flops) : nothing, ...bar(flops, tree.flops) },
  ];
}

function totals({ parameters, trainable, flops }: ModuleTree): string {
  const frozen = parameters - trainable;
  return [
    `${formatWhole(parameters)} parameters${frozen > 0 ? ` (${formatWhole(frozen)} frozen)` : ''}`,
    formatCount(parameters * bytesPerWeight, 'B'),
    `${formatCount(flops, 'FLOPs')} a forward pass`,
  ].join(' · ');
}

/** The summary of a model for notebooks; bars show where parameters and work lie. */
export function summaryBundle(tree: ModuleTree): MimeData {
  const rows = tree.rows.map((row) => cellsOf(row, tree));
  return { 'text/html': gridHtml(columns, rows, totals(tree)), 'text/plain': tree.toString() };
}
