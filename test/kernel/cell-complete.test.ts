import { describe, expect, test } from 'vitest';
import { isComplete } from '../../kernel/cell/index.js';
import { declarations } from './cell-notebook.js';

describe('is a text a whole cell', () => {
  const complete = [
    '',
    '  ',
    '1 + 1',
    'const a = 1',
    'f()\n',
    'await f()',
    'await (f())',
    '// comment',
    '/[({]/',
    '"({["',
    '`${"`"}`',
    'class A {}',
    'for await (const x of y) {}',
    'import a from "a"',
    'export const a = 1',
    'enum E { A }',
    '<div>a</div>',
    'const f = <T,>(x: T) => x',
    'if (a) b\nelse c',
    'a\n.b()',
    '({ a: 1 })',
    'using a = b',
  ];
  test.each(complete)('complete: %j', (source) => {
    expect(isComplete(source)).toEqual({ status: 'complete' });
  });

  const incomplete: [source: string, indent: string][] = [
    ['function f() {', '  '],
    ['function f()', ''],
    ['if (a) {\n  if (b) {', '    '],
    ['const a = [', '  '],
    ['const a = [\n  1,', '  '],
    ['f(', '  '],
    ['`abc', ''],
    ['`a${', '  '],
    ['/* abc', ''],
    ['a +', ''],
    ['a.', ''],
    ['const a =', '  '],
    ['const f = () =>', '  '],
    ['class A {\n  m() {\n    return 1\n  }', '  '],
    ['switch (a) {\n  case 1:', '    '],
    ['<div>', ''],
    ['@dec', ''],
    ['type A =', '  '],
    ['interface A {', '  '],
    ['if (a) b\nelse', ''],
    ['do {\n} while', ''],
  ];
  test.each(incomplete)('incomplete: %j', (source, indent) => {
    expect(isComplete(source)).toEqual({ status: 'incomplete', indent });
  });

  const invalid = ['let = = 3', 'a b', '}', ')', '"abc', "'abc\n", '/abc', 'const 1a = 2', 'f(]', 'class { x x }'];
  test.each(invalid)('invalid: %j', (source) => {
    expect(isComplete(source)).toEqual({ status: 'invalid' });
  });
});

describe('what a cell declares', () => {
  const rows: [source: string, declared: string[]][] = [
    [
      'const a = 1, { b, c: [d = 1, ...e] } = x; let f; var g',
      ['a:const', 'b:const', 'd:const', 'e:const', 'f:let', 'g:var'],
    ],
    ['function f() {} async function* g() {}', ['f:function', 'g:function']],
    ['class A {} abstract class B {} enum E {} const enum F {}', ['A:class', 'B:class', 'E:enum', 'F:enum']],
    ['namespace N { export const a = 1 } namespace T {}', ['N:namespace', 'T:namespace']],
    ['type T = 1; interface I {}', ['T:type', 'I:interface']],
    [
      "import d, { a, b as c, type t } from 'm'; import * as n from 'm'; import q = require('q')",
      ['d:import', 'a:import', 'c:import', 't:import', 'n:import', 'q:import'],
    ],
    ['export const a = 1; export default function f() {}; export class C {}', ['a:const', 'f:function', 'C:class']],
    ['for (var i = 0; ;) { var j; let k } { var l }', ['i:var', 'j:var', 'l:var']],
    ['declare const a: number; declare function f(): void; declare global { var g: 1 }', ['a:const', 'f:function']],
    ['{ let a; function b() {} class C {} }; (function d() { var e })()', []],
    ['using u = x', ['u:const']],
  ];
  test.each(rows)('%s', (source, declared) => {
    expect(declarations(source)).toEqual(declared);
  });
});
