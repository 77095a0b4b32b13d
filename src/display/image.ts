// In: a tensor of pictures with labels. Out: a grid of them with titles, mistakes in red.
import { ShapeError, show, ValueError } from '../errors.js';
import { displayMethod, escapeMarkup, type MimeData } from './bundle.js';
import { type ColorMap, wrongColor } from './colors.js';
import { isNames, type Numbers, numbersOf, sameLength } from './data.js';
import { looksLikePicture, picturesIn } from './pictures.js';
import { enlarge, pngAddress } from './png.js';
import { type Coloring, chooseColoring, type Pictures, rasterize, shrinkFactor } from './raster.js';
import { statisticsOf } from './statistics.js';
import type { Viewable } from './tensor-view.js';

/** A title below a picture; `wrong` turns it red. */
export type Title = string | { text: string; wrong?: boolean };

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** Pictures in a line. Default: as many as fit 640 pixels. */
  columns?: number;
  /** The true class of each picture, shown below it. */
  labels?: Numbers | readonly string[];
  /** What a model said: where it differs from the label, the title reads `7 → 1`, in red. */
  predictions?: Numbers | readonly string[];
  /** Names of the classes, by label. */
  classes?: readonly string[];
  /** Titles instead of labels. */
  titles?: readonly Title[];
  /** Numbers that become the first and the last colour; `'each'` spans every picture for itself. Default: by the numbers. */
  range?: readonly [low: number, high: number] | 'each';
  /** Colours of pictures with one channel. Default: grey for pictures, blue to red for signed numbers. */
  colorMap?: ColorMap;
  /** Pixels on screen for one of a picture. Default: so that pictures are about 64 pixels large. */
  scale?: number;
  /** The most pictures to show. Default 100. */
  limit?: number;
}

const aim = { side: 64, line: 640, gap: 6 };

/** Pictures in a grid; shows itself in notebooks. */
export class ImageGrid {
  readonly #cells: { address: string; width: number; title: Title }[];
  readonly #columns: number;
  /** What a terminal shows. */
  readonly text: string;

  /** @internal */
  constructor(cells: { address: string; width: number; title: Title }[], columns: number, text: string) {
    this.#cells = cells;
    this.#columns = columns;
    this.text = text;
  }

  /** The grid as HTML without style sheets. */
  html(): string {
    const cell = 'text-align:center;padding:2px 3px;border:none;background:transparent;vertical-align:top';
    const cells = this.#cells.map(({ address, width, title }, i) => {
      const { text, wrong } = typeof title === 'string' ? { text: title, wrong: false } : title;
      const words = wrong ? `<b style="color:${wrongColor}">${escapeMarkup(text)}</b>` : escapeMarkup(text);
      const style = 'display:block;margin:0 auto;max-width:none;image-rendering:pixelated';
      const alt = escapeMarkup(text || `picture ${i}`);
      return `<td style="${cell}"><img alt="${alt}" width="${width}" style="${style}" src="${address}">${words}</td>`;
    });
    const rows: string[] = [];
    for (let i = 0; i < cells.length; i += this.#columns) {
      rows.push(`<tr style="background:transparent">${cells.slice(i, i + this.#columns).join('')}</tr>`);
    }
    return `<div style="overflow-x:auto"><table style="border-collapse:collapse;border:none;margin:0;line-height:1.3"><tbody>${rows.join('')}</tbody></table></div>`;
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return { 'text/plain': this.text, 'text/html': this.html() };
  }
}

type Labels = Numbers | readonly string[] | undefined;

function namesOf(values: Labels, classes: readonly string[] | undefined): string[] | undefined {
  if (values === undefined) return undefined;
  if (isNames(values)) return [...values];
  return numbersOf(values).map((label) => classes?.[label] ?? String(label));
}

function titlesOf(count: number, { labels, predictions, classes, titles }: ImageGridOptions): Title[] {
  if (titles) {
    sameLength('imageGrid', ['images', count], ['titles', titles.length]);
    return [...titles];
  }
  const truth = namesOf(labels, classes);
  const guess = namesOf(predictions, classes);
  if (truth) sameLength('imageGrid', ['images', count], ['labels', truth.length]);
  if (guess) sameLength('imageGrid', ['images', count], ['predictions', guess.length]);
  return Array.from({ length: count }, (_, i) => {
    const [is, said] = [truth?.[i], guess?.[i]];
    if (is !== undefined && said !== undefined && is !== said) return { text: `${is} → ${said}`, wrong: true };
    return is ?? said ?? '';
  });
}

function coloringOf(values: ReturnType<Viewable['dataSync']>, pictures: Pictures, options: ImageGridOptions): Coloring {
  const { range, colorMap } = options;
  const chosen = chooseColoring(statisticsOf(values), looksLikePicture(pictures) || pictures.channels > 1);
  const [low, high] = Array.isArray(range) ? range : [chosen.low, chosen.high];
  return { map: colorMap ?? chosen.map, low, high };
}

/**
 * Pictures side by side.
 * @param images `[h, w]`, `[n, h, w]`, `[n, 1 | 3 | 4, h, w]` or `[n, h, w, 3 | 4]`, of any range; `[n, c, h, w]` shows every channel.
 * @throws ShapeError when the shape holds no pictures; ValueError when there are not as many titles as pictures.
 * @example imageGrid(x, { labels: y, predictions: model.forward(x).argmax(1) })
 */
export function imageGrid(images: Viewable, options: ImageGridOptions = {}): ImageGrid {
  const pictures = picturesIn(images.shape, true);
  if (!pictures || pictures.count === 0) {
    throw new ShapeError(
      `imageGrid: shape ${show(images.shape)} holds no pictures`,
      'Give [n, h, w], [n, 1 or 3, h, w] or [n, h, w, 3]; reshape flat rows first.',
    );
  }
  const { limit = 100, scale, range } = options;
  if (scale !== undefined && !(Number.isInteger(scale) && scale > 0)) {
    throw new ValueError(`imageGrid: scale ${scale}`, 'Give a whole number of screen pixels, 1 or more.');
  }
  const values = images.dataSync();
  const titles = titlesOf(pictures.count, options);
  const shown = Math.min(pictures.count, limit);
  const whole = coloringOf(values, pictures, options);
  const shrink = shrinkFactor(pictures.height, pictures.width, 6 * aim.side);
  const longest = Math.ceil(Math.max(pictures.height, pictures.width) / shrink);
  const by = scale ?? Math.min(12, Math.max(1, Math.round(aim.side / longest)));
  const cells = Array.from({ length: shown }, (_, i) => {
    const size = pictures.step.picture || values.length;
    const coloring =
      range === 'each' ? coloringOf(values.subarray(i * size, (i + 1) * size), pictures, options) : whole;
    const drawn = enlarge(rasterize(values, pictures, i, coloring, shrink), by);
    return { address: pngAddress(drawn), width: drawn.width, title: titles[i]! };
  });
  const columns =
    options.columns ??
    Math.max(1, Math.min(pictures.perRow ?? shown, Math.floor(aim.line / (cells[0]!.width + aim.gap))));
  return new ImageGrid(cells, columns, describe(pictures, titles.slice(0, shown)));
}

function describe({ count, height, width }: Pictures, titles: Title[]): string {
  const words = titles.map((title) => (typeof title === 'string' ? title : title.text)).filter(Boolean);
  const listed = words.length > 0 ? `: ${words.slice(0, 24).join(', ')}${words.length > 24 ? ', …' : ''}` : '';
  return `${count} picture${count === 1 ? '' : 's'} of ${height} × ${width}${listed}`;
}
