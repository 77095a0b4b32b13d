// Einstein summation: any sum of products over named axes, as one matrix product where two operands meet.
import { ShapeError, show, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';

interface Term {
  tensor: Tensor;
  axes: string[];
}

/** Reads `'ij,jk->ik'`; without an arrow the result has the axes named once, in alphabetical order. */
function readEquation(equation: string, count: number): { inputs: string[]; output: string } {
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const inputs = (left ?? '').split(',');
  const letters = [...inputs.join('')];
  const once = letters.filter((c, i) => letters.indexOf(c) === i && letters.lastIndexOf(c) === i);
  const output = right ?? once.sort().join('');
  if (more.length > 0 || inputs.length !== count || ![...inputs, output].every((part) => /^[A-Za-z]*$/.test(part))) {
    throw new ValueError(
      `einsum: equation '${equation}' for ${count} tensors`,
      "Name each tensor's axes with letters, tensors separated by commas, then '->' and the axes of the result: 'bij,bjk->bik'.",
    );
  }
  if ([...output].some((c, i) => !letters.includes(c) || output.indexOf(c) !== i)) {
    throw new ValueError(
      `einsum: result axes '${output}' of '${equation}'`,
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
 * axes missing there are summed, a letter twice in one tensor takes the diagonal.
 * @throws ValueError for a malformed equation, ShapeError where lengths disagree.
 * @example einsum('bhtd,bhsd->bhts', query, key)
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = readEquation(equation, tensors.length);
  const lengths = new Map<string, number>();
  tensors.forEach((tensor, k) => {
    const axes = inputs[k]!;
    if (axes.length !== tensor.rank) {
      throw new ShapeError(
        `einsum: '${axes}' names ${axes.length} axes of ${show(tensor.shape)}`,
        'Name every axis of each tensor.',
      );
    }
    [...axes].forEach((c, i) => {
      const known = lengths.get(c);
      if (known !== undefined && known !== tensor.shape[i]) {
        throw new ShapeError(
          `einsum: axis '${c}' is ${known} and ${tensor.shape[i]} in '${equation}'`,
          'One name stands for one length.',
        );
      }
      lengths.set(c, tensor.shape[i]!);
    });
  });
  const terms = tensors.map((tensor, k) => diagonal({ tensor, axes: [...inputs[k]!] }));
  let result = terms[0]!;
  for (let k = 1; k < terms.length; k++) {
    const later = new Set([...output, ...terms.slice(k + 1).flatMap((term) => term.axes)]);
    result = contract(result, terms[k]!, later);
  }
  result = sumOut(result, new Set(output));
  return result.tensor.permute([...output].map((c) => result.axes.indexOf(c)));
}
