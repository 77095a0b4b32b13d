// Every gradient in the table against finite differences in float64, first and second order.
import { beforeAll, describe, expect, test } from 'vitest';
import { device } from '../../src/device.js';
import '../../src/index.js';
import { add, mul, reduce } from '../../src/build.js';
import { pullBack } from '../../src/grad.js';
import type { Node } from '../../src/graph.js';
import type { OpName } from '../../src/op-names.js';
import { ops } from '../../src/ops.js';
import { type Case, cases } from './cases.js';
import { build, draw, leafOf, valuesOf } from './run.js';

const step = 1e-5;

/** Σ output·weights of a case for given input values. */
function objective(op: OpName, c: Case, values: readonly (readonly number[])[]): { total: Node; inputs: Node[] } {
  const inputs = c.inputs.map((input, k) => leafOf(input, values[k]!, 'float64'));
  const output = build(op, c, inputs, 'float64');
  const weights = leafOf({ shape: output.shape }, draw({ shape: output.shape }, 99), 'float64');
  weights.tracked = false;
  return {
    total: reduce(
      'sum',
      mul(output, weights),
      output.shape.map((_, i) => i),
    ),
    inputs,
  };
}
const seedOf = (total: Node): Node => leafOf({ shape: [] }, [1], total.dtype);

/** Σ gradient·weights over the real inputs: its gradient is a second derivative. */
function slope(op: OpName, c: Case, values: readonly (readonly number[])[]): { total: Node; inputs: Node[] } {
  const { total, inputs } = objective(op, c, values);
  const seed = seedOf(total);
  seed.tracked = false;
  const gradients = pullBack(total, seed);
  let sum: Node | null = null;
  inputs.forEach((input, k) => {
    const g = gradients.get(input);
    if (!g) return;
    const weights = leafOf({ shape: input.shape }, draw({ shape: input.shape }, 50 + k), 'float64');
    weights.tracked = false;
    const part = reduce(
      'sum',
      mul(g, weights),
      input.shape.map((_, i) => i),
    );
    sum = sum ? add(sum, part) : part;
  });
  return { total: sum!, inputs };
}

type Objective = typeof objective;

function checkDifferences(f: Objective, op: OpName, c: Case): void {
  const values = c.inputs.map((input, k) => draw(input, k + 1));
  const { total, inputs } = f(op, c, values);
  const seed = seedOf(total);
  seed.tracked = false;
  const gradients = total.tracked ? pullBack(total, seed) : new Map<Node, Node>();
  inputs.forEach((input, k) => {
    if (!input.tracked) return;
    const g = gradients.get(input);
    const found = g ? valuesOf(g) : values[k]!.map(() => 0);
    const stride = Math.max(1, Math.floor(found.length / 12));
    for (let i = 0; i < found.length; i += stride) {
      const at = (delta: number): number => {
        const moved = values.map((v, j) => (j === k ? v.map((e, n) => (n === i ? e + delta : e)) : v));
        return valuesOf(f(op, c, moved).total)[0]!;
      };
      const expected = (at(step) - at(-step)) / (2 * step);
      const tolerance = 1e-5 * Math.max(1, Math.abs(expected));
      expect(
        Math.abs(found[i]! - expected),
        `input ${k}, element ${i}: ${found[i]} instead of ${expected}`,
      ).toBeLessThan(tolerance);
    }
  });
}

beforeAll(() => {
  device('reference');
});

const smooth = (op: OpName): Case[] => cases[op].filter((c) => c.differentiable !== false);
const names = Object.keys(ops) as OpName[];

test('every op has a case', () => {
  expect(names.filter((op) => cases[op].length === 0)).toEqual([]);
});
describe.each(names.filter((op) => smooth(op).length > 0))('%s', (op) => {
  test('first order', () => {
    for (const c of smooth(op)) checkDifferences(objective, op, c);
  });
  test('second order', () => {
    for (const c of smooth(op)) checkDifferences(slope, op, c);
  });
});
