// In: the ends of an axis. Out: round numbers along it and how they are written.

/** Steps of 1, 2 or 5 times a power of ten, about `aim` of them between the ends. */
export function ticks(low: number, high: number, aim: number): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / aim;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((k) => k * power >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const mostPowers = 9;

/** Powers of ten between the ends, not all where there are many, with 2 and 5 between them where there are few; even steps where those are too few. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const parts = decades > 3 ? [1] : decades > 1 ? [1, 3] : [1, 2, 5];
  const stride = Math.ceil(decades / mostPowers);
  const out: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % stride !== 0) continue;
    for (const part of parts) {
      const value = Number((part * 10 ** power).toPrecision(3));
      if (value >= low && value <= high) out.push(value);
    }
  }
  if (out.length > 2) return out;
  const even = ticks(low, high, 4);
  return even.length > out.length ? even : out.length > 0 ? out : [low, high];
}

/** `1200` → `1,200`; `0.5` → `0.5`; `1e-7` stays. */
export const tickText = (value: number): string =>
  Math.abs(value) >= 1e7 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(0).replace('e+', 'e')
    : value.toLocaleString('en-US', { maximumFractionDigits: 6 });
