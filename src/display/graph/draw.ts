// In: boxes and what they take. Out: an SVG picture of them, from inputs on the left (or top) to the result.
import { escapeMarkup } from '../bundle.js';
import type { Box, Kind } from './collect.js';

const fonts = '-apple-system,Segoe UI,Helvetica,Arial,sans-serif';
const sizes = { title: 13, fact: 11, line: 15, letter: 6.1, bold: 7.6, pad: 9 };

/** Edge and ground of a box; the grounds are thin enough to read on light and on dark. */
const looks: { readonly [kind in Kind]: { edge: string; ground: string; round: number } } = {
  parameter: { edge: '#1f83c9', ground: 'rgba(31,131,201,.16)', round: 6 },
  data: { edge: '#009E73', ground: 'rgba(0,158,115,.14)', round: 6 },
  constant: { edge: '#888888', ground: 'rgba(136,136,136,.12)', round: 6 },
  operation: { edge: '#888888', ground: 'rgba(136,136,136,.07)', round: 14 },
};
const gradientColor = '#D55E00';
const quiet = '#888888';

/** In a page, the front end's own colours; in a file, black on white. */
export interface Ink {
  text: string;
  ground: string;
}
export const pageInk: Ink = {
  text: 'fill="#333" style="fill:var(--jp-ui-font-color1,#333)"',
  ground: 'fill="none"',
};
export const paperInk: Ink = { text: 'fill="#333"', ground: 'fill="#fff"' };

interface Line {
  text: string;
  bold: boolean;
  color?: string;
}

function linesOf({ title, facts, gradient }: Box): Line[] {
  const slope = gradient();
  return [
    { text: title, bold: true },
    ...facts.map((text) => ({ text, bold: false })),
    ...(slope === undefined ? [] : [{ text: `gradient ${slope}`, bold: false, color: gradientColor }]),
  ];
}

const widthOf = (lines: readonly Line[]): number =>
  Math.max(34, ...lines.map(({ text, bold }) => text.length * (bold ? sizes.bold : sizes.letter))) + 2 * sizes.pad;

const one = (value: number): number => Math.round(value * 10) / 10;

interface Point {
  x: number;
  y: number;
}

/** A smooth line through the points that ends in an arrow. */
function edgeSvg(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return '';
  const before = points.at(-2)!;
  let d = `M${one(first.x)} ${one(first.y)}`;
  rest.slice(0, -1).forEach((point, i) => {
    const next = rest[i + 1]!;
    const end = i === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    d += `Q${one(point.x)} ${one(point.y)} ${one(end.x)} ${one(end.y)}`;
  });
  if (rest.length === 1) d += `L${one(last.x)} ${one(last.y)}`;
  const angle = Math.atan2(last.y - before.y, last.x - before.x);
  const wing = (turn: number): string =>
    `${one(last.x - 7 * Math.cos(angle + turn))} ${one(last.y - 7 * Math.sin(angle + turn))}`;
  return (
    `<path d="${d}" fill="none" stroke="${quiet}" stroke-width="1.3"/>` +
    `<path d="M${wing(0.45)}L${one(last.x)} ${one(last.y)}L${wing(-0.45)}z" fill="${quiet}"/>`
  );
}

function boxSvg(box: Box, lines: readonly Line[], { x, y }: Point, width: number, height: number, ink: Ink): string {
  const { edge, ground, round } = looks[box.kind];
  const [left, top] = [x - width / 2, y - height / 2];
  const texts = lines.map(({ text, bold, color }, i) => {
    const look = bold ? `font-size="${sizes.title}" font-weight="600"` : `font-size="${sizes.fact}"`;
    const fill = color ? `fill="${color}"` : ink.text;
    return `<text x="${one(x)}" y="${one(top + sizes.pad + 9 + i * sizes.line)}" text-anchor="middle" ${look} ${fill}>${escapeMarkup(text)}</text>`;
  });
  return `<rect x="${one(left)}" y="${one(top)}" width="${one(width)}" height="${height}" rx="${round}" fill="${ground}" stroke="${edge}" stroke-width="1.2"/>${texts.join('')}`;
}

interface Part {
  box: Box;
  lines: readonly Line[];
  width: number;
  height: number;
}
/** Wider graphs run from top to bottom. */
const widest = 900;

/** What is used of dagre's graph. */
interface Placing {
  setGraph(label: object): unknown;
  graph(): { width?: number; height?: number };
  setDefaultEdgeLabel(label: () => object): unknown;
  setNode(id: string, size: { width: number; height: number }): unknown;
  node(id: string): Point;
  setEdge(from: string, to: string, label: object, name: string): unknown;
  edges(): readonly object[];
  edge(edge: object): { points: readonly Point[] };
}

/** dagre places the boxes; it is loaded when the first picture is drawn. */
export async function draw(boxes: readonly Box[], caption: string, ink: Ink, description: string): Promise<string> {
  // Before anything is awaited: what is drawn is the state of now.
  const parts = boxes.map((box): Part => {
    const lines = linesOf(box);
    return { box, lines, width: widthOf(lines), height: lines.length * sizes.line + 2 * sizes.pad - 3 };
  });
  const { Graph, layout } = await import('@dagrejs/dagre');
  const place = (rankdir: 'LR' | 'TB'): Placing => {
    const made = new Graph({ multigraph: true });
    const graph: Placing = made;
    graph.setGraph({ rankdir, nodesep: 16, ranksep: 34, marginx: 8, marginy: 8 });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const { box, width, height } of parts) graph.setNode(box.id, { width, height });
    for (const { box } of parts) box.inputs.forEach((from, i) => graph.setEdge(from, box.id, {}, String(i)));
    layout(made);
    return graph;
  };
  const across = place('LR');
  const graph = (across.graph().width ?? 0) > widest ? place('TB') : across;
  const { width = 0, height = 0 } = graph.graph();
  const edges = graph.edges().map((edge) => edgeSvg(graph.edge(edge).points));
  const drawn = parts.map(({ box, lines, width: wide, height: tall }) =>
    boxSvg(box, lines, graph.node(box.id), wide, tall, ink),
  );
  const whole = Math.max(width, caption.length * sizes.letter + 20);
  const below = height + 22;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeMarkup(description)}" style="max-width:none" width="${Math.ceil(whole)}" height="${Math.ceil(below)}" viewBox="0 0 ${Math.ceil(whole)} ${Math.ceil(below)}">` +
    `<rect width="100%" height="100%" ${ink.ground}/><g font-family="${fonts}">${edges.join('')}${drawn.join('')}` +
    `<text x="8" y="${one(below - 7)}" font-size="11" fill="${quiet}">${escapeMarkup(caption)}</text></g></svg>`
  );
}
