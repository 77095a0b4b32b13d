// THE table: one row an operation, with its shape and dtype rule and its gradient.
// A gradient rule takes the node and the gradient g of its output and returns one gradient per input (null: none).
import {
  add,
  cast,
  constant,
  convGradientInput,
  convGradientWeight,
  div,
  equal,
  expand,
  flip,
  fold,
  gather,
  less,
  matmul,
  mul,
  neg,
  pad,
  permute,
  reduce,
  reshape,
  scatterAdd,
  slice,
  sub,
  swapLast,
  transfer,
  unary,
  where,
  windowOf,
} from './build.js';
import { type DType, isFloat, promote } from './dtype.js';
import { DTypeError, ShapeError, show, ValueError } from './errors.js';
import { make, type Node } from './graph.js';
import type { Loop } from './loop.js';
import { loopGradient } from './loop-gradient.js';
import type { OpName } from './op-names.js';
import type { Body } from './plan.js';
import { type Shape, sameShape, sizeOf } from './shape.js';

/** What an operation needs to know besides its inputs. Each op reads the fields of its own kind. */
export interface Attributes {
  readonly shape?: Shape;
  readonly dtype?: DType;
  readonly axes?: readonly number[];
  readonly axis?: number;
  readonly start?: readonly number[];
  readonly step?: readonly number[];
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly value?: number;
  readonly kernel?: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly inputDilation?: readonly number[];
  readonly groups?: number;
  /** Of a convolution in a rewritten plan: see fuse/phases.ts. */
  readonly phases?: readonly { readonly count: number; readonly shift: number }[];
  readonly descending?: boolean;
  /** Of a scan in a graph: what it repeats; in a plan: `body`. */
  readonly loop?: Loop;
  readonly body?: Body;
  /** Which of a loop's results a scan is. */
  readonly result?: number;
}

interface Typed {
  shape: Shape;
  dtype: DType;
}
type Gradients = readonly (Node | null)[];

/** One row of the table. */
export interface Op {
  /** What the scheduler may do with it. */
  readonly kind: 'leaf' | 'elementwise' | 'view' | 'reduce' | 'contract' | 'routine';
  readonly infer: (inputs: readonly Node[], attributes: Attributes) => Typed;
  readonly gradient: (node: Node, g: Node) => Gradients;
}

const row = (
  kind: Op['kind'],
  infer: (inputs: readonly Node[], attributes: Attributes) => Typed,
  gradient: (node: Node, g: Node) => Gradients,
): Op => ({ kind, infer, gradient });

/** An attribute that the op cannot do without. */
export function need<T>(value: T | undefined, name: string): T {
  if (value === undefined)
    throw new ValueError(`attribute '${name}' is missing`, 'This is a defect of gradlab; please report it.');
  return value;
}

const first = (inputs: readonly Node[]): Node => inputs[0]!;
const x = (node: Node): Node => node.inputs[0]!;
const y = (node: Node): Node => node.inputs[1]!;
const same = (inputs: readonly Node[]): Typed => first(inputs);
const withShape = (node: Node, shape: Shape): Typed => ({ shape, dtype: node.dtype });
const num = (node: Node, value: number): Node => constant(value, node.shape, node.dtype);
const nothing = (): Gradients => [null, null, null];

const floatUnary = (gradient: (node: Node, g: Node) => Node | null): Op =>
  row(
    'elementwise',
    (inputs) => {
      const input = first(inputs);
      if (!isFloat(input.dtype))
        throw new DTypeError(`a function of real numbers was given ${input.dtype}`, "Convert first: t.to('float32').");
      return input;
    },
    (node, g) => [gradient(node, g)],
  );
const anyUnary = (gradient: (node: Node, g: Node) => Node | null): Op =>
  row('elementwise', same, (node, g) => [gradient(node, g)]);

/** Only plans hold it, and only on float32. */
const rounding: Op = row(
  'elementwise',
  (inputs) => {
    if (first(inputs).dtype !== 'float32')
      throw new DTypeError(
        `rounding to 16 bits of ${first(inputs).dtype}`,
        "Convert: t.to('float16'), t.to('bfloat16').",
      );
    return first(inputs);
  },
  (_, g) => [g],
);

function paired(inputs: readonly Node[]): Typed {
  const [a, b] = inputs as [Node, Node];
  if (!sameShape(a.shape, b.shape) || a.dtype !== b.dtype) {
    throw new ShapeError(
      `elementwise operands ${a.dtype}${show(a.shape)} and ${b.dtype}${show(b.shape)} differ`,
      'Broadcast them first.',
    );
  }
  return a;
}
const binary = (gradient: (node: Node, g: Node) => Gradients): Op => row('elementwise', paired, gradient);
const comparison: Op = row('elementwise', (inputs) => ({ shape: paired(inputs).shape, dtype: 'bool' }), nothing);
const bits: Op = binary(nothing);

/** Half of g where a and b tie, none where the other is chosen; where one is NaN, all of it to both, as in PyTorch. */
const share = (loses: Node, ties: Node, g: Node): Node => where(ties, mul(g, num(g, 0.5)), where(loses, num(g, 0), g));

const reduction = (dtype: DType | null, gradient: (node: Node, g: Node) => Node | null): Op =>
  row(
    'reduce',
    (inputs, { axes }) => {
      const input = first(inputs);
      const shape = input.shape.filter((_, i) => !need(axes, 'axes').includes(i));
      return { shape, dtype: dtype ?? input.dtype };
    },
    (node, g) => [gradient(node, g)],
  );

/** Puts the reduced axes back as length 1 and expands to the input's shape. */
function spread(node: Node, g: Node): Node {
  const axes = need(node.attributes.axes, 'axes');
  const shape = x(node).shape;
  return expand(
    reshape(
      g,
      shape.map((n, i) => (axes.includes(i) ? 1 : n)),
    ),
    shape,
  );
}

const extremeGradient = (node: Node, g: Node): Node => {
  const ties = cast(equal(x(node), spread(node, node)), g.dtype);
  const count = reduce('sum', ties, need(node.attributes.axes, 'axes'));
  return mul(ties, spread(node, div(g, count)));
};

/** ∂Π/∂xᵢ = Πⱼ≠ᵢ xⱼ, written so that one zero in the product is right too. */
const prodGradient = (node: Node, g: Node): Node => {
  const axes = need(node.attributes.axes, 'axes');
  const input = x(node);
  const zero = equal(input, num(input, 0));
  const zeros = spread(node, reduce('sum', cast(zero, input.dtype), axes));
  const others = spread(node, reduce('prod', where(zero, num(input, 1), input), axes));
  const whole = div(others, where(zero, num(input, 1), input));
  const alone = where(zero, others, num(input, 0));
  const none = equal(zeros, num(zeros, 0));
  const one = equal(zeros, num(zeros, 1));
  return mul(spread(node, g), where(none, whole, where(one, alone, num(input, 0))));
};

/** Lengths of a window's positions: ⌊(n − dilation·(k − 1) − 1) / stride⌋ + 1. */
export const windowPositions = (n: number, k: number, stride: number, dilation: number): number =>
  Math.floor((n - dilation * (k - 1) - 1) / stride) + 1;

/** Spatial output lengths of a convolution or pooling with padding and input dilation. */
export function convSpatial(spatial: Shape, kernel: Shape, a: Attributes): number[] {
  return spatial.map((n, i) => {
    const dilated = n === 0 ? 0 : (n - 1) * (a.inputDilation?.[i] ?? 1) + 1;
    const padded = dilated + (a.low?.[i] ?? 0) + (a.high?.[i] ?? 0);
    return windowPositions(padded, kernel[i]!, a.stride?.[i] ?? 1, a.dilation?.[i] ?? 1);
  });
}

const poolInfer = (inputs: readonly Node[], a: Attributes): Typed => {
  const input = first(inputs);
  const kernel = need(a.kernel, 'kernel');
  const lead = input.shape.slice(0, input.shape.length - kernel.length);
  return withShape(inputs[1]!, [...lead, ...convSpatial(input.shape.slice(lead.length), kernel, a)]);
};

export const ops: Record<OpName, Op> = {
  // Leaves. `data` is in memory; `constant` is one number expanded; `random` is Philox words of scalars [key0, key1, counterLow, counterHigh].
  data: row(
    'leaf',
    (_, a) => ({ shape: need(a.shape, 'shape'), dtype: need(a.dtype, 'dtype') }),
    () => [],
  ),
  constant: row(
    'leaf',
    (_, a) => ({ shape: need(a.shape, 'shape'), dtype: need(a.dtype, 'dtype') }),
    () => [],
  ),
  iota: row(
    'leaf',
    (_, a) => ({ shape: need(a.shape, 'shape'), dtype: 'int32' }),
    () => [],
  ),
  random: row(
    'leaf',
    (_, a) => ({ shape: need(a.shape, 'shape'), dtype: 'uint32' }),
    () => [],
  ),
  /** The same value in another device's memory: evaluate.ts moves it, so that no plan holds one. */
  transfer: row('leaf', same, (n, g) => [transfer(g, x(n).home)]),
  /** A version of a variable: its input's value, at which gradients arrive and stop. */
  variable: row('view', same, () => []),

  // Elementwise, one operand.
  neg: anyUnary((_, g) => neg(g)),
  abs: anyUnary((n, g) => mul(g, unary('sign', x(n)))),
  sign: anyUnary((_, g) => num(g, 0)),
  exp: floatUnary((n, g) => mul(g, n)),
  log: floatUnary((n, g) => div(g, x(n))),
  sqrt: floatUnary((n, g) => div(g, add(n, n))),
  rsqrt: floatUnary((n, g) => mul(mul(g, num(g, -0.5)), div(n, x(n)))),
  reciprocal: floatUnary((n, g) => neg(mul(g, mul(n, n)))),
  sin: floatUnary((n, g) => mul(g, unary('cos', x(n)))),
  cos: floatUnary((n, g) => neg(mul(g, unary('sin', x(n))))),
  tan: floatUnary((n, g) => mul(g, add(num(g, 1), mul(n, n)))),
  asin: floatUnary((n, g) => mul(g, unary('rsqrt', sub(num(g, 1), mul(x(n), x(n)))))),
  acos: floatUnary((n, g) => neg(mul(g, unary('rsqrt', sub(num(g, 1), mul(x(n), x(n))))))),
  atan: floatUnary((n, g) => div(g, add(num(g, 1), mul(x(n), x(n))))),
  sinh: floatUnary((n, g) => mul(g, unary('cosh', x(n)))),
  cosh: floatUnary((n, g) => mul(g, unary('sinh', x(n)))),
  tanh: floatUnary((n, g) => mul(g, sub(num(g, 1), mul(n, n)))),
  asinh: floatUnary((n, g) => mul(g, unary('rsqrt', add(mul(x(n), x(n)), num(g, 1))))),
  acosh: floatUnary((n, g) => mul(g, unary('rsqrt', sub(mul(x(n), x(n)), num(g, 1))))),
  atanh: floatUnary((n, g) => div(g, sub(num(g, 1), mul(x(n), x(n))))),
  sigmoid: floatUnary((n, g) => mul(g, mul(n, sub(num(g, 1), n)))),
  /** erf′(x) = 2/√π · e^(−x²) */
  erf: floatUnary((n, g) => mul(g, mul(num(g, 2 / Math.sqrt(Math.PI)), unary('exp', neg(mul(x(n), x(n))))))),
  expm1: floatUnary((n, g) => mul(g, add(n, num(g, 1)))),
  log1p: floatUnary((n, g) => div(g, add(x(n), num(g, 1)))),
  relu: anyUnary((n, g) => where(less(num(n, 0), n), g, num(g, 0))),
  floor: anyUnary((_, g) => num(g, 0)),
  ceil: anyUnary((_, g) => num(g, 0)),
  /** Half to even, as in IEEE 754 and PyTorch. */
  round: anyUnary((_, g) => num(g, 0)),
  trunc: anyUnary((_, g) => num(g, 0)),
  /** The nearest number of 16 bits, as float32: how plans compute those dtypes (see fuse/widen.ts). */
  roundFloat16: rounding,
  roundBfloat16: rounding,
  isnan: row('elementwise', (inputs) => ({ shape: first(inputs).shape, dtype: 'bool' }), nothing),
  /** Logical for bool, bitwise for integers. */
  not: row('elementwise', same, nothing),
  cast: row(
    'elementwise',
    (inputs, a) => ({ shape: first(inputs).shape, dtype: need(a.dtype, 'dtype') }),
    (n, g) => [isFloat(n.dtype) && isFloat(x(n).dtype) ? cast(g, x(n).dtype) : null],
  ),

  // Elementwise, two operands of one shape and dtype.
  add: binary((_, g) => [g, g]),
  sub: binary((_, g) => [g, neg(g)]),
  mul: binary((n, g) => [mul(g, y(n)), mul(g, x(n))]),
  div: binary((n, g) => [div(g, y(n)), neg(div(mul(g, n), y(n)))]),
  /** ∂aᵇ/∂a = b·aᵇ⁻¹, ∂aᵇ/∂b = aᵇ·ln a (0 where a = 0 and b ≥ 0) */
  pow: binary((n, g) => {
    const [a, b] = [x(n), y(n)];
    const zero = num(b, 0);
    const base = where(equal(b, zero), zero, mul(b, make('pow', [a, sub(b, num(b, 1))])));
    const still = make('and', [equal(a, num(a, 0)), make('le', [zero, b])]);
    return [mul(g, base), b.tracked ? mul(g, where(still, zero, mul(n, unary('log', a)))) : null];
  }),
  max: binary((n, g) => {
    const ties = equal(x(n), y(n));
    return [share(less(x(n), y(n)), ties, g), share(less(y(n), x(n)), ties, g)];
  }),
  min: binary((n, g) => {
    const ties = equal(x(n), y(n));
    return [share(less(y(n), x(n)), ties, g), share(less(x(n), y(n)), ties, g)];
  }),
  /** Remainder with the divisor's sign: a − b·⌊a/b⌋. */
  mod: binary((n, g) => [g, neg(mul(g, unary('floor', div(x(n), y(n)))))]),
  atan2: binary((n, g) => {
    const square = add(mul(x(n), x(n)), mul(y(n), y(n)));
    return [mul(g, div(y(n), square)), neg(mul(g, div(x(n), square)))];
  }),
  lt: comparison,
  le: comparison,
  eq: comparison,
  ne: comparison,
  and: bits,
  or: bits,
  xor: bits,
  shl: bits,
  shr: bits,
  /** where(condition, a, b) */
  where: row(
    'elementwise',
    (inputs) => paired(inputs.slice(1)),
    (n, g) => [null, where(x(n), g, num(g, 0)), where(x(n), num(g, 0), g)],
  ),

  // Views: affine maps of indices.
  reshape: row(
    'view',
    (inputs, a) => withShape(first(inputs), need(a.shape, 'shape')),
    (n, g) => [reshape(g, x(n).shape)],
  ),
  permute: row(
    'view',
    (inputs, { axes }) =>
      withShape(
        first(inputs),
        need(axes, 'axes').map((i) => first(inputs).shape[i]!),
      ),
    (n, g) => {
      const inverse: number[] = [];
      need(n.attributes.axes, 'axes').forEach((axis, i) => {
        inverse[axis] = i;
      });
      return [permute(g, inverse)];
    },
  ),
  /** Repeats axes of length 1; the rank stays. */
  expand: row(
    'view',
    (inputs, a) => withShape(first(inputs), need(a.shape, 'shape')),
    (n, g) => {
      const axes = n.shape.flatMap((length, i) => (length !== x(n).shape[i] ? [i] : []));
      return [reshape(reduce('sum', g, axes), x(n).shape)];
    },
  ),
  /** Element i of axis d is element start[d] + i·step[d] of the input; steps may be negative. */
  slice: row(
    'view',
    (inputs, a) => withShape(first(inputs), need(a.shape, 'shape')),
    (n, g) => [unslice(n, g)],
  ),
  /** Surrounds with `value`; negative amounts crop. */
  pad: row(
    'view',
    (inputs, a) =>
      withShape(
        first(inputs),
        first(inputs).shape.map((length, i) => length + need(a.low, 'low')[i]! + need(a.high, 'high')[i]!),
      ),
    (n, g) => {
      const low = need(n.attributes.low, 'low');
      const high = need(n.attributes.high, 'high');
      return [
        pad(
          g,
          low.map((v) => -v),
          high.map((v) => -v),
        ),
      ];
    },
  ),
  /** Sliding windows over the trailing axes: […, n] becomes […, positions, kernel]. */
  window: row(
    'view',
    (inputs, a) => {
      const input = first(inputs);
      const kernel = need(a.kernel, 'kernel');
      const lead = input.shape.slice(0, input.shape.length - kernel.length);
      const positions = convSpatial(input.shape.slice(lead.length), kernel, {
        ...(a.stride && { stride: a.stride }),
        ...(a.dilation && { dilation: a.dilation }),
      });
      return withShape(input, [...lead, ...positions, ...kernel]);
    },
    (n, g) => [fold(g, x(n).shape, n.attributes)],
  ),
  /** Joins along `axis`. */
  concat: row(
    'routine',
    (inputs, { axis }) => {
      const shape = [...first(inputs).shape];
      shape[need(axis, 'axis')] = inputs.reduce((sum, input) => sum + input.shape[need(axis, 'axis')]!, 0);
      return withShape(first(inputs), shape);
    },
    (n, g) => {
      const axis = need(n.attributes.axis, 'axis');
      let from = 0;
      return n.inputs.map((input) => {
        const start = g.shape.map((_, i) => (i === axis ? from : 0));
        from += input.shape[axis]!;
        return slice(
          g,
          start,
          g.shape.map(() => 1),
          input.shape,
        );
      });
    },
  ),

  // Reductions over `axes`, which disappear.
  sum: reduction(null, spread),
  prod: reduction(null, prodGradient),
  reduceMax: reduction(null, extremeGradient),
  reduceMin: reduction(null, extremeGradient),
  argmax: reduction('int32', () => null),
  argmin: reduction('int32', () => null),

  // Contractions.
  /** [batch…, m, k] × [batch…, k, n] → [batch…, m, n] */
  matmul: row(
    'contract',
    (inputs) => {
      const [a, b] = inputs as [Node, Node];
      return { shape: [...a.shape.slice(0, -1), b.shape[b.shape.length - 1]!], dtype: promote(a.dtype, b.dtype) };
    },
    (n, g) => [x(n).tracked ? matmul(g, swapLast(y(n))) : null, y(n).tracked ? matmul(swapLast(x(n)), g) : null],
  ),
  /** Cross-correlation of [n, c, …] with [o, c/groups, …]; padding may be negative, the input dilated. */
  conv: row(
    'contract',
    (inputs, a) => {
      const [input, weight] = inputs as [Node, Node];
      const spatial = convSpatial(input.shape.slice(2), weight.shape.slice(2), a);
      return withShape(input, [input.shape[0]!, weight.shape[0]!, ...spatial]);
    },
    (n, g) => [x(n).tracked ? convGradientInput(n, g) : null, y(n).tracked ? convGradientWeight(n, g) : null],
  ),

  // Routines.
  /** Elements of the second input at the first maximum of each window of the first. maxPool(x) = poolTake(x, x). */
  poolTake: row('routine', poolInfer, (n, g) => [null, make('poolPut', [x(n), g], n.attributes)]),
  /** Adds each gradient to the position of its window's first maximum. */
  poolPut: row(
    'routine',
    (inputs) => withShape(inputs[1]!, first(inputs).shape),
    (n, g) => [null, make('poolTake', [x(n), g], n.attributes)],
  ),
  /** The transpose of `window`: adds up overlapping windows into attributes.shape. */
  fold: row(
    'routine',
    (inputs, a) => withShape(first(inputs), need(a.shape, 'shape')),
    (n, g) => [windowOf(g, need(n.attributes.kernel, 'kernel'), n.attributes)],
  ),
  /** out[…i…] = x[…index[…i…]…] along `axis`; the other axes of both agree. */
  gather: row(
    'routine',
    (inputs) => ({ shape: inputs[1]!.shape, dtype: first(inputs).dtype }),
    (n, g) => [scatterAdd(g, y(n), need(n.attributes.axis, 'axis'), x(n).shape), null],
  ),
  /** Zeros of attributes.shape with out[…index[…i…]…] += x[…i…]. */
  scatterAdd: row(
    'routine',
    (inputs, a) => withShape(first(inputs), need(a.shape, 'shape')),
    (n, g) => [gather(g, y(n), need(n.attributes.axis, 'axis')), null],
  ),
  /** Indices that sort the last axis; stable, NaN greatest. */
  argsort: row('routine', (inputs) => ({ shape: first(inputs).shape, dtype: 'int32' }), nothing),
  /** Running sum along `axis`. */
  cumsum: row('routine', same, (n, g) => {
    const axis = need(n.attributes.axis, 'axis');
    return [flip(make('cumsum', [flip(g, [axis])], n.attributes), [axis])];
  }),
  /** One result of a loop, of all steps along a new first axis. Gradients of several results are taken together: see grad.ts. */
  scan: row(
    'routine',
    (_, { loop, result }) => {
      const { steps, results } = need(loop, 'loop');
      const one = results[need(result, 'result')]!;
      return withShape(one, [steps, ...one.shape]);
    },
    (n, g) => loopGradient(need(n.attributes.loop, 'loop'), new Map([[need(n.attributes.result, 'result'), g]])),
  ),
};

/** The transpose of `slice`: zeros between and around the elements of g. */
function unslice(n: Node, g: Node): Node {
  if (sizeOf(g.shape) === 0) return constant(0, x(n).shape, g.dtype);
  const start = need(n.attributes.start, 'start');
  const step = need(n.attributes.step, 'step');
  const reversed = step.flatMap((s, i) => (s < 0 ? [i] : []));
  let out = reversed.length ? flip(g, reversed) : g;
  const low: number[] = [];
  const high: number[] = [];
  const spaced = g.shape.map((length, i) => {
    const stride = Math.abs(step[i]!);
    const span = (length - 1) * stride + 1;
    low.push(step[i]! < 0 ? start[i]! - (length - 1) * stride : start[i]!);
    high.push(x(n).shape[i]! - span - low[i]!);
    return span;
  });
  if (step.some((s) => Math.abs(s) > 1)) {
    const strides = step.map(Math.abs);
    const split = pad(
      reshape(
        out,
        g.shape.flatMap((length) => [length, 1]),
      ),
      g.shape.flatMap(() => [0, 0]),
      strides.flatMap((s) => [0, s - 1]),
    );
    const joined = reshape(
      split,
      g.shape.map((length, i) => length * strides[i]!),
    );
    out = slice(
      joined,
      g.shape.map(() => 0),
      g.shape.map(() => 1),
      spaced,
    );
  }
  return pad(out, low, high);
}
