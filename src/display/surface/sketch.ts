// In: a surface and ways on it. Out: an SVG picture of them, seen from above and aside, nearer parts over farther ones.
import { escapeMarkup } from '../bundle.js';
import { colorAt, cssColor, type Rgb, wayColors } from '../colors.js';
import { ticks, tickText } from '../ticks.js';
import { between, type Ground, type Range, shareOf } from './ground.js';
import type { Point3, Way } from './way.js';

/** What stands beside the axes and above the picture. */
export interface Labels {
  title?: string;
  x: string;
  y: string;
  z: string;
}

/** A point of the unit cube: x and y from −½ to ½, height from 0 to 1. */
type Cube = readonly [u: number, v: number, w: number];
type Flat = readonly [x: number, y: number];

/** Turned about the vertical and tilted; pixels for one side of the cube; height for one of its width. */
const turn = (-38 * Math.PI) / 180;
const tilt = (27 * Math.PI) / 180;
const scale = 268;
const tall = 0.62;
const cells = 34;
const size = { width: 560, height: 410, middle: 292, base: 212 };

const ink = '#555555';
const fonts = '-apple-system,Segoe UI,Helvetica,Arial,sans-serif';
const one = (value: number): number => Math.round(value * 10) / 10;

function project([u, v, w]: Cube): Flat {
  const across = u * Math.cos(turn) - v * Math.sin(turn);
  const away = u * Math.sin(turn) + v * Math.cos(turn);
  return [
    size.middle + across * scale,
    size.base - away * Math.sin(tilt) * scale - (w - 0.5) * tall * Math.cos(tilt) * scale,
  ];
}
/** Larger is farther. */
const depth = (u: number, v: number): number => u * Math.sin(turn) + v * Math.cos(turn);

const through = (points: readonly Flat[]): string => points.map(([x, y]) => `${one(x)} ${one(y)}`).join('L');

interface Piece {
  far: number;
  svg: string;
}

/** A colour, lighter where the surface faces the light. */
function shaded(color: Rgb, slopeX: number, slopeY: number): string {
  const facing = (0.45 * slopeX + 0.25 * slopeY + 1) / Math.hypot(slopeX, slopeY, 1);
  const light = 0.72 + 0.3 * Math.min(1, Math.max(0, facing));
  return cssColor(color.map((part) => Math.min(255, Math.round(part * light))) as [number, number, number]);
}

function tiles({ at, xRange, yRange, zRange }: Ground): Piece[] {
  const height = (i: number, j: number) => shareOf(zRange, at(between(xRange, i / cells), between(yRange, j / cells)));
  const grid = Array.from({ length: cells + 1 }, (_, j) => Array.from({ length: cells + 1 }, (_, i) => height(i, j)));
  const place = (i: number, j: number): Cube => [i / cells - 0.5, j / cells - 0.5, grid[j]![i]!];
  const out: Piece[] = [];
  for (let j = 0; j < cells; j++) {
    for (let i = 0; i < cells; i++) {
      const corners = [place(i, j), place(i + 1, j), place(i + 1, j + 1), place(i, j + 1)] as const;
      const [a, b, c, d] = corners.map(([, , w]) => w) as [number, number, number, number];
      if (!Number.isFinite(a + b + c + d)) continue;
      const [slopeX, slopeY] = [((a + d - b - c) * cells) / 2, ((a + b - c - d) * cells) / 2];
      const fill = shaded(colorAt('viridis', (a + b + c + d) / 4), slopeX * tall, slopeY * tall);
      const far = depth((i + 0.5) / cells - 0.5, (j + 0.5) / cells - 0.5);
      out.push({ far, svg: `<path d="M${through(corners.map(project))}z" fill="${fill}" stroke="${fill}"/>` });
    }
  }
  return out;
}

const cubeOf = ({ xRange, yRange, zRange }: Ground, [x, y, z]: Point3): Cube => [
  shareOf(xRange, x) - 0.5,
  shareOf(yRange, y) - 0.5,
  shareOf(zRange, z) + 0.012,
];

/** A way in short strokes, each drawn after the tiles behind it. */
function strokes(ground: Ground, way: Way, color: string): Piece[] {
  /** So that a stroke comes after the tile that it lies on, and its white edge before the strokes beside it. */
  const nearer = { edge: 1.2 / cells, stroke: 2.4 / cells, dot: 3 / cells };
  const out: Piece[] = [];
  for (const piece of way.pieces) {
    const cubes = piece.map((point) => cubeOf(ground, point));
    for (let i = 1; i < cubes.length; i++) {
      const [from, to] = [cubes[i - 1]!, cubes[i]!];
      const far = depth((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
      const d = `M${through([project(from), project(to)])}`;
      out.push({
        far: far - nearer.edge,
        svg: `<path d="${d}" stroke="#fff" stroke-width="4.5" stroke-linecap="round"/>`,
      });
      out.push({
        far: far - nearer.stroke,
        svg: `<path d="${d}" stroke="${color}" stroke-width="2.5" stroke-linecap="round"/>`,
      });
    }
  }
  const dot = (point: Point3 | undefined, fill: string, ring: string) => {
    if (!point) return;
    const [u, v, w] = cubeOf(ground, point);
    const [x, y] = project([u, v, w]);
    const svg = `<circle cx="${one(x)}" cy="${one(y)}" r="4.5" fill="${fill}" stroke="${ring}" stroke-width="2"/>`;
    out.push({ far: depth(u, v) - nearer.dot, svg });
  };
  dot(way.pieces[0]?.[0], '#fff', color);
  dot(way.pieces.at(-1)?.at(-1), color, '#fff');
  return out;
}

const textAt = ([x, y]: Flat, anchor: string, words: string, extra = ''): string =>
  `<text x="${one(x)}" y="${one(y)}" text-anchor="${anchor}"${extra}>${escapeMarkup(words)}</text>`;
const lineThrough = (points: readonly Cube[], opacity = 0.35): string =>
  `<path d="M${through(points.map(project))}" stroke="#888" stroke-opacity="${opacity}"/>`;

const marks = ([low, high]: Range): number[] => ticks(low, high, 4);

/** The walls behind, with a line for each tick, and the texts along the front edges. */
function frame({ xRange, yRange, zRange }: Ground, labels: Labels): string {
  const out = [
    lineThrough([
      [-0.5, 0.5, 1],
      [-0.5, 0.5, 0],
      [-0.5, -0.5, 0],
      [0.5, -0.5, 0],
      [0.5, 0.5, 0],
      [-0.5, 0.5, 0],
    ]),
    lineThrough([
      [-0.5, 0.5, 1],
      [0.5, 0.5, 1],
      [0.5, 0.5, 0],
    ]),
    lineThrough([
      [-0.5, 0.5, 1],
      [-0.5, -0.5, 1],
      [-0.5, -0.5, 0],
    ]),
  ];
  const shift = ([x, y]: Flat, dx: number, dy: number): Flat => [x + dx, y + dy];
  for (const value of marks(xRange)) {
    const u = shareOf(xRange, value) - 0.5;
    out.push(
      lineThrough(
        [
          [u, -0.5, 0],
          [u, 0.5, 0],
          [u, 0.5, 1],
        ],
        0.18,
      ),
    );
    out.push(textAt(shift(project([u, -0.5, 0]), -4, 15), 'end', tickText(value)));
  }
  for (const value of marks(yRange)) {
    const v = shareOf(yRange, value) - 0.5;
    out.push(
      lineThrough(
        [
          [0.5, v, 0],
          [-0.5, v, 0],
          [-0.5, v, 1],
        ],
        0.18,
      ),
    );
    out.push(textAt(shift(project([0.5, v, 0]), 6, 13), 'start', tickText(value)));
  }
  for (const value of marks(zRange)) {
    const w = shareOf(zRange, value);
    out.push(
      lineThrough(
        [
          [-0.5, -0.5, w],
          [-0.5, 0.5, w],
          [0.5, 0.5, w],
        ],
        0.18,
      ),
    );
    out.push(textAt(shift(project([-0.5, -0.5, w]), -8, 4), 'end', tickText(value)));
  }
  const upright = project([-0.5, -0.5, 0.5]);
  const [left, level] = shift(upright, -48, 0);
  out.push(
    textAt(shift(project([0, -0.5, 0]), -34, 34), 'end', labels.x),
    textAt(shift(project([0.5, 0, 0]), 40, 30), 'start', labels.y),
    textAt([left, level], 'middle', labels.z, ` transform="rotate(-90 ${one(left)} ${one(level)})"`),
  );
  return out.join('');
}

function legend(ways: readonly Way[], top: number): string {
  const named = ways.filter(({ name }) => name);
  return named
    .map(({ name }, i) => {
      const y = top + 18 * i;
      return `<path d="M${size.width - 118} ${y - 4}h18" stroke="${wayColors[i % wayColors.length]}" stroke-width="3"/>${textAt([size.width - 94, y], 'start', name)}`;
    })
    .join('');
}

/** The picture, dark on white paper. */
export function surfaceSvg(ground: Ground, ways: readonly Way[], labels: Labels, description: string): string {
  const { width, height } = size;
  const pieces = [
    ...tiles(ground),
    ...ways.flatMap((way, i) => strokes(ground, way, wayColors[i % wayColors.length]!)),
  ];
  pieces.sort((a, b) => b.far - a.far);
  const heading = labels.title
    ? textAt([12, 24], 'start', labels.title, ' font-size="14" font-weight="600" fill="#222"')
    : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeMarkup(description)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="${width}" height="${height}" fill="#fff"/>` +
    `<g font-family="${fonts}" font-size="11" fill="${ink}">${heading}<g fill="none" stroke-linejoin="round">` +
    `${frame(ground, labels).replaceAll('<text ', `<text fill="${ink}" `)}` +
    `<g stroke-width=".6">${pieces.map(({ svg }) => svg).join('')}</g></g>${legend(ways, 26)}</g></svg>`
  );
}
