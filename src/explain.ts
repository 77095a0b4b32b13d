// What computes tensors: the fused kernels, what each computes and moves, and how long it took.
import { deviceOf, type KernelSummary } from './device.js';
import { displayMethod, type MimeData } from './display/bundle.js';
import { type Table, table } from './display/table.js';
import { evaluate } from './evaluate.js';
import { walk } from './plan.js';
import { type KernelTime, measure } from './profile.js';
import type { Tensor } from './tensor.js';

/** The work behind tensors. Shows itself as a table with a row for each kernel. */
export class Explanation {
  constructor(
    /** Operations written down, before they were fused. */
    readonly operations: number,
    /** The kernels in the order in which they ran, with their times. */
    readonly kernels: readonly KernelTime[],
    /** Where they ran. */
    readonly device: string,
  ) {}

  /** Milliseconds of all kernels. */
  get ms(): number {
    return this.kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  }
  get #table(): Table {
    const rows = this.kernels.map(({ kind, text, flops, bytes, ms }: KernelSummary & { ms: number }) => ({
      kernel: kind,
      'what it computes': text,
      MFLOP: flops / 1e6,
      MB: bytes / 1e6,
      ms,
    }));
    if (rows.length === 0) return table([{ kernel: 'none', 'what it computes': 'the values are in memory already' }]);
    return table(rows, {
      caption: `${this.operations} operations in ${rows.length} kernels · ${this.ms.toPrecision(3)} ms · ${this.device}`,
    });
  }
  toString(): string {
    return this.#table.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
  [displayMethod](): MimeData {
    return this.#table[displayMethod]();
  }
}

/**
 * Computes tensors and says how: which kernels ran, what each computes and moves, and how long it took.
 * Tensors whose values are in memory need no kernel: explain an expression before its value is asked for.
 * @example explain(x.matmul(w).add(b).relu())
 */
export function explain(...tensors: readonly Tensor[]): Explanation {
  const nodes = tensors.map((t) => t.node);
  const waiting = nodes.filter((node) => !node.storage);
  const operations =
    waiting.length > 0 ? walk(waiting).order.filter((node) => !node.storage && node.op !== 'constant').length : 0;
  const kernels = measure(() => {
    evaluate(nodes);
  });
  return new Explanation(operations, kernels, deviceOf(nodes[0]?.home ?? null).description);
}
