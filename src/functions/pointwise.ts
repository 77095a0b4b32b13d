// Elementwise functions beyond the methods: each a composition, exact where its formula would not be.
import { customGradient } from '../autograd.js';
import { full } from '../create.js';
import { isFloat } from '../dtype.js';
import { ValueError } from '../errors.js';
import { broadcastShapes } from '../shape.js';
import { type Operand, Tensor } from '../tensor.js';

/** Real numbers from whatever the tensor holds. */
const real = (t: Tensor): Tensor => (isFloat(t.dtype) ? t : t.float());
const lift = (value: Operand, like: Tensor): Tensor =>
  value instanceof Tensor ? value : full([], Number(value), { dtype: isFloat(like.dtype) ? like.dtype : 'float32' });

/** Both at their common shape, so that a gradient by hand has the shape of its argument. */
function together(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes('elementwise', a.shape, b.shape);
  return [a.expand(shape), b.expand(shape)];
}

/** Terms of the continued fraction of erfc, enough for 1e-15 from 2 on. */
const fractionDepth = 48;

/**
 * 1 − erf(x), exact for large x too, where the difference would be 0.
 * From 2 on Laplace's continued fraction e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), in float64.
 */
export const erfc = (t: Tensor): Tensor => erfcOf(real(t));
const erfcOf = customGradient(
  (x) => {
    const wide = x.to('float64');
    const size = wide.abs().maximum(2);
    let below: Tensor = size;
    for (let k = fractionDepth; k >= 1; k--) below = size.add(below.reciprocal().mul(k / 2));
    const tail = size.square().neg().exp().div(below).div(Math.sqrt(Math.PI));
    const near = wide.erf().neg().add(1);
    return tail.where(wide.gt(2), near).to(x.dtype);
  },
  (g, x) => [
    g.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(-2 / Math.sqrt(Math.PI)),
    ),
  ],
);

/** 2ˣ, exact for whole x. */
export const exp2 = (t: Tensor): Tensor => full([], 2, { dtype: real(t).dtype }).pow(real(t));

/** √(a² + b²) without overflow between; broadcast. */
export function hypot(a: Tensor, b: Operand): Tensor {
  return hypotOf(...together(real(a), real(lift(b, a))));
}
const hypotOf = customGradient(
  (a, b) => {
    const large = a.abs().maximum(b.abs());
    const small = a.abs().minimum(b.abs());
    const ratio = small.div(large);
    const length = large.mul(ratio.square().add(1).sqrt());
    const infinite = isInf(a).or(isInf(b));
    return full([], Number.POSITIVE_INFINITY, { dtype: a.dtype }).where(infinite, large.where(large.eq(0), length));
  },
  (g, a, b) => {
    const length = hypot(a, b);
    return [g.mul(a.div(length)), g.mul(b.div(length))];
  },
);

/** Remainder of a / b with the sign of a (as in C); `t.mod` has that of b. Broadcast. */
export function fmod(a: Tensor, b: Operand): Tensor {
  const [x, y] = b instanceof Tensor ? [a, b] : [a, full([], Number(b), { dtype: a.dtype })];
  return isFloat(x.dtype) || isFloat(y.dtype) ? fmodOf(...together(x, y)) : wholeRemainder(x, y);
}
/** Without magnitudes, which the least int32 has not. */
function wholeRemainder(a: Tensor, b: Tensor): Tensor {
  const rest = a.mod(b);
  const turned = rest.ne(0).and(a.lt(0).xor(b.lt(0)));
  return rest.sub(b).where(turned, rest);
}
function remainder(a: Tensor, b: Tensor): Tensor {
  const size = a.abs().mod(b.abs());
  return size.neg().where(a.lt(0), size);
}
const fmodOf = customGradient(remainder, (g, a, b) => [g, g.mul(a.div(b).trunc()).neg()]);

/** a + weight · (b − a); broadcast. */
export const lerp = (a: Tensor, b: Tensor, weight: Operand): Tensor => a.add(b.sub(a).mul(weight));

/** x · ln y, 0 where x = 0 unless y is NaN; broadcast. */
export function xlogy(x: Tensor, y: Operand): Tensor {
  const lifted = lift(y, x);
  const other = isFloat(lifted.dtype) || !isFloat(x.dtype) ? real(lifted) : lifted.to(x.dtype);
  // Where the logarithm is finite the product is 0 by itself, and its gradient ln y.
  const zero = x.eq(0).and(other.le(0).or(isInf(other)));
  const safe = full([], 1, { dtype: other.dtype }).where(zero, other);
  return x.mul(safe.log());
}

/** ln(eᵃ + eᵇ) without overflow; broadcast. */
export function logAddExp(a: Tensor, b: Operand): Tensor {
  const [p, q] = together(real(a), real(lift(b, a)));
  // By halves, so that second derivatives are right where both are equal.
  const first = p.gt(q);
  const large = p.where(first, q);
  const apart = q.sub(p).where(first, p.sub(q)).exp().log1p();
  // Equal infinities would give NaN.
  return large.where(p.eq(q).and(isInf(p)), large.add(apart));
}

/** ln sigmoid(x) = −softplus(−x), without overflow. */
export const logSigmoid = (t: Tensor): Tensor => {
  const x = real(t);
  const right = x.gt(0);
  const left = full([], 0, { dtype: x.dtype }).where(right, x);
  return left.sub(x.neg().where(right, x).exp().log1p());
};

/** ln(x / (1 − x)); with `eps`, x is first limited to [eps, 1 − eps]. */
export const logit = (t: Tensor, eps?: number): Tensor => {
  const x = eps === undefined ? real(t) : real(t).clamp(eps, 1 - eps);
  return x.div(x.neg().add(1)).log();
};

/** sin(πx)/(πx), 1 at 0. */
export const sinc = (t: Tensor): Tensor => {
  const angle = real(t).mul(Math.PI);
  const safe = full([], 1, { dtype: angle.dtype }).where(angle.eq(0), angle);
  return full([], 1, { dtype: angle.dtype }).where(angle.eq(0), safe.sin().div(safe));
};

/** True where the element is +∞ or −∞. */
export const isInf = (t: Tensor): Tensor => t.abs().eq(Number.POSITIVE_INFINITY);

/** Largest finite number of each dtype of real numbers. */
const largest = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

/**
 * Replaces NaN (by 0), +∞ (by the largest finite number) and −∞ (by the smallest).
 * @example nanToNum(t, { nan: -1, posInf: 10, negInf: -10 })
 */
export function nanToNum(t: Tensor, options: { nan?: number; posInf?: number; negInf?: number } = {}): Tensor {
  const { dtype } = t;
  if (dtype !== 'float32' && dtype !== 'float64') return t;
  const { nan = 0, posInf = largest[dtype], negInf = -largest[dtype] } = options;
  const number = (value: number): Tensor => full([], value, { dtype });
  return number(nan).where(
    t.isNaN(),
    number(posInf).where(t.eq(Number.POSITIVE_INFINITY), number(negInf).where(t.eq(Number.NEGATIVE_INFINITY), t)),
  );
}

const truth = (t: Tensor): Tensor => t.to('bool');
/** True where both are not zero; broadcast. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor => truth(a).and(truth(b));
/** True where at least one is not zero; broadcast. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor => truth(a).or(truth(b));
/** True where exactly one is not zero; broadcast. */
export const logicalXor = (a: Tensor, b: Tensor): Tensor => truth(a).xor(truth(b));
/** True where the element is zero. */
export const logicalNot = (t: Tensor): Tensor => truth(t).not();

/** How far two numbers may be apart and still be close: |a − b| ≤ absolute + relative · |b|. */
export interface Closeness {
  /** Default 1e-5. */
  relative?: number;
  /** Default 1e-8. */
  absolute?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNaN?: boolean;
}
/** True where |a − b| ≤ absolute + relative · |b|, or both are the same infinity; broadcast. */
export function isClose(a: Tensor, b: Tensor, options: Closeness = {}): Tensor {
  const { relative = 1e-5, absolute = 1e-8, equalNaN = false } = options;
  if (relative < 0 || absolute < 0 || Number.isNaN(relative + absolute))
    throw new ValueError(`isClose: relative ${relative}, absolute ${absolute}`, 'Tolerances are numbers, 0 or more.');
  const [p, q] = [real(a), real(b)];
  const near = p.sub(q).abs().le(q.abs().mul(relative).add(absolute)).and(q.isFinite()).or(p.eq(q));
  return equalNaN ? near.or(p.isNaN().and(q.isNaN())) : near;
}
/** Whether all elements are close; computes them. See `isClose`. */
export const allClose = (a: Tensor, b: Tensor, options?: Closeness): boolean =>
  isClose(a, b, options).all().item() === 1;
