// In: a path in pixels and a pen's width. Out: grey pixels, anti-aliased by their distance to the path.
import type { Path } from './skeletons.js';

/** Side of a picture in pixels. */
export const side = 28;

/** Points of a path, x and y alternating, and how many numbers of it are in use. */
export interface Polyline {
  readonly points: Float64Array;
  length: number;
}

/** Room for the polyline of any skeleton. */
export const polyline = (): Polyline => ({ points: new Float64Array(512), length: 0 });

/** Pieces into which the curve between two points of a path is cut. */
const pieces = 5;

/**
 * Follows `path`, its points at `at` (x and y alternating), by a curve that passes them all: Catmull and Rom's spline, which
 * starts afresh at every corner. Its tangent at a point is half the way from the point before to the point behind.
 */
export function follow(path: Path, at: Float64Array, out: Polyline): void {
  const { points } = out;
  let n = 0;
  points[n++] = at[0]!;
  points[n++] = at[1]!;
  for (let i = 0; i + 1 < path.length; i++) {
    const before = i === 0 || path[i]!.corner ? i : i - 1;
    const behind = i + 2 === path.length || path[i + 1]!.corner ? i + 1 : i + 2;
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      for (let axis = 0; axis < 2; axis++) {
        const p0 = at[2 * before + axis]!;
        const p1 = at[2 * i + axis]!;
        const p2 = at[2 * i + 2 + axis]!;
        const p3 = at[2 * behind + axis]!;
        points[n++] = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
      }
    }
  }
  out.length = n;
}

/** How a stroke looks. */
export interface Pen {
  /** Half the width in pixels, at the start and at the end of a stroke. */
  readonly start: number;
  readonly end: number;
  /** Pixels over which the ink fades at its edge. */
  readonly softness: number;
}

/** Lays ink on `pixels` (rows of `side`): 1 inside the stroke, falling to 0 across its edge; strokes do not add up. */
export function draw(line: Polyline, pen: Pen, pixels: Float64Array): void {
  const { points, length } = line;
  const { start, end, softness } = pen;
  const segments = length / 2 - 1;
  for (let s = 0; s < segments; s++) {
    const ax = points[2 * s]!;
    const ay = points[2 * s + 1]!;
    const bx = points[2 * s + 2]!;
    const by = points[2 * s + 3]!;
    const radius = start + ((end - start) * (s + 0.5)) / segments;
    const reach = radius + softness / 2;
    const dx = bx - ax;
    const dy = by - ay;
    const squared = dx * dx + dy * dy;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach - 0.5));
    const right = Math.min(side - 1, Math.floor(Math.max(ax, bx) + reach - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach - 0.5));
    const bottom = Math.min(side - 1, Math.floor(Math.max(ay, by) + reach - 0.5));
    for (let row = top; row <= bottom; row++) {
      const py = row + 0.5 - ay;
      for (let column = left; column <= right; column++) {
        const px = column + 0.5 - ax;
        let along = squared > 0 ? (px * dx + py * dy) / squared : 0;
        along = along < 0 ? 0 : along > 1 ? 1 : along;
        const qx = px - along * dx;
        const qy = py - along * dy;
        const away = qx * qx + qy * qy;
        if (away >= reach * reach) continue;
        const edge = (reach - Math.sqrt(away)) / softness;
        const ink = edge >= 1 ? 1 : edge * edge * (3 - 2 * edge);
        const at = row * side + column;
        if (ink > pixels[at]!) pixels[at] = ink;
      }
    }
  }
}
