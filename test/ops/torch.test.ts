// Values and gradients of tensor operations against PyTorch's own (golden/make-torch-ops.py), special values included.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DType } from '../../src/dtype.js';
import * as f from '../../src/functions/index.js';
import { einsum, type InterpolateOptions, interpolate, type PadMode, padMode } from '../../src/functions/index.js';
import {
  type Axes,
  device,
  type Nested,
  type PoolOptions,
  stack,
  type Tensor,
  tensor,
  tril,
  triu,
  where,
} from '../../src/index.js';

type Number = number | 'nan' | 'inf' | '-inf';
interface Values {
  shape: number[];
  data: Number[];
}
interface Golden {
  name: string;
  args: never[];
  inputs: (Values & { dtype: DType })[];
  output: Values;
  grads?: (Number[] | null)[];
  tolerance?: number;
}

const value = (v: Number): number => (v === 'nan' ? Number.NaN : v === 'inf' ? Infinity : v === '-inf' ? -Infinity : v);
const goldens: Golden[] = JSON.parse(readFileSync(new URL('../golden/torch-ops.json', import.meta.url), 'utf8'));

type Apply = (t: Tensor[], args: never[]) => Tensor;
const on =
  <A extends unknown[]>(f: (t: Tensor, ...args: A) => Tensor): Apply =>
  (t, args) =>
    f(t[0]!, ...(args as unknown[] as A));
const both =
  (f: (a: Tensor, b: Tensor) => Tensor): Apply =>
  (t) =>
    f(t[0]!, t[1]!);
const axes = (f: (t: Tensor, axes: Axes | undefined, keep: boolean) => Tensor): Apply =>
  on((t, a: Axes | null, keep: boolean) => f(t, a ?? undefined, keep));
const indices = (nested: Nested): Tensor => tensor(nested, { dtype: 'int32' });

const operations: Record<string, Apply> = {
  ...Object.fromEntries(
    (
      'neg abs sign exp log sqrt rsqrt reciprocal sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid erf expm1 log1p relu floor ceil round trunc log2 log10'.split(
        ' ',
      ) as 'neg'[]
    ).map((name) => [name, on((t) => t[name]())]),
  ),
  ...Object.fromEntries(
    ('add sub mul div floorDivide pow maximum minimum mod atan2 lt le gt ge eq ne matmul'.split(' ') as 'add'[]).map(
      (name) => [name, both((a, b) => a[name](b))],
    ),
  ),
  sum: axes((t, a, k) => t.sum(a, k)),
  mean: axes((t, a, k) => t.mean(a, k)),
  var: axes((t, a, k) => t.var(a, k)),
  std: axes((t, a, k) => t.std(a, k)),
  max: axes((t, a, k) => t.max(a, k)),
  min: axes((t, a, k) => t.min(a, k)),
  prod: axes((t, a, k) => t.prod(a, k)),
  logSumExp: axes((t, a, k) => t.logSumExp(a, k)),
  argmax: on((t, a: number) => t.argmax(a)),
  argmin: on((t, a: number) => t.argmin(a)),
  norm: on((t, p: number, a: number) => t.norm(p, a)),
  softmax: on((t, a: number) => t.softmax(a)),
  logSoftmax: on((t, a: number) => t.logSoftmax(a)),
  cumsum: on((t, a: number) => t.cumsum(a)),
  sortValues: on((t, a: number) => t.sort(a).values),
  sortIndices: on((t, a: number) => t.sort(a).indices),
  topkValues: on((t, k: number, a: number) => t.topk(k, a).values),
  einsum: (t, args) => einsum(args[0]!, ...t),
  conv1d: ([x, w], args) => x!.conv1d(w!, args[0]!),
  conv2d: ([x, w], args) => x!.conv2d(w!, args[0]!),
  conv3d: ([x, w], args) => x!.conv3d(w!, args[0]!),
  maxPool1d: on((t, k: number, o: PoolOptions) => t.maxPool1d(k, o)),
  maxPool2d: on((t, k: number, o: PoolOptions) => t.maxPool2d(k, o)),
  avgPool2d: on((t, k: number, o: PoolOptions) => t.avgPool2d(k, o)),
  gather: on((t, index: Nested, a: number) => t.narrow(0, 0, 2).gather(indices(index), a)),
  scatterAdd: ([t, s], args) => t!.scatterAdd(args[1]!, indices(args[0]!), s!),
  permute: on((t, order: number[]) => t.permute(order).mul(2)),
  pad: on((t, amounts: number[], v: number) => t.pad(amounts, v)),
  roll: on((t, by: number, a: number) => t.roll(by, a)),
  flip: on((t, a: number[]) => t.flip(a)),
  tril: on((t, k: number) => tril(t, k)),
  triu: on((t, k: number) => triu(t, k)),
  clamp: on((t, low: number, high: number) => t.clamp(low, high)),
  where: both((p, q) => where(p.gt(0), p, q)),
  padMode: on((t, amounts: number[], mode: PadMode) => padMode(t, amounts, mode)),
  interpolate: on((t, options: InterpolateOptions) => interpolate(t, options)),
  erfc: on((t) => f.erfc(t)),
  exp2: on((t) => f.exp2(t)),
  logSigmoid: on((t) => f.logSigmoid(t)),
  sinc: on((t) => f.sinc(t)),
  isInf: on((t) => f.isInf(t)),
  nanToNum: on((t) => f.nanToNum(t)),
  logicalNot: on((t) => f.logicalNot(t)),
  logit: on((t) => f.logit(t)),
  trace: on((t) => f.trace(t)),
  nonzero: on((t) => f.nonzero(t)),
  hypot: both(f.hypot),
  fmod: both(f.fmod),
  xlogy: both(f.xlogy),
  logAddExp: both(f.logAddExp),
  logicalAnd: both(f.logicalAnd),
  logicalOr: both(f.logicalOr),
  logicalXor: both(f.logicalXor),
  cumprod: on(f.cumprod),
  cummax: on((t, axis: number, end?: number) => f.cummax(end ? t.narrow(0, 0, end) : t, axis)),
  cummin: on((t, axis: number, end?: number) => f.cummin(end ? t.narrow(0, 0, end) : t, axis)),
  logCumSumExp: on(f.logCumSumExp),
  lerp: ([a, b, weight]) => f.lerp(a!, b!, weight!),
  median: on(f.median),
  kthValues: on((t, k: number, a: number) => f.kthValue(t, k, a).values),
  quantile: on(f.quantile),
  unfold: on((t, a: number, size: number, step: number) => f.unfold(t, a, size, step).mul(2)),
  repeatInterleave: on(f.repeatInterleave),
  diff: on(f.diff),
  isNaN: on((t) => t.isNaN()),
  at: on((t, ...indices: string[]) => t.at(...indices).mul(2)),
  diagonal: on((t, offset: number, a: number, b: number) => f.diagonal(t, offset, a, b).mul(2)),
  diag: on((t, offset: number) => f.diag(t, offset).mul(2)),
  diagEmbed: on((t, offset: number) => f.diagEmbed(t, offset).mul(2)),
  scatter: ([t, s], args) => f.scatter(t!, args[1]!, indices(args[0]!), s!),
  maskedFill: on((t, mask: boolean[], v: number) => f.maskedFill(t, tensor(mask), v)),
  maskedSelect: on((t) => f.maskedSelect(t, t.gt(0))),
  indexPut: ([t, v], args) => f.indexPut(t!, (args[0]! as Nested[]).map(indices), v!, args[1]!),
  meshgrid: ([p, q], args) => stack(f.meshgrid([p!, q!], args[0]!)),
  uniqueValues: on((t) => f.unique(t).values),
  uniqueInverse: on((t) => f.unique(t).inverse),
  uniqueCounts: on((t) => f.unique(t).counts),
  searchSorted: ([s, v], args) => f.searchSorted(s!, v!, args[0]!),
  binCount: on(f.binCount),
};

/** float32 sums of the lengths here differ by a few units in the last place from one order to another. */
const relative = 4e-6;

function close(found: ArrayLike<number>, expected: readonly Number[], allowed: number, what: string): void {
  expect(found.length, what).toBe(expected.length);
  const scale = expected.reduce<number>(
    (m, v) => Math.max(m, Number.isFinite(value(v)) && Math.abs(value(v)) < 1e3 ? Math.abs(value(v)) : 0),
    1e-3,
  );
  expected.forEach((e, i) => {
    const want = Math.fround(value(e));
    const got = found[i]!;
    if (Object.is(got, want) || got === want || (Number.isNaN(got) && Number.isNaN(want))) return;
    const limit = allowed * Math.max(Math.abs(want), Math.min(1, scale));
    expect(Math.abs(got - want) <= limit, `${what}, element ${i}: ${got} instead of ${want}`).toBe(true);
  });
}

describe.each(['reference', 'cpu'])('%s', (name) => {
  const names = [...new Set(goldens.map((g) => g.name))];
  test.each(names)('%s', (operation) => {
    device(name);
    for (const golden of goldens.filter((g) => g.name === operation)) {
      const inputs = golden.inputs.map((input) =>
        tensor(Float64Array.from(input.data, value), {
          dtype: input.dtype,
          shape: input.shape,
          requiresGrad: golden.grads !== undefined,
        }),
      );
      const apply = operations[golden.name];
      expect(apply, `no operation ${golden.name}`).toBeDefined();
      const out = apply!(inputs, golden.args);
      const what = `${golden.name}(${JSON.stringify(golden.args)}) of ${golden.inputs.map((i) => `[${i.shape}]`).join(' ')}`;
      expect([...out.shape], what).toEqual(golden.output.shape);
      const allowed = golden.tolerance ?? relative;
      close(out.dataSync(), golden.output.data, allowed, what);
      if (!golden.grads) continue;
      const weights = Float32Array.from({ length: out.size }, (_, i) =>
        out.size > 1 ? -1 + (2 * i) / (out.size - 1) : 1,
      );
      out.backward(tensor(weights, { shape: out.shape }));
      golden.grads.forEach((g, k) => {
        if (g) close(inputs[k]!.grad!.dataSync(), g, allowed * 4, `gradient ${k} of ${what}`);
      });
    }
  });
});
