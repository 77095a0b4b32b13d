// Padding by what is there, and images made larger or smaller.
import { tensor } from '../create.js';
import { isFloat } from '../dtype.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { checkWhole } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** How `padMode` fills: mirrored without and with the edge, the edge repeated, or from the other end. */
export type PadMode = 'reflect' | 'symmetric' | 'replicate' | 'circular';

/** Where index i (which may lie outside) reads on an axis of n elements. */
const sources: Record<PadMode, (i: number, n: number) => number> = {
  reflect: (i, n) => {
    const period = Math.max(1, 2 * (n - 1));
    const k = ((i % period) + period) % period;
    return k < n ? k : period - k;
  },
  symmetric: (i, n) => {
    const k = ((i % (2 * n)) + 2 * n) % (2 * n);
    return k < n ? k : 2 * n - 1 - k;
  },
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => ((i % n) + n) % n,
};

/**
 * Pads with the tensor's own values.
 * @param amounts pairs [before, after] from the last axis backwards, as in `t.pad`.
 * @throws ShapeError where `reflect` would need more elements than there are.
 */
export function padMode(t: Tensor, amounts: readonly number[], mode: PadMode): Tensor {
  if (amounts.length % 2 || amounts.length / 2 > t.rank) {
    throw new ShapeError(
      `padMode: ${amounts.length} amounts for ${show(t.shape)}`,
      'Give pairs [before, after] from the last axis backwards.',
    );
  }
  if (!Object.hasOwn(sources, mode))
    throw new ValueError(`padMode: mode '${mode}'`, `Modes are ${Object.keys(sources).join(', ')}.`);
  for (const amount of amounts) checkWhole('padMode: an amount', amount);
  let out = t;
  for (let k = 0; k < amounts.length / 2; k++) {
    const axis = t.rank - 1 - k;
    const [before, after] = [amounts[2 * k]!, amounts[2 * k + 1]!];
    const n = t.shape[axis]!;
    if (before === 0 && after === 0) continue;
    if (n === 0 || (mode === 'reflect' && Math.max(before, after) >= n)) {
      throw new ShapeError(
        `padMode: ${mode} by [${before}, ${after}] on an axis of ${n}`,
        'Reflection reaches at most one less than the length of the axis.',
      );
    }
    const index = Int32Array.from({ length: n + before + after }, (_, i) => sources[mode](i - before, n));
    out = out.at(...new Array<string>(axis).fill(':'), Array.from(index));
  }
  return out;
}

/** Options of `interpolate`; either the size or the factor. */
export interface InterpolateOptions {
  /** New lengths of the spatial axes. */
  size?: readonly number[];
  /** Factor for all spatial axes. */
  scale?: number;
  /** `nearest` (default) repeats, `linear` blends the two neighbours along each axis (bilinear for images). */
  mode?: 'nearest' | 'linear';
  /** Whether the corner elements keep their places (linear only). Default false. */
  alignCorners?: boolean;
}

/**
 * Resizes the spatial axes of [n, c, …], as PyTorch's `interpolate`.
 * @throws ValueError unless exactly one of size and scale is given.
 */
export function interpolate(t: Tensor, options: InterpolateOptions): Tensor {
  const { mode = 'nearest', alignCorners = false } = options;
  const spatial = t.shape.slice(2);
  if ((options.size === undefined) === (options.scale === undefined) || spatial.length === 0) {
    throw new ValueError(
      `interpolate: size ${options.size} and scale ${options.scale} for ${show(t.shape)}`,
      'Give either size or scale, and a tensor [batch, channels, …].',
    );
  }
  const size = options.size ?? spatial.map((n) => Math.floor(n * (options.scale ?? 1)));
  if (size.length !== spatial.length)
    throw new ShapeError(
      `interpolate: size ${show(size)} for spatial axes ${show(spatial)}`,
      'Give one length for each.',
    );
  for (const length of size) checkWhole('interpolate: a length', length, 1);
  let out = t;
  size.forEach((length, i) => {
    const n = spatial[i]!;
    const axis = i + 2;
    if (length === n) return;
    const ratio = options.scale !== undefined ? 1 / options.scale : n / length;
    if (mode === 'nearest') {
      out = pick(
        out,
        axis,
        Array.from({ length }, (_, k) => Math.min(n - 1, Math.floor(k * ratio))),
      );
      return;
    }
    const at = Array.from({ length }, (_, k) =>
      alignCorners ? (length > 1 ? (k * (n - 1)) / (length - 1) : 0) : Math.max(0, (k + 0.5) * ratio - 0.5),
    );
    const lower = at.map((v) => Math.min(n - 1, Math.floor(v)));
    const upper = lower.map((v) => Math.min(n - 1, v + 1));
    const shape = new Array<number>(t.rank).fill(1);
    shape[axis] = length;
    const weight = tensor(
      Float64Array.from(at, (v, k) => v - lower[k]!),
      { shape, dtype: isFloat(t.dtype) ? t.dtype : 'float32', device: t.device },
    );
    out = pick(out, axis, lower)
      .mul(weight.neg().add(1))
      .add(pick(out, axis, upper).mul(weight));
  });
  return out;
}

const pick = (t: Tensor, axis: number, indices: number[]): Tensor =>
  t.at(...new Array<string>(axis).fill(':'), indices);
