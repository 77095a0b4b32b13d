// In: numbers. Out: short texts of one width and one precision; counts, times and shares for people.

const nonFinite = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞');

/** Digits after the point that show about five significant digits of `largest`, at most four. */
const decimalsFor = (largest: number): number =>
  Math.min(4, Math.max(0, 4 - Math.max(0, Math.floor(Math.log10(largest || 1)))));

/** The size of the largest finite number, and whether all are whole. */
function span(values: ArrayLike<number>): { largest: number; whole: boolean } {
  let largest = 0;
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (!Number.isFinite(size)) continue;
    if (size > largest) largest = size;
    whole &&= Number.isInteger(size);
  }
  return { largest, whole };
}

const isFixed = (text: string): boolean => /^-?[\d.]+$/.test(text);

/**
 * Writes numbers alike: one notation and one precision for all, as few digits as show them.
 * Scientific where the largest is ≥ 10⁷ or < 10⁻³; single ones that would round to zero are written as `3e-9`.
 */
export function formatNumbers(values: ArrayLike<number>): string[] {
  const { largest, whole } = span(values);
  const scientific = whole ? largest >= 1e9 : largest >= 1e7 || largest < 1e-3;
  const decimals = whole ? 0 : decimalsFor(largest);
  const texts = Array.from(values, (value) => {
    if (!Number.isFinite(value)) return nonFinite(value);
    if (value === 0) return scientific ? '0' : (0).toFixed(decimals);
    if (scientific) return value.toExponential(3);
    return Math.abs(value) < 0.5 * 10 ** -decimals ? value.toExponential(0) : value.toFixed(decimals);
  });
  return scientific ? texts : trimZeros(texts, decimals);
}

/** Drops the zeros at the end that all have. */
function trimZeros(texts: string[], decimals: number): string[] {
  const fixed = texts.filter(isFixed);
  const drop = Math.min(decimals, ...fixed.map((text) => /0*$/.exec(text)![0].length));
  if (drop === 0) return texts;
  const cut = drop === decimals ? drop + 1 : drop;
  return texts.map((text) => (isFixed(text) ? text.slice(0, -cut) : text));
}

/** One number with at most four significant digits and no zeros at the end: `0.9861`, `2.3`, `12`, `1.2e-7`. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  if (size >= 1000) return Math.round(value).toString();
  return Number(value.toPrecision(4)).toString();
}

const prefixes = ['', ' k', ' M', ' G', ' T', ' P'];

/** A count or an amount with a prefix: `421642` → `421.6 k`, `8256` → `8,256`. */
export function formatCount(value: number, unit = ''): string {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= (step === 0 ? 10_000 : 999.95) && step < prefixes.length - 1) {
    scaled /= 1000;
    step++;
  }
  const digits = step === 0 ? (Number.isInteger(scaled) ? 0 : 1) : scaled < 10 ? 2 : 1;
  const text = scaled.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text}${prefixes[step]}${unit && step === 0 ? ' ' : ''}${unit}`;
}

/** Whole numbers with thin groups: `421642` → `421,642`. */
export const formatWhole = (value: number): string => value.toLocaleString('en-US');

/** Seconds for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A share between 0 and 1: `0.98614` → `98.6 %`. */
export const formatShare = (share: number): string => `${(share * 100).toFixed(share > 0.9995 && share < 1 ? 2 : 1)} %`;
