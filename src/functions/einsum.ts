// Einstein summation: any sum of products over named axes, as one matrix product where two operands meet.
import { ShapeError, show, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';

interface Term {
  tensor: Tensor;
  axes: string[];
}

/** Names for the axes that `...` stands for, the last one first: they line up from the right, as in broadcasting. */
const unnamed = (count: number): string[] => Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);

/**
 * Reads `'ij,jk->ik'` for tensors of the given numbers of axes; without an arrow the result has the axes of `...` and
 * then those named once, in alphabetical order.
 */
function readEquation(equation: string, ranks: readonly number[]): { inputs: string[][]; output: string[] } {
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const parts = (left ?? '').split(',');
  const wellFormed = (part: string): boolean => /^[A-Za-z]*(\.\.\.[A-Za-z]*)?$/.test(part);
  if (more.length > 0 || parts.length !== ranks.length || ![...parts, right ?? ''].every(wellFormed)) {
    throw new ValueError(
      `einsum: equation '${equation}' for ${ranks.length} tensors`,
      "Name each tensor's axes with letters ('...' for any others), tensors separated by commas, then '->' and the axes of the result: 'bij,bjk->bik'.",
    );
  }
  const name = (part: string, rest: readonly string[]): string[] => {
    const [before, after] = part.split('...');
    return after === undefined ? [...part] : [...(before ?? ''), ...rest, ...after];
  };
  const hidden = parts.map((part, k) => (part.includes('...') ? Math.max(0, ranks[k]! - part.length + 3) : 0));
  const inputs = parts.map((part, k) => name(part, unnamed(hidden[k]!)));
  const rest = unnamed(Math.max(0, ...hidden));
  const letters = parts.join('').replaceAll(/[.]/g, '');
  const once = [...letters].filter((c) => letters.indexOf(c) === letters.lastIndexOf(c)).sort();
  const output = right === undefined ? [...rest, ...once] : name(right, rest);
  if (output.some((c, i) => !inputs.some((axes) => axes.includes(c)) || output.indexOf(c) !== i)) {
    throw new ValueError(
      `einsum: result axes '${right}' of '${equation}'`,
      'Each must stand on the left, and only once on the right.',
    );
  }
  return { inputs, output };
}

/** The diagonal over axes that share a name: one axis is left of each name. */
function diagonal({ tensor, axes }: Term): Term {
  const again = axes.findIndex((c, i) => axes.indexOf(c) < i);
  if (again < 0) return { tensor, axes };
  const first = axes.indexOf(axes[again]!);
  const n = tensor.shape[first]!;
  const rest = axes.map((_, i) => i).filter((i) => i !== first && i !== again);
  const moved = tensor.permute([...rest, first, again]);
  const lead = rest.map((i) => tensor.shape[i]!);
  // Every (n + 1)-th element of the flattened square is on the diagonal.
  const picked = moved
    .reshape([...lead, n * n])
    .pad([0, n])
    .reshape([...lead, n, n + 1])
    .narrow(-1, 0, 1)
    .squeeze(-1);
  return diagonal({ tensor: picked, axes: [...rest.map((i) => axes[i]!), axes[first]!] });
}

/** Sums away the axes not in `keep`. */
function sumOut({ tensor, axes }: Term, keep: ReadonlySet<string>): Term {
  const gone = axes.flatMap((c, i) => (keep.has(c) ? [] : [i]));
  return gone.length === 0 ? { tensor, axes } : { tensor: tensor.sum(gone), axes: axes.filter((c) => keep.has(c)) };
}

/** The axes `names` of a term, in that order, each run joined to one. */
function grouped({ tensor, axes }: Term, groups: readonly (readonly string[])[]): Tensor {
  const order = groups.flat().map((c) => axes.indexOf(c));
  const turned = tensor.permute(order);
  let at = 0;
  const shape = groups.map((group) => {
    const size = turned.shape.slice(at, at + group.length).reduce((a, b) => a * b, 1);
    at += group.length;
    return size;
  });
  return turned.reshape(shape);
}

/** Two terms as a batched matrix product; axes not wanted later are summed. */
function contract(a: Term, b: Term, wanted: ReadonlySet<string>): Term {
  const shared = a.axes.filter((c) => b.axes.includes(c));
  const left = sumOut(a, new Set([...wanted, ...shared]));
  const right = sumOut(b, new Set([...wanted, ...shared]));
  const batch = shared.filter((c) => wanted.has(c));
  const inner = shared.filter((c) => !wanted.has(c));
  const rows = left.axes.filter((c) => !shared.includes(c));
  const columns = right.axes.filter((c) => !shared.includes(c));
  const product = grouped(left, [batch, rows, inner]).matmul(grouped(right, [batch, inner, columns]));
  const size = (term: Term, c: string): number => term.tensor.shape[term.axes.indexOf(c)]!;
  const axes = [...batch, ...rows, ...columns];
  const shape = axes.map((c) => (left.axes.includes(c) ? size(left, c) : size(right, c)));
  return { tensor: product.reshape(shape), axes };
}

/**
 * Einstein summation.
 * @param equation letters for the axes of each tensor, separated by commas, and after `->` those of the result;
 * axes missing there are summed, a letter twice in one tensor takes the diagonal, `...` stands for axes that go along
 * and broadcast.
 * @throws ValueError for a malformed equation, ShapeError where lengths disagree.
 * @example einsum('bhtd,bhsd->bhts', query, key)
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = readEquation(
    equation,
    tensors.map((tensor) => tensor.rank),
  );
  const lengths = new Map<string, number>();
  tensors.forEach((tensor, k) => {
    const axes = inputs[k]!;
    if (axes.length !== tensor.rank) {
      throw new ShapeError(
        `einsum: '${equation.split('->')[0]!.split(',')[k]!.trim()}' names ${axes.length} axes of ${show(tensor.shape)}`,
        "Name every axis of each tensor, or write '...' for those that go along.",
      );
    }
    axes.forEach((c, i) => {
      const [known, length] = [lengths.get(c), tensor.shape[i]!];
      const broadcast = c.startsWith('.') && (known === 1 || length === 1);
      if (known !== undefined && known !== length && !broadcast) {
        throw new ShapeError(
          `einsum: axis '${c.startsWith('.') ? '...' : c}' is ${known} and ${length} in '${equation}'`,
          'One name stands for one length.',
        );
      }
      lengths.set(c, known === undefined || known === 1 ? length : known);
    });
  });
  const terms = tensors.map((tensor, k) => {
    const axes = inputs[k]!;
    const full = axes.map((c, i) => (c.startsWith('.') ? lengths.get(c)! : tensor.shape[i]!));
    return diagonal({ tensor: tensor.expand(full), axes });
  });
  let result = terms[0]!;
  for (let k = 1; k < terms.length; k++) {
    const later = new Set([...output, ...terms.slice(k + 1).flatMap((term) => term.axes)]);
    result = contract(result, terms[k]!, later);
  }
  result = sumOut(result, new Set(output));
  return result.tensor.permute(output.map((c) => result.axes.indexOf(c)));
}
