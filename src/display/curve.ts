// In: numbers in order. Out: a small SVG curve as the address of an `<img>`, in colours for light and dark ground.
import type { TypedArray } from '../dtype.js';
import { formatNumbers } from './numbers.js';
import type { Statistics } from './statistics.js';
import { thin } from './thin.js';

const size = { width: 420, height: 90, left: 52, bottom: 16, top: 6, right: 8 };
const ink = '#888';
const stroke = '#3a8fd0';

/** The curve of `values` over their index; gaps where they are not finite. */
export function curveAddress(values: TypedArray, { min, max }: Statistics): { address: string; width: number } {
  const { width, height, left, bottom, top, right } = size;
  const [inner, tall] = [width - left - right, height - top - bottom];
  const span = max > min ? max - min : 1;
  const x = (i: number) => (left + (i / Math.max(1, values.length - 1)) * inner).toFixed(1);
  const y = (value: number) => (top + (1 - (value - min) / span) * tall).toFixed(1);
  let path = '';
  let pen = false;
  for (const [i, value] of thin(values, inner)) {
    if (Number.isFinite(value)) path += `${pen ? 'L' : 'M'}${x(i)} ${y(value)}`;
    pen = Number.isFinite(value);
  }
  const zero =
    min < 0 && max > 0 ? `<path d="M${left} ${y(0)}H${width - right}" stroke="${ink}" stroke-dasharray="3 3"/>` : '';
  const [high, low] = formatNumbers([max, min]);
  const text = (at: number, line: number, anchor: string, words: string | number) =>
    `<text x="${at}" y="${line}" text-anchor="${anchor}">${words}</text>`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<g font-family="sans-serif" font-size="10" fill="${ink}">` +
    text(left - 5, top + 8, 'end', high!) +
    (max > min ? text(left - 5, top + tall, 'end', low!) : '') +
    text(left, height - 3, 'start', 0) +
    text(width - right, height - 3, 'end', values.length - 1) +
    `</g><g fill="none"><path d="M${left} ${top}V${top + tall}H${width - right}" stroke="${ink}" opacity=".5"/>${zero}` +
    `<path d="${path}" stroke="${stroke}" stroke-width="1.5" stroke-linejoin="round"/></g></svg>`;
  return { address: `data:image/svg+xml,${encodeURIComponent(svg)}`, width };
}
