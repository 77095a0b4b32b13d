// An entry of the package by itself computes, though nothing else of it was imported.
import { expect, test } from 'vitest';
import { linear } from '../../src/nn/index.js';

test('layers compute without any other import', () => {
  expect(Number.isFinite(linear(2, 3).weight.sum().item())).toBe(true);
});
