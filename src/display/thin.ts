// In: many numbers in order. Out: few points that draw the same curve.

/** A value and where it stood. */
export type Point = readonly [index: number, value: number];

/** At most two points for each of `columns`: the extremes of what falls there, in order; short lists stay whole. */
export function thin(values: ArrayLike<number>, columns: number): Point[] {
  if (values.length <= 2 * columns) return Array.from(values, (value, i) => [i, value] as const);
  const points: Point[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if (values[i]! < values[low]!) low = i;
      if (values[i]! > values[high]!) high = i;
    }
    for (const i of new Set(low < high ? [low, high] : [high, low])) points.push([i, values[i]!]);
  }
  return points;
}

const bars = '▁▂▃▄▅▆▇█';

/** A line of blocks for terminals: `▇▅▃▂▁`. */
export function sparkline(values: ArrayLike<number>, width = 32): string {
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const part = Array.from(values)
      .slice(from, Math.floor(((column + 1) * values.length) / columns))
      .filter(Number.isFinite);
    return part.reduce((sum, v) => sum + v, 0) / part.length;
  });
  const real = means.filter(Number.isFinite);
  const low = Math.min(...real);
  const span = Math.max(...real) - low || 1;
  return means.map((v) => (Number.isFinite(v) ? bars[Math.round(((v - low) / span) * 7)] : '·')).join('');
}
