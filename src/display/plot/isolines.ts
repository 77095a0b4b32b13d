// In: heights on a grid. Out: lines of equal height, by marching squares with linear interpolation.

/** A point in grid coordinates: column, row. */
type GridPoint = readonly [x: number, y: number];
/** A line through grid points. */
export type Isoline = GridPoint[];

/** Ends of the segment(s) through a cell, as edges: 0 top, 1 right, 2 bottom, 3 left; by which corners lie above. */
const segments: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [
    [3, 0],
    [1, 2],
  ],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[2, 0]],
  [
    [0, 1],
    [2, 3],
  ],
  [[2, 1]],
  [[1, 3]],
  [[1, 0]],
  [[0, 3]],
  [],
];

/** Where `level` lies between two heights, 0 to 1. */
const crossing = (from: number, to: number, level: number): number =>
  from === to ? 0.5 : (level - from) / (to - from);

interface Cell {
  row: number;
  column: number;
  /** Heights at the corners: top left, top right, bottom right, bottom left. */
  corners: readonly [number, number, number, number];
}

function edgePoint({ row, column, corners }: Cell, edge: number, level: number): GridPoint {
  const [a, b, c, d] = corners;
  if (edge === 0) return [column + crossing(a, b, level), row];
  if (edge === 1) return [column + 1, row + crossing(b, c, level)];
  if (edge === 2) return [column + crossing(d, c, level), row + 1];
  return [column, row + crossing(a, d, level)];
}

const key = ([x, y]: GridPoint): string => `${x.toFixed(6)},${y.toFixed(6)}`;

/** Joins segments that share an end into lines. */
function join(pieces: [GridPoint, GridPoint][]): Isoline[] {
  const lines = new Map<string, Isoline>();
  const take = (point: GridPoint): Isoline | undefined => {
    const line = lines.get(key(point));
    if (!line) return undefined;
    lines.delete(key(line[0]!));
    lines.delete(key(line.at(-1)!));
    return line;
  };
  const closed: Isoline[] = [];
  for (const [from, to] of pieces) {
    const before = take(from) ?? [from];
    if (key(before[0]!) !== key(from)) before.reverse();
    if (before.length > 1 && key(before.at(-1)!) === key(to)) {
      closed.push([...before, before[0]!]);
      continue;
    }
    const after = take(to) ?? [to];
    if (key(after[0]!) !== key(to)) after.reverse();
    const line = [...before.reverse(), ...after];
    lines.set(key(line[0]!), line);
    lines.set(key(line.at(-1)!), line);
  }
  return [...closed, ...new Set(lines.values())];
}

/** Lines along which the heights of a grid (rows of columns) equal `level`; cells with NaN are skipped. */
export function isolines(heights: readonly (readonly number[])[], level: number): Isoline[] {
  const pieces: [GridPoint, GridPoint][] = [];
  for (let row = 0; row + 1 < heights.length; row++) {
    const [upper, lower] = [heights[row]!, heights[row + 1]!];
    for (let column = 0; column + 1 < upper.length; column++) {
      const corners = [upper[column]!, upper[column + 1]!, lower[column + 1]!, lower[column]!] as const;
      if (!corners.every(Number.isFinite)) continue;
      const index = corners.reduce((bits, height, i) => bits | (height > level ? 1 << i : 0), 0);
      for (const [from, to] of segments[index]!) {
        const cell = { row, column, corners };
        const ends = [edgePoint(cell, from, level), edgePoint(cell, to, level)] as const;
        if (key(ends[0]) !== key(ends[1])) pieces.push([...ends]);
      }
    }
  }
  return join(pieces);
}
