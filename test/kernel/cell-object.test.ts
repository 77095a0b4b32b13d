// `{a: 1}` as a whole cell is an object; everything else that begins with a brace stays a block.
import { expect, test } from 'vitest';
import { objectInParentheses } from '../../kernel/cell/index.js';

test.each([
  ['{}', '({})'],
  ['{a: 1}', '({a: 1})'],
  ['{a: 1, b: 2}', '({a: 1, b: 2})'],
  ['  {\n  a: f(1),\n  b,\n}\n', '  ({\n  a: f(1),\n  b,\n})\n'],
  ['{a: 1, b: 2};', '({a: 1, b: 2});'],
  ['{"a": 1}', '({"a": 1})'],
  ['{ x }', '({ x })'],
  ['{ x, y }', '({ x, y })'],
  ['{ ...x }', '({ ...x })'],
  ['{ get a() { return 1 } }', '({ get a() { return 1 } })'],
])('%j is an object', (source, expected) => {
  expect(objectInParentheses(source)).toBe(expected);
});

test.each([
  '{ const a = 1; a }',
  '{ f() }',
  '{ x; y }',
  '{ await f() }',
  '{ a: for (;;) break a }',
  '{ x = 1 }',
  '{}\n{}',
  '{ a: 1',
  '{a: 1}.a',
  '{a: 1} + 1',
  '{ let = }',
  '[1]',
  '',
])('%j is not', (source) => {
  expect(objectInParentheses(source)).toBe(source);
});
