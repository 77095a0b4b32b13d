// In: a function along a direction in which it falls. Out: a step length that satisfies the strong Wolfe conditions.
// Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6.

/** A point along the direction. */
interface Point {
  readonly length: number;
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly slope: number;
}
interface Start {
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly slope: number;
}

/** Minimum of the cubic through two values and slopes, within [low, high]; the middle where there is none. */
function cubicMinimum(
  a: Point,
  b: Point,
  low = Math.min(a.length, b.length),
  high = Math.max(a.length, b.length),
): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.length - b.length);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const at =
    a.length <= b.length
      ? b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.length - (a.length - b.length) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return Math.min(Math.max(at, low), high);
}

const sufficient = 1e-4;
const flat = 0.9;
const change = 1e-9;
const limit = 25;

/** Searches from `first`; `at` computes loss and gradient at a length along `direction`. */
export function strongWolfe(
  at: (length: number) => { loss: number; gradient: Float64Array },
  first: number,
  direction: Float64Array,
  start: Start,
): Point & { evaluations: number } {
  let evaluations = 0;
  const norm = direction.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const measure = (length: number): Point => {
    evaluations++;
    const { loss, gradient } = at(length);
    return { length, loss, gradient, slope: gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0) };
  };
  const tooHigh = (p: Point): boolean => p.loss > start.loss + sufficient * p.length * start.slope;
  const done = (p: Point): boolean => Math.abs(p.slope) <= -flat * start.slope;

  let previous: Point = { length: 0, ...start };
  let point = measure(first);
  let bracket: [Point, Point] | null = null;
  for (let i = 0; i < limit; i++) {
    if (tooHigh(point) || (i > 0 && point.loss >= previous.loss)) {
      bracket = [previous, point];
      break;
    }
    if (done(point)) return { ...point, evaluations };
    if (point.slope >= 0) {
      bracket = [previous, point];
      break;
    }
    const next = cubicMinimum(
      previous,
      point,
      point.length + 0.01 * (point.length - previous.length),
      point.length * 10,
    );
    previous = point;
    point = measure(next);
  }
  if (!bracket) bracket = [{ length: 0, ...start }, point];

  let [low, high] = bracket[0].loss <= bracket[1].loss ? bracket : [bracket[1], bracket[0]];
  let stalled = false;
  for (let i = 0; i < limit; i++) {
    if (Math.abs(high.length - low.length) * norm < change) break;
    let length = cubicMinimum(low, high);
    const [from, to] = [Math.min(low.length, high.length), Math.max(low.length, high.length)];
    const margin = 0.1 * (to - from);
    if (Math.min(to - length, length - from) < margin) {
      // Too close to an end twice in a row, or on it: move inside.
      if (stalled || length >= to || length <= from) {
        length = Math.abs(length - to) < Math.abs(length - from) ? to - margin : from + margin;
        stalled = false;
      } else stalled = true;
    } else stalled = false;
    const middle = measure(length);
    if (tooHigh(middle) || middle.loss >= low.loss) high = middle;
    else {
      if (done(middle)) return { ...middle, evaluations };
      if (middle.slope * (high.length - low.length) >= 0) high = low;
      low = middle;
    }
    if (high.loss < low.loss) [low, high] = [high, low];
  }
  return { ...low, evaluations };
}
