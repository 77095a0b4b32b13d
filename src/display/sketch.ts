// In: series in panels, and a line of status. Out: an SVG picture in well under a millisecond: the frames of live plots.
import { escapeMarkup } from './bundle.js';
import { categories } from './colors.js';
import { logTicks, ticks, tickText } from './ticks.js';
import type { Bucket } from './track.js';

/** One curve: its name, the text of its newest value and its points; `band` draws the extremes too. */
export interface Curve {
  name: string;
  value: string;
  points: readonly Bucket[];
  band: boolean;
}
/** One pair of axes. */
export interface Panel {
  title: string;
  xLabel: string;
  log: boolean;
  /** Numbers between 0 and 1 written as per cent. */
  percent: boolean;
  curves: readonly Curve[];
}

/** Pixels of a panel's plotting area and of what surrounds it. */
export const panelSize = { width: 290, height: 170, left: 52, right: 16, top: 24, bottom: 38 } as const;
const statusHeight = 26;

/** In a page, the front end's own colours; in a file, black on white. */
const ink = 'fill="currentColor"';
const looks = {
  page: { color: 'var(--jp-ui-font-color1,#444)', ground: 'fill="#fff" style="fill:var(--jp-layout-color0,#fff)"' },
  /** An image knows no front end: a colour that reads on light and on dark. */
  image: { color: '#8a8a8a', ground: 'fill="none"' },
} as const;
const quiet = '#888';
const fonts = '-apple-system,Segoe UI,Helvetica,Arial,sans-serif';

interface Scale {
  low: number;
  high: number;
  log: boolean;
}

/** 0 at `low`, 1 at `high`. */
const place = (value: number, { low, high, log }: Scale): number =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

function span(values: number[], log: boolean): Scale {
  const usable = log ? values.filter((v) => v > 0) : values;
  const low = Math.min(...usable);
  const high = Math.max(...usable);
  if (usable.length === 0) return { low: log ? 0.1 : 0, high: 1, log };
  if (high > low) return { low, high, log };
  return log
    ? { low: low / 2, high: high * 2, log }
    : { low: low - Math.abs(low || 1) / 2, high: high + Math.abs(high || 1) / 2, log };
}

/** Accuracy axes end at 1, others leave a little air. */
function verticalScale({ curves, log, percent }: Panel): Scale {
  const values = curves.flatMap(({ points, band }) => points.flatMap((p) => (band ? [p.low, p.high] : [p.mean])));
  const { low, high } = span(values, log);
  if (log) return { low: low / 1.15, high: high * 1.15, log };
  const air = (high - low) * 0.06;
  if (percent) return { low: Math.max(0, low - air), high: Math.min(1, high + air), log };
  return { low: low >= 0 && low < (high - low) / 2 ? 0 : low - air, high: high + air, log };
}

function curvePaths(
  { points, band }: Curve,
  color: string,
  x: (v: number) => string,
  y: (v: number) => string,
): string {
  const drawn = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p.x)} ${y(p.mean)}`).join('');
  const line = `<path d="${drawn}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`;
  const dot =
    points.length === 1 ? `<circle cx="${x(points[0]!.x)}" cy="${y(points[0]!.mean)}" r="3" fill="${color}"/>` : '';
  if (!band) return line + dot;
  const above = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p.x)} ${y(p.high)}`).join('');
  const below = [...points]
    .reverse()
    .map((p) => `L${x(p.x)} ${y(p.low)}`)
    .join('');
  return `<path d="${above}${below}Z" fill="${color}" opacity=".2"/>${line}`;
}

/** Pixels that a text of this size takes, about. */
const textWidth = (text: string): number => text.length * 5.4;

/** What the legend says of a curve; a colour where there are several. */
interface Entry {
  words: string;
  color: string | undefined;
  width: number;
}
const lineHeight = 14;

/** Names and newest values in lines that fit above the panel; the first of them leaves room for the title. */
function legendLines({ curves, title }: Panel): Entry[][] {
  const several = curves.length > 1;
  const lines: Entry[][] = [[]];
  let free = panelSize.width - textWidth(title) * 1.2 - 8;
  for (const [i, { name, value }] of curves.entries()) {
    const words = several && name !== title ? `${name} ${value}` : value;
    const width = textWidth(words) + (several ? 30 : 0);
    if (several && width > free && (lines.length === 1 || lines.at(-1)!.length > 0)) {
      lines.push([]);
      free = panelSize.width;
    }
    lines.at(-1)!.push({ words, width, color: several ? categories[i % categories.length] : undefined });
    free -= width;
  }
  return lines;
}

/** How far above the panel a line of the legend stands. */
const lineAt = (line: number, lines: number): number => -9 - (lines - 1 - line) * lineHeight;

function legend(lines: readonly Entry[][]): string {
  return lines
    .flatMap((entries, line) => {
      const y = lineAt(line, lines.length);
      let right: number = panelSize.width;
      return entries.toReversed().map(({ words, color, width }) => {
        const text = `<text x="${right}" y="${y}" text-anchor="end" ${ink}>${escapeMarkup(words)}</text>`;
        const start = right - textWidth(words) - 6;
        right -= width;
        return color ? `${text}<path d="M${start - 12} ${y - 4}H${start}" stroke="${color}" stroke-width="3"/>` : text;
      });
    })
    .join('');
}

function drawPanel(panel: Panel): string {
  const { width, height } = panelSize;
  const across = span(
    panel.curves.flatMap(({ points }) => points.map((p) => p.x)),
    false,
  );
  const up = verticalScale(panel);
  const x = (value: number) => (place(value, across) * width).toFixed(1);
  const y = (value: number) =>
    ((1 - Math.min(1, Math.max(0, up.log && value <= 0 ? 0 : place(value, up)))) * height).toFixed(1);
  const rows = (up.log ? logTicks(up.low, up.high) : ticks(up.low, up.high, 5))
    .map((value) => {
      const text = panel.percent ? `${tickText(value * 100)}%` : tickText(value);
      return `<path d="M0 ${y(value)}H${width}" stroke="${quiet}" opacity=".25"/><text x="-8" y="${y(value)}" dy="4" text-anchor="end">${text}</text>`;
    })
    .join('');
  const columns = ticks(across.low, across.high, 5)
    .map((value) => `<text x="${x(value)}" y="${height + 16}" text-anchor="middle">${tickText(value)}</text>`)
    .join('');
  const lines = legendLines(panel);
  const curves = panel.curves.map((curve, i) => curvePaths(curve, categories[i % categories.length]!, x, y)).join('');
  return (
    `<g font-size="11" ${ink}>${rows}${columns}` +
    `<text x="${width / 2}" y="${height + 33}" text-anchor="middle" font-size="12">${escapeMarkup(panel.xLabel)}</text>` +
    `<text x="0" y="${lineAt(0, lines.length)}" font-size="12" font-weight="600">${escapeMarkup(panel.title)}</text></g>` +
    `<g font-size="11">${legend(lines)}</g><path d="M0 ${height}H${width}" stroke="${quiet}"/>${curves}`
  );
}

/** A thin bar below the status, filled by `share`. */
const progressBar = (share: number, width: number): string =>
  `<rect y="${statusHeight - 5}" width="${width}" height="3" rx="1.5" fill="${quiet}" opacity=".25"/>` +
  `<rect y="${statusHeight - 5}" width="${(width * share).toFixed(1)}" height="3" rx="1.5" fill="${categories[0]}"/>`;

/**
 * Panels beside each other under a line of status.
 * @param share of the work that is done, 0 to 1; undefined draws no bar.
 */
export function sketch(
  panels: readonly Panel[],
  status: string,
  share: number | undefined,
  look: keyof typeof looks = 'page',
): string {
  const { color, ground } = looks[look];
  const each = panelSize.width + panelSize.left + panelSize.right;
  const width = Math.max(1, panels.length) * each;
  const more = Math.max(1, ...panels.map((panel) => legendLines(panel).length)) - 1;
  const top = statusHeight + panelSize.top + more * lineHeight;
  const height = panels.length === 0 ? statusHeight : top + panelSize.height + panelSize.bottom;
  const drawn = panels
    .map((panel, i) => `<g transform="translate(${i * each + panelSize.left} ${top})">${drawPanel(panel)}</g>`)
    .join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeMarkup(status)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="max-width:100%;height:auto;color:${color}" font-family="${fonts}">` +
    `<rect width="${width}" height="${height}" ${ground}/>` +
    `<text x="2" y="14" font-size="13" ${ink}>${escapeMarkup(status)}</text>${share === undefined ? '' : progressBar(share, width)}${drawn}</svg>`
  );
}
