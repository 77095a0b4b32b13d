// Affine index maps: which element of a dense buffer each index of a shape reads, and what is read outside of bounds.
import { need } from '../ops.js';
import type { PlanNode } from '../plan.js';
import { type Shape, sameShape, stridesOf } from '../shape.js';

/** Indices outside [lo, hi) in some axis read `fill` instead of memory. */
export interface Bounds {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly fill: number;
}

/** A number so that no two look alike, as JSON has them for infinities, NaN and −0. */
export const exact = (value: number | undefined): string => (Object.is(value, -0) ? '-0' : String(value));

/** Index i of `shape` reads element offset + Σ i·strides. */
export class View {
  constructor(
    readonly shape: Shape,
    readonly strides: readonly number[],
    readonly offset: number,
    readonly bounds: Bounds | null = null,
  ) {}

  static dense(shape: Shape): View {
    return new View(shape, stridesOf(shape), 0);
  }

  /** True where elements are read once each, in order. */
  get isDense(): boolean {
    if (this.bounds || this.offset !== 0) return false;
    let step = 1;
    for (let i = this.shape.length - 1; i >= 0; i--) {
      const n = this.shape[i]!;
      if (n !== 1 && this.strides[i] !== step) return false;
      step *= n;
    }
    return true;
  }

  permute(axes: readonly number[]): View {
    const pick = (list: readonly number[]): number[] => axes.map((axis) => list[axis]!);
    const bounds = this.bounds && { lo: pick(this.bounds.lo), hi: pick(this.bounds.hi), fill: this.bounds.fill };
    return new View(pick(this.shape), pick(this.strides), this.offset, bounds);
  }

  expand(shape: Shape): View | null {
    const grows = shape.map((n, i) => n !== this.shape[i]);
    if (this.bounds && grows.some((g, i) => g && !(this.bounds!.lo[i]! <= 0 && this.bounds!.hi[i]! >= 1))) return null;
    const strides = this.strides.map((s, i) => (grows[i] ? 0 : s));
    const bounds = this.bounds && { ...this.bounds, hi: this.bounds.hi.map((h, i) => (grows[i] ? shape[i]! : h)) };
    return new View(shape, strides, this.offset, bounds);
  }

  slice(start: readonly number[], step: readonly number[], shape: Shape): View {
    const offset = this.strides.reduce((sum, s, i) => sum + s * start[i]!, this.offset);
    const strides = this.strides.map((s, i) => s * step[i]!);
    if (!this.bounds) return new View(shape, strides, offset);
    const lo: number[] = [];
    const hi: number[] = [];
    // lo ≤ start + step·i < hi, solved for i.
    for (let i = 0; i < shape.length; i++) {
      const [from, to] = [this.bounds.lo[i]! - start[i]!, this.bounds.hi[i]! - start[i]!];
      const s = step[i]!;
      lo.push(s > 0 ? Math.ceil(from / s) : Math.ceil((to - 1) / s));
      hi.push(s > 0 ? Math.ceil(to / s) : Math.floor(from / s) + 1);
    }
    return new View(shape, strides, offset, { lo, hi, fill: this.bounds.fill });
  }

  pad(low: readonly number[], high: readonly number[], fill: number): View | null {
    if (this.bounds && !Object.is(this.bounds.fill, fill)) return null;
    const offset = this.strides.reduce((sum, s, i) => sum - s * low[i]!, this.offset);
    const bounds = {
      lo: this.shape.map((_, i) => (this.bounds?.lo[i] ?? 0) + low[i]!),
      hi: this.shape.map((n, i) => Math.min(this.bounds?.hi[i] ?? n, n) + low[i]!),
      fill,
    };
    return new View(
      this.shape.map((n, i) => n + low[i]! + high[i]!),
      this.strides,
      offset,
      bounds,
    );
  }

  window(kernel: Shape, stride: readonly number[], dilation: readonly number[], shape: Shape): View | null {
    if (this.bounds) return null;
    const lead = this.shape.length - kernel.length;
    const spatial = this.strides.slice(lead);
    const strides = [
      ...this.strides.slice(0, lead),
      ...spatial.map((s, i) => s * stride[i]!),
      ...spatial.map((s, i) => s * dilation[i]!),
    ];
    return new View(shape, strides, this.offset);
  }

  /** The same elements, row-major, in another shape; null where no strides can say so. */
  reshape(shape: Shape): View | null {
    if (sameShape(shape, this.shape)) return this;
    if (this.isDense || shape.includes(0)) return View.dense(shape);
    const free = (i: number): boolean =>
      !this.bounds || (this.bounds.lo[i]! <= 0 && this.bounds.hi[i]! >= this.shape[i]!);
    const strides = new Array<number>(shape.length).fill(0);
    const lo = new Array<number>(shape.length).fill(0);
    const hi = [...shape];
    let i = 0;
    let j = 0;
    while (i < this.shape.length || j < shape.length) {
      // The smallest runs of old and new axes with equal products.
      const [i0, j0] = [i, j];
      let oldSize = this.shape[i++] ?? 1;
      let newSize = shape[j++] ?? 1;
      while (oldSize !== newSize) {
        if (oldSize < newSize) oldSize *= this.shape[i++]!;
        else newSize *= shape[j++]!;
      }
      i = Math.min(i, this.shape.length);
      j = Math.min(j, shape.length);
      const old = Array.from({ length: i - i0 }, (_, k) => i0 + k).filter((k) => this.shape[k] !== 1);
      if (i - i0 !== old.length && this.bounds) {
        for (let k = i0; k < i; k++) if (this.shape[k] === 1 && !free(k)) return null;
      }
      const fresh = Array.from({ length: j - j0 }, (_, k) => j0 + k).filter((k) => shape[k] !== 1);
      if (old.length === 1 && fresh.length === 1) {
        strides[fresh[0]!] = this.strides[old[0]!]!;
        if (this.bounds) [lo[fresh[0]!], hi[fresh[0]!]] = [this.bounds.lo[old[0]!]!, this.bounds.hi[old[0]!]!];
        continue;
      }
      if (old.some((k) => !free(k))) return null;
      for (let k = 0; k + 1 < old.length; k++) {
        if (this.strides[old[k]!] !== this.strides[old[k + 1]!]! * this.shape[old[k + 1]!]!) return null;
      }
      let step = old.length ? this.strides[old[old.length - 1]!]! : 0;
      for (const k of fresh.reverse()) {
        strides[k] = step;
        step *= shape[k]!;
      }
    }
    return new View(shape, strides, this.offset, this.bounds && { lo, hi, fill: this.bounds.fill });
  }

  /** What the view operation `node` makes of this view of its input; null where it is not affine any more. */
  apply(node: PlanNode): View | null {
    const a = node.attributes;
    switch (node.op) {
      case 'variable':
        return this;
      case 'reshape':
        return this.reshape(node.shape);
      case 'permute':
        return this.permute(need(a.axes, 'axes'));
      case 'expand':
        return this.expand(node.shape);
      case 'slice':
        return this.slice(need(a.start, 'start'), need(a.step, 'step'), node.shape);
      case 'pad':
        return this.pad(need(a.low, 'low'), need(a.high, 'high'), a.value ?? 0);
      case 'window': {
        const kernel = need(a.kernel, 'kernel');
        const one = kernel.map(() => 1);
        return this.window(kernel, a.stride ?? one, a.dilation ?? one, node.shape);
      }
      default:
        return null;
    }
  }
}
