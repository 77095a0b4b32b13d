// In: a convolution of the graph. Out: the same by TensorFlow.js, which wants channels last and one of stride and dilation alone.
import type { Attributes } from '../../ops.js';
import type { PlanNode } from '../../plan.js';
import type { Tf, TfTensor } from './namespace.js';

/** Lengths, steps and paddings of one spatial axis. */
interface Axis {
  readonly low: number;
  readonly high: number;
  readonly spread: number;
}

/** Zeros between the elements of `axis` and around them; negative amounts crop. */
function spaced(tf: Tf, x: TfTensor, axis: number, { low, high, spread }: Axis): TfTensor {
  const shape = [...x.shape];
  const n = shape[axis]!;
  const lead = shape.slice(0, axis);
  const rest = shape.slice(axis + 1);
  let out = x;
  const surround = (t: TfTensor, at: number, from: number, to: number): TfTensor =>
    tf.pad(
      t,
      t.shape.map((_, i): [number, number] => (i === at ? [from, to] : [0, 0])),
      0,
    );
  if (spread > 1) {
    out = surround(tf.reshape(out, [...lead, n, 1, ...rest]), axis + 1, 0, spread - 1);
    out = tf.reshape(out, [...lead, n * spread, ...rest]);
  }
  const length = n * spread;
  const tail = high - (spread - 1);
  if (low > 0 || tail > 0) out = surround(out, axis, Math.max(0, low), Math.max(0, tail));
  if (low >= 0 && tail >= 0) return out;
  const start = Math.max(0, -low);
  const wanted = length + low + tail;
  const places = Int32Array.from({ length: wanted }, (_, i) => i + start);
  // Rows of the axis are picked with the axis in front.
  const forth = [axis, ...out.shape.map((_, i) => i).filter((i) => i !== axis)];
  const back = out.shape.map((_, i) => forth.indexOf(i));
  return tf.transpose(tf.gather(tf.transpose(out, forth), tf.tensor(places, [wanted], 'int32')), back);
}

/** Channels behind the spatial axes, of which there are two or three. */
function channelsLast(tf: Tf, x: TfTensor): TfTensor {
  const rank = x.shape.length - 2;
  const lifted = rank === 1 ? tf.reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]) : x;
  return tf.transpose(lifted, [0, ...lifted.shape.slice(2).map((_, i) => i + 2), 1]);
}

/** The cross-correlation that `node` describes. */
export function convolve(tf: Tf, node: PlanNode, input: TfTensor, weight: TfTensor): TfTensor {
  const a: Attributes = node.attributes;
  const rank = node.shape.length - 2;
  const groups = a.groups ?? 1;
  let x = input;
  let w = weight;
  for (let i = 0; i < rank; i++) {
    x = spaced(tf, x, i + 2, { low: a.low?.[i] ?? 0, high: a.high?.[i] ?? 0, spread: a.inputDilation?.[i] ?? 1 });
    const dilation = a.dilation?.[i] ?? 1;
    if (dilation > 1) w = spaced(tf, w, i + 2, { low: 0, high: 0, spread: dilation });
  }
  const steps = Array.from({ length: rank }, (_, i) => a.stride?.[i] ?? 1);
  const strides = rank === 1 ? [1, ...steps] : steps;
  const apply = (part: TfTensor, filter: TfTensor): TfTensor => {
    const image = channelsLast(tf, part);
    const lifted = rank === 1 ? tf.reshape(filter, [filter.shape[0]!, filter.shape[1]!, 1, filter.shape[2]!]) : filter;
    const taps = tf.transpose(lifted, [...lifted.shape.slice(2).map((_, i) => i + 2), 1, 0]);
    return rank === 3
      ? tf.conv3d(image, taps, strides, 'valid', 'NDHWC', [1, 1, 1])
      : tf.conv2d(image, taps, strides, 'valid', 'NHWC', [1, 1]);
  };
  const parts = groups === 1 ? [x] : tf.split(x, groups, 1);
  const filters = groups === 1 ? [w] : tf.split(w, groups, 0);
  const out = tf.concat(
    parts.map((part, i) => apply(part, filters[i]!)),
    rank === 3 ? 4 : 3,
  );
  const last = out.shape.length - 1;
  const first = tf.transpose(out, [0, last, ...Array.from({ length: last - 1 }, (_, i) => i + 1)]);
  return tf.reshape(first, [...node.shape]);
}

/** Positions of the padded input that each tap of each window of a pooling reads, −1 outside. */
export function windowPlaces(input: readonly number[], pooled: readonly number[], a: Attributes): Int32Array {
  const kernel = a.kernel ?? [];
  const lead = input.length - kernel.length;
  const rows = input.slice(0, lead).reduce((n, length) => n * length, 1);
  let places: number[][] = Array.from({ length: rows }, (_, i) => [i]);
  for (let d = 0; d < kernel.length; d++) {
    const n = input[lead + d]!;
    const positions = pooled[lead + d]!;
    places = places.flatMap((taps) =>
      Array.from({ length: positions }, (_, p) =>
        taps.flatMap((base) =>
          Array.from({ length: kernel[d]! }, (_, k) => {
            const at = p * (a.stride?.[d] ?? 1) + k * (a.dilation?.[d] ?? 1) - (a.low?.[d] ?? 0);
            return base < 0 || at < 0 || at >= n ? -1 : base * n + at;
          }),
        ),
      ),
    );
  }
  return Int32Array.from(places.flat());
}
