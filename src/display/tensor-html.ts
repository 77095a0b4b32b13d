// In: a tensor's elements. Out: HTML: facts, then what suits the shape: a coloured table, a curve, a picture, a grid of pictures.
import type { DType, TypedArray } from '../dtype.js';
import { isFloat } from '../dtype.js';
import type { Shape } from '../shape.js';
import { escapeMarkup } from './bundle.js';
import { cssColor, inkOn } from './colors.js';
import { curveAddress } from './curve.js';
import { formatShort, formatWhole } from './numbers.js';
import { looksLikePicture, picturesIn } from './pictures.js';
import { enlarge, pngAddress } from './png.js';
import { type Coloring, chooseColoring, colorOf, montage, type Pictures, rasterize, shrinkFactor } from './raster.js';
import { alarm, type Statistics, statisticsOf } from './statistics.js';
import { elementTexts, nestedText, typeText } from './tensor-text.js';

/** Larger matrices become heat maps. */
const tableLimit = { rows: 16, columns: 12 };
/** Sides in pixels. */
const aim = { single: 280, largest: 400, many: 60, widest: 640, thinnest: 60 };
/** Numbers that a grid may draw, so that a saved notebook stays small. */
const budget = 200_000;
const mostPictures = { alone: 64, lines: 8, perLine: 16 };

interface View {
  shape: Shape;
  dtype: DType;
  values: TypedArray;
  facts: Statistics;
}

const soft = 'opacity:.7';
const mono = 'font-family:monospace';

function header({ shape, dtype, facts }: View): string {
  const type = `<b style="${mono}">${escapeMarkup(typeText(dtype, shape))}</b>`;
  if (dtype === 'bool') {
    const share = `${formatWhole(Math.round(facts.mean * facts.count))} of ${formatWhole(facts.count)} true`;
    return `<div>${type} <span style="${soft}">· ${share}</span></div>`;
  }
  const [min, mean, max, std] = [facts.min, facts.mean, facts.max, facts.std].map(formatShort);
  const range =
    facts.finite > 1 ? ` <span style="${soft}">· min ${min} · mean ${mean} · max ${max} · std ${std}</span>` : '';
  const warning = alarm(facts);
  const mark = warning ? ` <b style="color:#d55e00">· ${warning}</b>` : '';
  return `<div>${type}${range}${mark}</div>`;
}

/** Rows of numbers on the colours of a heat map. */
function table({ shape, dtype, values }: View, coloring: Coloring): string {
  const columns = shape.at(-1)!;
  const texts = elementTexts(values, dtype);
  const cells = texts.map((text, i) => {
    const ground = colorOf(values[i]!, coloring);
    const style = `background-color:${cssColor(ground)};color:${inkOn(ground)};text-align:right;padding:2px 6px`;
    return `<td style="${style}">${text.trim()}</td>`;
  });
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += columns) rows.push(`<tr>${cells.slice(i, i + columns).join('')}</tr>`);
  return `<table style="border-collapse:collapse;margin:4px 0;${mono}"><tbody>${rows.join('')}</tbody></table>`;
}

function image(address: string, width: number, description: string): string {
  const style = 'max-width:100%;height:auto;image-rendering:pixelated;display:block;margin:4px 0';
  return `<img alt="${escapeMarkup(description)}" width="${width}" style="${style}" src="${address}">`;
}

/** One plane or colour picture, enlarged or shrunk to a good size. */
function picture(view: View, pictures: Pictures, coloring: Coloring): string {
  const shrink = shrinkFactor(pictures.height, pictures.width, aim.largest);
  const pixels = rasterize(view.values, pictures, 0, coloring, shrink);
  const by = Math.min(16, Math.max(1, Math.floor(aim.single / Math.max(pixels.width, pixels.height))));
  // A side of a few elements is drawn thicker, so that it can be seen.
  const thick = (side: number) => Math.max(by, Math.min(16, Math.ceil(aim.thinnest / side)));
  const drawn = enlarge(pixels, thick(pixels.width), thick(pixels.height));
  return image(pngAddress(drawn), drawn.width, `${typeText(view.dtype, view.shape)} as a picture`);
}

/** The pictures that are drawn: whole lines from the top where the shape has lines, else the first ones. */
function choose({ count, perRow }: Pictures, columns: number, affordable: number): number[] {
  if (!perRow) return Array.from({ length: Math.min(count, mostPictures.alone, affordable) }, (_, i) => i);
  const lines = Math.min(count / perRow, mostPictures.lines, Math.max(1, Math.floor(affordable / columns)));
  return Array.from({ length: lines * columns }, (_, i) => Math.floor(i / columns) * perRow + (i % columns));
}

/** Many pictures in lines. */
function gallery(view: View, pictures: Pictures, coloring: Coloring): string {
  const { count, perRow } = pictures;
  const shrink = shrinkFactor(pictures.height, pictures.width, 1.5 * aim.many);
  const width = Math.ceil(pictures.width / shrink);
  const height = Math.ceil(pictures.height / shrink);
  const by = Math.min(8, Math.max(1, Math.floor(aim.many / Math.max(width, height))));
  const affordable = Math.max(1, Math.floor(budget / (width * height * pictures.channels)));
  const fitting = Math.max(1, Math.floor(aim.widest / (width * by + by)));
  const columns = Math.min(perRow ?? count, fitting, mostPictures.perLine);
  const chosen = choose(pictures, columns, affordable);
  const drawn = enlarge(
    montage(
      chosen.map((index) => rasterize(view.values, pictures, index, coloring, shrink)),
      columns,
      1,
    ),
    by,
  );
  const left =
    count > chosen.length ? `<div style="${soft}">${chosen.length} of ${formatWhole(count)} pictures</div>` : '';
  return (
    image(pngAddress(drawn), drawn.width, `${typeText(view.dtype, view.shape)} as ${chosen.length} pictures`) + left
  );
}

const folded = ({ values, shape, dtype }: View): string =>
  `<details><summary style="cursor:pointer;${soft}">numbers</summary><pre style="margin:4px 0">${nestedText(values, shape, dtype)}</pre></details>`;

const plain = ({ values, shape, dtype }: View): string =>
  `<pre style="margin:4px 0">${nestedText(values, shape, dtype)}</pre>`;

/** A picture is grey or in colour; between 0 and 1, −1 and 1, or 0 and 255 when its numbers say so. */
function coloringOf({ facts }: View, pictures: Pictures): Coloring {
  if (pictures.channels === 1) return chooseColoring(facts, looksLikePicture(pictures));
  const { min, max, whole } = facts;
  if (min >= 0 && max <= 1) return { map: 'gray', low: 0, high: 1 };
  if (whole && min >= 0 && max <= 255) return { map: 'gray', low: 0, high: 255 };
  if (min >= -1 && max <= 1) return { map: 'gray', low: -1, high: 1 };
  return { map: 'gray', low: min, high: max };
}

function body(view: View): string {
  const { shape, dtype, values } = view;
  const columns = shape.at(-1)!;
  const rows = values.length / columns;
  const small = shape.length <= 2 && columns <= tableLimit.columns && rows <= tableLimit.rows;
  if (small) return table(view, chooseColoring(view.facts, false));
  if (shape.length === 1) return isFloat(dtype) ? curveImage(view) + folded(view) : plain(view);
  const pictures = picturesIn(shape);
  if (!pictures) return plain(view);
  const coloring = coloringOf(view, pictures);
  return (pictures.count === 1 ? picture(view, pictures, coloring) : gallery(view, pictures, coloring)) + folded(view);
}

function curveImage({ values, dtype, shape, facts }: View): string {
  const { address, width } = curveAddress(values, facts);
  return image(address, width, `${typeText(dtype, shape)} as a curve`);
}

/** The tensor as HTML that needs no style sheet, no script and no network; at least one axis and one element. */
export function tensorHtml({ shape, dtype }: { shape: Shape; dtype: DType }, values: TypedArray): string {
  const view: View = { shape, dtype, values, facts: statisticsOf(values) };
  return `<div>${header(view)}${body(view)}</div>`;
}
