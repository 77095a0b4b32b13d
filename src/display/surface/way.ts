// In: points in the plane in the order of time. Out: a way that lies on a surface.
import { ValueError } from '../../errors.js';
import { type Matrix, rowsOf } from '../data.js';
import { type Ground, shareOf } from './ground.js';

/** A point in space. */
export type Point3 = readonly [x: number, y: number, z: number];

/** A way on the surface, in pieces where it leaves the ranges. */
export interface Way {
  readonly name: string;
  readonly steps: number;
  readonly pieces: readonly (readonly Point3[])[];
}

/** Lines between steps are cut into pieces of this share of an axis, so that they follow the surface. */
const stride = 0.025;
/** Of steps nearer than this to each other, one is enough. */
const nearest = 0.008;

/** @throws ValueError when a way is empty or its rows are not pairs. */
export function wayOn(ground: Ground, name: string, way: Matrix): Way {
  const rows = rowsOf('surface', way);
  if (rows.length === 0 || rows[0]!.length !== 2) {
    throw new ValueError(
      `surface: the path ${name} has ${rows.length} points of ${rows[0]?.length ?? 0} numbers`,
      'Give at least one row [x, y].',
    );
  }
  const far = ([x, y]: number[], [fromX, fromY]: number[]): number =>
    Math.hypot(
      (x! - fromX!) / (ground.xRange[1] - ground.xRange[0]),
      (y! - fromY!) / (ground.yRange[1] - ground.yRange[0]),
    );
  const kept: number[][] = [rows[0]!];
  rows.forEach((row, i) => {
    if (i > 0 && (i === rows.length - 1 || !(far(row, kept.at(-1)!) < nearest))) kept.push(row);
  });
  const pieces: Point3[][] = [[]];
  const add = (x: number, y: number) => {
    const [u, v] = [shareOf(ground.xRange, x), shareOf(ground.yRange, y)];
    if (u >= 0 && u <= 1 && v >= 0 && v <= 1) pieces.at(-1)!.push([x, y, ground.at(x, y)]);
    else if (pieces.at(-1)!.length > 0) pieces.push([]);
  };
  kept.forEach((row, i) => {
    const from = kept[i - 1] ?? row;
    const count = Math.min(200, Math.max(1, Math.ceil(far(row, from) / stride)));
    const cut = (axis: 0 | 1, k: number): number => from[axis]! + ((row[axis]! - from[axis]!) * k) / count;
    for (let k = 1; k <= count; k++) add(cut(0, k), cut(1, k));
  });
  return { name, steps: rows.length - 1, pieces: pieces.filter((piece) => piece.length > 0) };
}
