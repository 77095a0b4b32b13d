// Convolutions of an input with zeros between its elements (what gradients of strided ones are), without the zeros.
import type { PlanNode } from '../plan.js';
import { sameShape } from '../shape.js';

type Put = (node: PlanNode) => number;
type Lookup = (at: number) => PlanNode;
type View = 'reshape' | 'permute' | 'pad' | 'slice';

interface Views {
  readonly view: (op: View, input: number, shape: readonly number[], attributes: PlanNode['attributes']) => number;
  /** Crops or surrounds the spatial axes with zeros; null where nothing would be left of them. */
  readonly surround: (input: number, low: readonly number[], high: readonly number[]) => number | null;
}

function views(look: Lookup, put: Put): Views {
  const view: Views['view'] = (op, input, shape, attributes) =>
    put({ op, inputs: [input], attributes, shape, dtype: look(input).dtype, scalar: -1 });
  const surround: Views['surround'] = (input, low, high) => {
    let at = input;
    const [below, above] = [
      [0, 0, ...low],
      [0, 0, ...high],
    ];
    if (below.some((v) => v < 0) || above.some((v) => v < 0)) {
      const start = below.map((v) => Math.max(0, -v));
      const shape = look(at).shape.map((n, i) => n - start[i]! - Math.max(0, -above[i]!));
      if (shape.some((n) => n < 1)) return null;
      at = view('slice', at, shape, { start, step: shape.map(() => 1), shape });
    }
    const lows = below.map((v) => Math.max(0, v));
    const highs = above.map((v) => Math.max(0, v));
    if (lows.every((v) => v === 0) && highs.every((v) => v === 0)) return at;
    const shape = look(at).shape.map((n, i) => n + lows[i]! + highs[i]!);
    return view('pad', at, shape, { low: lows, high: highs, value: 0 });
  };
  return { view, surround };
}

/** Attributes of a convolution with every field there. */
function geometry(node: PlanNode): Record<'stride' | 'dilation' | 'spread' | 'low' | 'high', readonly number[]> {
  const a = node.attributes;
  const [ones, zeros] = [node.shape.slice(2).map(() => 1), node.shape.slice(2).map(() => 0)];
  return {
    stride: a.stride ?? ones,
    dilation: a.dilation ?? ones,
    spread: a.inputDilation ?? ones,
    low: a.low ?? zeros,
    high: a.high ?? zeros,
  };
}
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** True where the input is spread and nothing else is strided. */
function applies(node: PlanNode, look: Lookup): boolean {
  const { stride, dilation, spread } = geometry(node);
  const { shape } = look(node.inputs[0]!);
  return (
    spread.some((s) => s > 1) &&
    stride.every((s) => s === 1) &&
    dilation.every((d) => d === 1) &&
    product([...shape, ...node.shape, ...look(node.inputs[1]!).shape]) > 0
  );
}

/**
 * Σ over q of x[q]·w[s·q + low − p], the same sum over the input's own elements: a convolution of the kernel with the input,
 * dilated by s. For kernels larger than the result, as those of weight gradients are. Null where it does not apply.
 */
export function turned(node: PlanNode, look: Lookup, put: Put): number | null {
  const [x, w] = node.inputs as [number, number];
  const taps = look(w).shape.slice(2);
  const places = node.shape.slice(2);
  if (!applies(node, look) || (node.attributes.groups ?? 1) !== 1 || product(taps) <= product(places)) return null;
  const { spread, low } = geometry(node);
  const { view, surround } = views(look, put);
  const lows = places.map((n, i) => n - 1 - low[i]!);
  const highs = places.map((n, i) => n - taps[i]! - lows[i]! + spread[i]! * (look(x).shape[i + 2]! - 1));
  const input = surround(w, lows, highs);
  if (input === null) return null;
  const result = put({
    ...node,
    inputs: [input, x],
    attributes: { stride: spread.map(() => 1), dilation: spread, groups: 1 },
    shape: [node.shape[1]!, node.shape[0]!, ...places],
  });
  const axes = [1, 0, ...places.map((_, i) => i + 2)];
  const straight = view('permute', result, node.shape, { axes });
  const step = node.shape.map((_, i) => (i < 2 ? 1 : -1));
  const start = node.shape.map((n, i) => (i < 2 ? 0 : n - 1));
  return view('slice', straight, node.shape, { start, step, shape: node.shape });
}

/**
 * The result in phases: place s·p + f of an axis with input dilation s meets every s-th tap of the kernel alone, at elements
 * p + j + f·shift + element of the input for j = 0, 1, …. With zeros before the kernel its taps are s·j + s − 1 − f, and shift is 0; where
 * s = 2 divides `low`, they are s·j + f without more zeros, and shift is 1. The phases become one more axis of each tap and of the result.
 * Null where it does not apply.
 */
export function inPhases(node: PlanNode, look: Lookup, put: Put): number | null {
  if (!applies(node, look)) return null;
  const { spread, low } = geometry(node);
  const { view, surround } = views(look, put);
  const [x, w] = node.inputs as [number, number];
  const [outputs, channels, ...kernel] = look(w).shape as [number, number, ...number[]];
  const axes = spread.map((s, i) => {
    const element = -Math.floor(low[i]! / s);
    const rising = s === 2 && low[i]! + s * element === 0;
    const before = rising ? 0 : s - 1 - (low[i]! + s * element);
    const taps = Math.ceil((kernel[i]! + before) / s);
    const places = Math.ceil(node.shape[i + 2]! / s);
    const last = places + taps - 2 + element + (rising ? 1 : 0);
    const lows = -element;
    const highs = last + 1 - look(x).shape[i + 2]!;
    return { s, rising, before, after: taps * s - kernel[i]! - before, taps, places, lows, highs };
  });
  const input = surround(
    x,
    axes.map((a) => a.lows),
    axes.map((a) => a.highs),
  );
  const padded = surround(
    w,
    axes.map((a) => a.before),
    axes.map((a) => a.after),
  );
  if (input === null || padded === null) return null;
  const split = [outputs, channels, ...axes.flatMap((a) => [a.taps, a.s])];
  const falls = [false, false, ...axes.flatMap((a) => [false, !a.rising])];
  const weight = view('slice', view('reshape', padded, split, { shape: split }), split, {
    start: split.map((n, i) => (falls[i] ? n - 1 : 0)),
    step: falls.map((f) => (f ? -1 : 1)),
    shape: split,
  });
  const ones = spread.map(() => 1);
  const whole = [...node.shape.slice(0, 2), ...axes.map((a) => a.places * a.s)];
  const result = put({
    ...node,
    inputs: [input, weight],
    attributes: {
      stride: ones,
      dilation: ones,
      groups: node.attributes.groups ?? 1,
      phases: axes.map((a) => ({ count: a.s, shift: a.rising ? 1 : 0 })),
    },
    shape: whole,
  });
  if (sameShape(whole, node.shape)) return result;
  return view('slice', result, node.shape, {
    start: whole.map(() => 0),
    step: whole.map(() => 1),
    shape: node.shape,
  });
}
