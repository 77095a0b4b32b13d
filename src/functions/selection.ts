// Elements picked, placed and repeated: diagonals, grids, windows, scatter and masks.
import * as b from '../build.js';
import { arange, full, tensor } from '../create.js';
import { isFloat } from '../dtype.js';
import { DTypeError, ShapeError, show, ValueError } from '../errors.js';
import { broadcastShapes, checkAxis, type Shape, sameShape, sizeOf } from '../shape.js';
import { type Operand, Tensor } from '../tensor.js';

/**
 * This tensor with out[…index[…i…]…] = src[…i…] along `axis`. Where an index comes twice, the last one counts
 * (in PyTorch any of them may), and the gradient goes to it alone.
 * @throws ShapeError unless index and source are equal in shape and agree with the tensor on the other axes.
 */
export function scatter(t: Tensor, axis: number, index: Tensor, src: Operand): Tensor {
  const at = checkAxis('scatter', axis, t.rank);
  const source = src instanceof Tensor ? src : full(index.shape, Number(src), { dtype: t.dtype });
  if (
    !sameShape(index.shape, source.shape) ||
    index.rank !== t.rank ||
    index.shape.some((n, i) => i !== at && n !== t.shape[i])
  )
    throw new ShapeError(
      `scatter: index ${show(index.shape)} and source ${show(source.shape)} into ${show(t.shape)} along axis ${at}`,
      'Index and source must be equal in shape, and agree with the tensor on the other axes.',
    );
  checkIndex('scatter', index);
  const n = index.shape[at]!;
  if (n === 0) return t;
  // Sorted by index, the last of equals is the one whose successor differs: sorting keeps the order of equals.
  const order = index.argsort(at);
  const sorted = index.gather(order, at);
  const more = sorted.narrow(at, 1, n - 1).ne(sorted.narrow(at, 0, n - 1));
  const end = full(
    index.shape.map((length, i) => (i === at ? 1 : length)),
    1,
    { dtype: 'bool' },
  );
  const last = n > 1 ? Tensor.concat([more, end], at) : end;
  const placed = source.to(t.dtype).gather(order, at);
  const zeros = full(t.shape, 0, { dtype: t.dtype });
  const written = zeros.scatterAdd(at, sorted, placed.where(last, 0));
  const hit = full(t.shape, 0, { dtype: 'int32' }).scatterAdd(at, sorted, last.int());
  return written.where(hit.gt(0), t);
}

function checkIndex(op: string, index: Tensor): void {
  if (isFloat(index.dtype))
    throw new DTypeError(`${op}: indices are ${index.dtype}`, "Convert them first: index.to('int32').");
}
function checkMask(op: string, mask: Tensor): void {
  if (mask.dtype !== 'bool')
    throw new DTypeError(`${op}: the mask is ${mask.dtype}`, 'A mask is bool, such as t.gt(0).');
}

/** `value` where the bool `mask` holds (broadcast), the tensor elsewhere. */
export function maskedFill(t: Tensor, mask: Tensor, value: Operand): Tensor {
  checkMask('maskedFill', mask);
  if (!sameShape(broadcastShapes('maskedFill', t.shape, mask.shape), t.shape))
    throw new ShapeError(
      `maskedFill: mask ${show(mask.shape)} for ${show(t.shape)}`,
      'The mask must broadcast to the tensor.',
    );
  return (value instanceof Tensor ? value.to(t.dtype) : full([], Number(value), { dtype: t.dtype })).where(mask, t);
}

/** The elements where the bool `mask` (broadcast) holds, as one axis. Their number is not known beforehand: this computes the mask at once. */
export function maskedSelect(t: Tensor, mask: Tensor): Tensor {
  checkMask('maskedSelect', mask);
  const shape = broadcastShapes('maskedSelect', t.shape, mask.shape);
  const flags = mask.expand(shape).dataSync();
  const places = Int32Array.from(flags.keys()).filter((i) => flags[i]);
  return t
    .expand(shape)
    .reshape(-1)
    .take(tensor(places, { device: t.device }));
}

/** Indices of the elements that are not zero, one row each: int32 [count, rank]. Computes the tensor at once. */
export function nonzero(t: Tensor): Tensor {
  const flat = t.dataSync();
  const rows: number[] = [];
  for (let i = 0; i < flat.length; i++) {
    if (flat[i] === 0) continue;
    const row = new Array<number>(t.rank);
    for (let axis = t.rank - 1, rest = i; axis >= 0; axis--) {
      row[axis] = rest % t.shape[axis]!;
      rest = Math.floor(rest / t.shape[axis]!);
    }
    rows.push(...row);
  }
  const count = t.rank > 0 ? rows.length / t.rank : flat[0] === 0 ? 0 : 1;
  return tensor(Int32Array.from(rows), { shape: [count, t.rank], device: t.device });
}

/**
 * This tensor with t[i₀[k], i₁[k], …] = values[k] for index tensors that broadcast together; axes left over are set whole.
 * Negative indices count from the end; where a place comes twice the last one counts, or with `accumulate` all are added
 * to what is there.
 */
export function indexPut(t: Tensor, indices: readonly Tensor[], values: Operand, accumulate = false): Tensor {
  if (indices.length === 0 || indices.length > t.rank)
    throw new ShapeError(
      `indexPut: ${indices.length} index tensors for ${show(t.shape)}`,
      `Give 1 to ${t.rank}, one for each leading axis.`,
    );
  const shape = indices.map((index) => index.shape).reduce((p, q) => broadcastShapes('indexPut', p, q));
  const lead = t.shape.slice(0, indices.length);
  const rest = t.shape.slice(indices.length);
  const total = sizeOf(lead);
  let place: Tensor = full(shape, 0, { dtype: 'int32' });
  let inside: Tensor = full(shape, 1, { dtype: 'bool' });
  indices.forEach((index, i) => {
    checkIndex('indexPut', index);
    const n = lead[i]!;
    const whole = index.int();
    inside = inside.and(whole.ge(-n)).and(whole.lt(n));
    place = place.mul(n).add(whole.add(n).where(whole.lt(0), whole));
  });
  // Outside an axis is outside the whole: the device then says so.
  const flat = place
    .where(inside, total)
    .reshape(-1, ...rest.map(() => 1))
    .expand(sizeOf(shape), ...rest);
  const wanted = [...shape, ...rest];
  const source = values instanceof Tensor ? values : full([], Number(values), { dtype: t.dtype });
  const spread = source.expand(wanted).reshape(flat.shape).to(t.dtype);
  const rows = t.reshape(total, ...rest);
  return (accumulate ? rows.scatterAdd(0, flat, spread) : scatter(rows, 0, flat, spread)).reshape(t.shape);
}

/** Grids of coordinates from 1-d tensors; `ij` (default) has axis k follow tensor k, `xy` swaps the first two. */
export function meshgrid(tensors: readonly Tensor[], indexing: 'ij' | 'xy' = 'ij'): Tensor[] {
  if (tensors.length === 0) throw new ValueError('meshgrid: no tensors', 'Give at least one 1-d tensor.');
  for (const t of tensors)
    if (t.rank > 1) throw new ShapeError(`meshgrid: a tensor of shape ${show(t.shape)}`, 'Each takes one axis.');
  const shape = tensors.map((t) => t.size);
  const grids = tensors.map((t, k) => t.reshape(shape.map((n, i) => (i === k ? n : 1))).expand(shape));
  return indexing === 'xy' && grids.length > 1 ? grids.map((grid) => grid.transpose(0, 1)) : grids;
}

/** The diagonal `offset` above the main one, over two axes; it becomes the last axis. */
export function diagonal(t: Tensor, offset = 0, first = 0, second = 1): Tensor {
  if (t.rank < 2) throw new ShapeError(`diagonal: shape ${show(t.shape)}`, 'It takes at least two axes.');
  const [p, q] = [checkAxis('diagonal', first, t.rank), checkAxis('diagonal', second, t.rank)];
  if (p === q) throw new ValueError(`diagonal: axes ${first} and ${second}`, 'They must differ.');
  const rest = t.shape.map((_, i) => i).filter((i) => i !== p && i !== q);
  const moved = t.permute([...rest, p, q]);
  const [rows, columns] = [t.shape[p]!, t.shape[q]!];
  const start = offset < 0 ? -offset : 0;
  const length = Math.max(0, Math.min(rows - start, columns - Math.max(0, offset)));
  const lead = rest.map((i) => t.shape[i]!);
  if (length === 0) return moved.reshape(...lead, rows * columns).narrow(-1, 0, 0);
  // From its first element on, every (columns + 1)-th of the flattened matrix is on the diagonal.
  const from = start * columns + Math.max(0, offset);
  const span = length * (columns + 1);
  const flat = moved.reshape(...lead, rows * columns).narrow(-1, from, rows * columns - from);
  const room = span - flat.shape[flat.rank - 1]!;
  const padded = room > 0 ? flat.pad([0, room]) : flat.narrow(-1, 0, span);
  return padded
    .reshape(...lead, length, columns + 1)
    .narrow(-1, 0, 1)
    .squeeze(-1);
}

/** A vector as the diagonal of a matrix (the last axis of more), or with a matrix its diagonal, `offset` above the main one. */
export function diag(t: Tensor, offset = 0): Tensor {
  if (t.rank === 2) return diagonal(t, offset);
  if (t.rank !== 1)
    throw new ShapeError(`diag: shape ${show(t.shape)}`, 'It takes a vector or a matrix; see diagEmbed.');
  return diagEmbed(t, offset);
}
/** The last axis on the diagonals of matrices, `offset` above the main ones, zeros elsewhere. */
export function diagEmbed(t: Tensor, offset = 0): Tensor {
  if (t.rank === 0) throw new ShapeError('diagEmbed: a scalar', 'It takes at least one axis.');
  const length = t.shape[t.rank - 1]!;
  const n = length + Math.abs(offset);
  const rows = t.pad([Math.max(0, -offset), Math.max(0, offset)]);
  const onDiagonal = arange(n).unsqueeze(1).add(offset).eq(arange(n).unsqueeze(0));
  return rows
    .unsqueeze(-1)
    .expand(...rows.shape, n)
    .where(onDiagonal, 0);
}
/** Sum of the main diagonal of a matrix. */
export function trace(t: Tensor): Tensor {
  if (t.rank !== 2) throw new ShapeError(`trace: shape ${show(t.shape)}`, 'It takes a matrix.');
  return diagonal(t).sum();
}

/** Windows of `size` elements every `step` along `axis`: the axis counts windows, and a new last axis holds each. */
export function unfold(t: Tensor, axis: number, size: number, step = 1): Tensor {
  const at = checkAxis('unfold', axis, t.rank);
  if (!Number.isInteger(size) || size < 1 || size > t.shape[at]! || !Number.isInteger(step) || step < 1)
    throw new ShapeError(
      `unfold: windows of ${size} every ${step} along axis ${at} of ${show(t.shape)}`,
      'Size and step are whole numbers from 1; a window must fit into the axis.',
    );
  const order = t.shape.map((_, i) => i).filter((i) => i !== at);
  const windows = new Tensor(b.windowOf(b.permute(t.node, [...order, at]), [size], { stride: [step] }));
  // […, positions, size]: the positions go back to where the axis was.
  const back = order.map((_, i) => i);
  back.splice(at, 0, t.rank - 1);
  return windows.permute([...back, t.rank]);
}

/** Each slice along `axis` repeated: `repeats` times, or repeats[i] times slice i. Without an axis, of the flattened tensor. */
export function repeatInterleave(t: Tensor, repeats: number | readonly number[], axis?: number): Tensor {
  const source = axis === undefined ? t.reshape(-1) : t;
  const at = checkAxis('repeatInterleave', axis ?? 0, source.rank);
  const n = source.shape[at]!;
  const counts = typeof repeats === 'number' ? [repeats] : repeats;
  if (
    counts.some((count) => !Number.isInteger(count) || count < 0) ||
    (typeof repeats !== 'number' && counts.length !== n)
  )
    throw new ValueError(
      `repeatInterleave: repeats ${show(counts)} for an axis of ${n}`,
      'Give one whole number, or one for each element of the axis.',
    );
  if (typeof repeats === 'number') {
    const split = source.unsqueeze(at + 1);
    const shape: Shape = split.shape.map((length, i) => (i === at + 1 ? repeats : length));
    return split.expand(shape).reshape(source.shape.map((length, i) => (i === at ? n * repeats : length)));
  }
  const places = Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i)));
  return source.take(tensor(places, { device: source.device }), at);
}

/** Differences of neighbours along `axis`, `times` over. */
export function diff(t: Tensor, times = 1, axis = -1): Tensor {
  if (!Number.isInteger(times) || times < 0)
    throw new ValueError(`diff: times = ${times}`, 'It must be a whole number, 0 or more.');
  const at = checkAxis('diff', axis, t.rank);
  let out = t.dtype === 'bool' ? t.int() : t;
  for (let k = 0; k < times && out.shape[at]! > 0; k++) {
    const n = out.shape[at]! - 1;
    out = out.narrow(at, 1, n).sub(out.narrow(at, 0, n));
  }
  return out;
}

/** The slices along `axis`, without it. */
export function unbind(t: Tensor, axis = 0): Tensor[] {
  const at = checkAxis('unbind', axis, t.rank);
  return Array.from({ length: t.shape[at]! }, (_, i) => t.narrow(at, i, 1).squeeze(at));
}

/** Moves axis `from` to place `to`; the others keep their order. */
export function moveAxis(t: Tensor, from: number, to: number): Tensor {
  const [p, q] = [checkAxis('moveAxis', from, t.rank), checkAxis('moveAxis', to, t.rank)];
  const order = t.shape.map((_, i) => i).filter((i) => i !== p);
  order.splice(q, 0, p);
  return t.permute(order);
}
