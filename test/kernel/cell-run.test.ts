import { describe, expect, test } from 'vitest';
import { evaluate, TestNotebook } from './cell-notebook.js';

/** Title, cells, the last cell's value. */
type Row = [title: string, cells: string[], value: unknown];

const results: Row[] = [
  ['an expression', ['1 + 1'], 2],
  ['an expression with a semicolon', ['1 + 1;'], 2],
  ['a statement has no value', ['const a = 1'], undefined],
  ['an empty cell', [''], undefined],
  ['only a comment', ['// nothing'], undefined],
  ['a comment after the value', ['1 + 1 // two'], 2],
  ['a comma expression', ['1, 2'], 2],
  ['a string alone is a value, not a directive', ["'use me'"], 'use me'],
  ['an assignment', ['let a = 1; a = 5'], 5],
  ['an empty statement after the value', ['7;;'], 7],
  ['top-level await', ['await Promise.resolve(3)'], 3],
  ['for await', ['let s = 0; for await (const x of [1, Promise.resolve(2)]) s += x; s'], 3],
  ['a multi-line expression', ['[1,\n 2,\n 3]\n  .map((x) => x * 2)\n  .join()'], '2,4,6'],
  ['export default is the value', ['export default 5'], 5],
  ['a default-exported function', ['export default function f() { return 1 }', 'f()'], 1],
  ['JSON in parentheses', ['({ a: 1 }).a'], 1],
];

const declarations: Row[] = [
  ['let across cells', ['let a = 1', 'a++', 'a'], 2],
  ['several declarators', ['let a = 1, b, c = a + 1', '[a, b, c]'], [1, undefined, 2]],
  ['const redeclared', ['const a = 1', 'const a = 2', 'a'], 2],
  [
    'a variable named like a global',
    ['const name = "n", fetch = 1, process = 2', '[name, fetch, process]'],
    ['n', 1, 2],
  ],
  ['let without a value is undefined again', ['let a = 1', 'let a', 'a'], undefined],
  ['var without a value keeps the old one', ['var a = 1', 'var a', 'a'], 1],
  ['object pattern', ['const { a, b: { c = 3 }, ...rest } = { a: 1, b: {}, d: 4 }', '[a, c, rest]'], [1, 3, { d: 4 }]],
  [
    'array pattern with holes and rest',
    ['let [a, , b = 2, ...r] = [1, 0, undefined, 5, 6]', '[a, b, r]'],
    [1, 2, [5, 6]],
  ],
  ['pattern defaults that use earlier names', ['const { a, b = a + 1, c = () => b } = { a: 1 }', 'c()'], 2],
  ['computed keys in patterns', ['const k = "x"; const { [k]: v } = { x: 9 }', 'v'], 9],
  ['two patterns in one statement', ['const [a] = [1], { b } = { b: 2 }\na + b'], 3],
  ['a pattern after a line without semicolon', ['let z = 1\nconst { a } = { a: z }\na'], 1],
  ['typed pattern', ['const { a }: { a: number } = { a: 1 }; a'], 1],
  ['definite assignment', ['let a!: number\na = 1\na'], 1],
  ['for-var belongs to the notebook', ['for (var i = 0; i < 3; i++);', 'i'], 3],
  ['for-in and for-of var', ['for (var k in { a: 1 }); for (var [x] of [[7]]);', 'k + x'], 'a7'],
  ['for var without a value', ['for (var i; !i; i = 1); i'], 1],
  [
    'var in blocks',
    ['if (true) { var a = 1; try { var b = 2 } finally {} } switch (1) { case 1: var c = 3 }', '[a, b, c]'],
    [1, 2, 3],
  ],
  ['var is hoisted', ['const before = a; var a = 1; before'], undefined],
  ['let in a block is local', ['let a = 1; { let a = 2; a++ } a'], 1],
  ['functions hoist', ['f(); function f() { return 1 }\nf()'], 1],
  ['function in a block is local', ['const f = 1; { function f() {} f() } f'], 1],
  [
    'generators and async functions',
    ['function* g() { yield 1 } async function h() { return [...g()] }', 'await h()'],
    [1],
  ],
  [
    'names of functions',
    ['const f = () => {}, g = function () {}, C = class {}, { h = () => {} } = {}', '[f.name, g.name, C.name, h.name]'],
    ['f', 'g', 'C', 'h'],
  ],
  ['classes', ['class A { static n = 1; m() { return A.n } }', 'class B extends A {}', 'new B().m()'], 1],
  [
    'class extends an older class of its name',
    ['class A { a = 1 }', 'class A extends A { b = 2 }', 'const { a, b } = new A(); a + b'],
    3,
  ],
  [
    'exports are accepted',
    [
      'export const a = 1; export function f() { return a } export class C {} export { a as b }; export type T = 1',
      '[f(), new C() instanceof C]',
    ],
    [1, true],
  ],
  [
    'using',
    ['const log = []; { using a = { [Symbol.dispose]() { log.push("a") } }; log.push("body") } log'],
    ['body', 'a'],
  ],
  [
    'using at the top level',
    [
      'const log: string[] = []',
      'using a = { v: 1, [Symbol.dispose]() { log.push("end") } }; log.push("go"); f(); function f() { log.push("f") }',
      'log',
    ],
    ['go', 'f', 'end'],
  ],
  [
    'await using',
    [
      'const log: string[] = []',
      'await using a = { async [Symbol.asyncDispose]() { log.push("end") } }\nlog.push("body")',
      'log',
    ],
    ['body', 'end'],
  ],
];

const closures: Row[] = [
  ['a closure sees a later assignment', ['let a = 1; const f = () => a', 'a = 42', 'f()'], 42],
  ['a closure sees a redeclaration', ['const a = 1; function f() { return a }', 'const a = 42', 'f()'], 42],
  [
    'a function sees a redefined function',
    ['function g() { return 1 } function f() { return g() }', 'function g() { return 2 }', 'f()'],
    2,
  ],
  ['a function sees a later one', ['function f() { return later() }', 'const later = () => 7', 'f()'], 7],
  ['a parameter shadows', ['const a = 1; ((a) => a)(2)'], 2],
  ['default values see the outer name', ['const a = 1; (function (b = a) { var a = 2; return b + a })()'], 3],
  ['a catch variable shadows', ['const e = 1; try { throw 2 } catch (e) { e++ } e'], 1],
  ['a catch pattern shadows', ['const e = 1; try { throw { e: 2 } } catch ({ e }) { e++ } e'], 1],
  [
    'a function expression knows itself',
    ['const f = function g(n: number): number { return n ? g(n - 1) : 0 }; f(3)'],
    0,
  ],
  ['a loop variable is local', ['const i = 9; let s = 0; for (let i = 0; i < 3; i++) s += i; [i, s]'], [9, 3]],
  ['closures in loops', ['const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); fs.map((f) => f())'], [0, 1, 2]],
  ['labels are no references', ['const a = 1; a: for (;;) { for (;;) break a } a'], 1],
  ['a switch has a scope', ['const a = 1; switch (1) { case 1: let a = 2; a++ } a'], 1],
  [
    'static blocks',
    ['let a = 1; class C { static { var b = a; let c = b; C.v = c } declare static v: number } C.v'],
    1,
  ],
];

const references: Row[] = [
  ['shorthand properties', ['const a = 1, b = 2', 'const o = { a, b }; o'], { a: 1, b: 2 }],
  ['destructuring assignment', ['let a, b', '({ a, b = 5 } = { a: 1 }); [a, b]'], [1, 5]],
  ['swap', ['let a = 1, b = 2; [a, b] = [b, a]; [a, b]'], [2, 1]],
  ['nested assignment targets', ['let a, b; [{ x: a }, ...b] = [{ x: 1 }, 2]; [a, b]'], [1, [2]]],
  ['for-of to an existing name', ['let a; for (a of [1, 2]); a'], 2],
  ['typeof of nothing', ['typeof nothing'], 'undefined'],
  ['typeof of a name', ['const a = 1', 'typeof a'], 'number'],
  ['typeof of a later name', ['const f = () => typeof later', 'let later = 1', 'f()'], 'number'],
  ['a call has no this', ['function f() { return this }', 'f()'], undefined],
  ['a call in parentheses has no this', ['function f() { return this }; (f)()'], undefined],
  ['a method keeps its this', ['const o = { v: 1, m() { return this.v } }; o.m()'], 1],
  ['optional calls', ['const f = undefined, g = () => 1', '[f?.(), g?.()]'], [undefined, 1]],
  [
    'tagged templates',
    ['const tag = (s: TemplateStringsArray, ...v: number[]) => s.join("|") + v', 'tag`a${1}b`'],
    'a|b1',
  ],
  ['template literals', ['const a = 1', '`${a}${`${a}`}`'], '11'],
  [
    'calls without semicolons',
    [
      'const log: number[] = []\nconst f = (n: number) => log.push(n)\nf(1)\nf(2)\nif (log) {\n  f(3)\n  f(4)\n}\nlog.join()',
    ],
    '1,2,3,4',
  ],
  [
    'calls without braces',
    ['let n = 0\nconst f = () => n++\nif (n) f()\nelse f()\nfor (const x of [1]) f()\ndo f()\nwhile (n < 3)\nn'],
    3,
  ],
  ['new', ['class A { v = 1 }', 'new A().v'], 1],
  [
    'computed member names',
    [
      'const k = "x"',
      'class C { [k] = 1; static [k + "y"]() { return 2 } }; const o = { [k]: C.xy() }; [new C()[k], o.x]',
    ],
    [1, 2],
  ],
  ['property names are no references', ['const a = 1', 'const o = { a: 2, b: { a: 3 } }; o.a + o.b.a + o?.a'], 7],
  [
    'private members',
    [
      'class A { #a = 1; has(o: object) { return #a in o } get a() { return this.#a } } const x = new A(); [x.a, x.has(x)]',
    ],
    [1, true],
  ],
  ['increments', ['let a = 1', 'a++; ++a; a += 2; a **= 2; a ??= 0; a'], 25],
  [
    'void, in, instanceof, delete',
    ['const o: Record<string, number> = { a: 1 }, k = "a"', 'delete o[k]; [k in o, o instanceof Object, void k]'],
    [false, true, undefined],
  ],
  ['spread', ['const a = [1], o = { x: 1 }', '[[...a, 2], { ...o }, Math.max(...a)]'], [[1, 2], { x: 1 }, 1]],
  ['yield and await of names', ['const p = Promise.resolve(4)', '[await p]'], [4]],
  [
    'a user called $',
    ['const $ = (x: number) => x + 1; const a = 1', 'const y = [1].map(($) => $ + a); y[0] + $(1)'],
    4,
  ],
  ['import.meta', ['import.meta.url'], 'file:///book/'],
  ['dynamic import', ['(await import("node:path")).posix.sep'], '/'],
  ['require', ['require("node:path").posix.sep'], '/'],
];

const typescript: Row[] = [
  [
    'enums',
    ['enum E { A = 1, B = A << 1, C = E.B | 4 } enum S { X = "x" }', '[E.A, E.B, E.C, E[1], S.X]'],
    [1, 2, 6, 'A', 'x'],
  ],
  ['merged enums', ['enum E { A = 1 } enum E { B = A + 1 }', '[E.A, E.B]'], [1, 2]],
  ['const enums', ['const enum E { A = 3 }', 'E.A'], 3],
  [
    'namespaces',
    ['namespace N { export const a = 1; export namespace M { export const b = a + 1 } }', '[N.a, N.M.b]'],
    [1, 2],
  ],
  ['merged namespaces', ['namespace N { export const a = 1 } namespace N { export const b = a + 1 }', 'N.b'], 2],
  ['dotted namespaces', ['namespace A.B { export const c = 1 }', 'A.B.c'], 1],
  ['a namespace uses notebook names', ['const k = 2', 'namespace N { export const v = k * 2 }', 'N.v'], 4],
  ['a namespace of types only', ['namespace T { export interface I { a: 1 } }', '1'], 1],
  ['class and namespace', ['class A {} namespace A { export const x = 1 }', 'A.x'], 1],
  ['function and namespace', ['function f() { return f.x } namespace f { export const x = 1 }', 'f()'], 1],
  ['import alias', ['namespace N { export namespace M { export const v = 1 } }', 'import V = N.M\nV.v'], 1],
  ['import equals require', ['import path = require("node:path")', 'path.posix.sep'], '/'],
  [
    'parameter properties',
    ['class P { constructor(public x: number, private y = 2) {} sum() { return this.x + this.y } }', 'new P(1).sum()'],
    3,
  ],
  [
    'abstract classes, overrides, generics',
    ['abstract class A<T> { abstract m(): T } class B extends A<number> { override m() { return 1 } }', 'new B().m()'],
    1,
  ],
  [
    'overloads',
    ['function f(a: string): string; function f(a: number): number; function f(a: unknown) { return a }', 'f(1)'],
    1,
  ],
  [
    'decorators',
    [
      'const log: string[] = []; function dec(v: unknown, c: { name: string }) { log.push(String(c.name)) }',
      '@dec class A { @dec m() {} @dec f = 1 }',
      'log.join()',
    ],
    'm,f,A',
  ],
  ['accessor', ['class A { accessor x = 1 }', 'const a = new A(); a.x++; a.x'], 2],
  [
    'as, satisfies, !, <T>',
    ['const a = 1 as number; const b = { a } satisfies object; const c = a!; const d = <number>c', '[a, b.a, c, d]'],
    [1, 1, 1, 1],
  ],
  ['calls behind !', ['function f(this: void) { return this }', 'f!()'], undefined],
  [
    'interfaces and types',
    ['interface I { a: number } type T = I["a"]', 'const x: I = { a: 1 }; const t: T = x.a; t'],
    1,
  ],
  ['declare', ['declare const nothing: number; declare function g(): void; declare global { var zz: 1 }', '1'], 1],
  [
    'type predicates and assertions',
    ['function isN(x: unknown): x is number { return typeof x === "number" }', 'isN(1)'],
    true,
  ],
  ['arrow generics', ['const id = <T,>(x: T): T => x; id<number>(1)'], 1],
  [
    'index signatures, optional, readonly',
    ['class A { [k: string]: unknown; readonly a?: number; b!: string } Object.keys(new A())'],
    ['a', 'b'],
  ],
];

describe.each([
  ['results', results],
  ['declarations', declarations],
  ['closures', closures],
  ['references', references],
  ['TypeScript', typescript],
])('%s', (_group, rows) => {
  test.each(rows)('%s', async (_title, cells, value) => {
    expect(await evaluate(...cells)).toEqual(value);
  });
});

describe('imports', () => {
  const counter = () => {
    const module = { count: 1, default: 'd', add: () => void module.count++ };
    return module;
  };

  test('default, named, renamed and namespace', async () => {
    const notebook = new TestNotebook({ m: counter() });
    await notebook.run("import d, { count, add as more } from 'm'\nimport * as ns from 'm'");
    expect(await notebook.run('[d, count, typeof more, ns.count]')).toEqual(['d', 1, 'function', 1]);
  });

  test('bindings are live', async () => {
    const notebook = new TestNotebook({ m: counter() });
    await notebook.run("import { count, add } from 'm'");
    expect(await notebook.run('add(); count')).toBe(2);
  });

  test('an imported name can be redeclared', async () => {
    const notebook = new TestNotebook({ m: counter() });
    await notebook.run("import { count } from 'm'; const f = () => count");
    await notebook.run('const count = 10');
    expect(await notebook.run('f()')).toBe(10);
  });

  test('an import below its use runs first', async () => {
    const notebook = new TestNotebook({ m: counter() });
    expect(await notebook.run("const n = count\nimport { count } from 'm'\nn")).toBe(1);
  });

  test('exports that CommonJS analysis missed', async () => {
    const notebook = new TestNotebook({ m: { default: { hidden: 3 } } });
    expect(await notebook.run("import { hidden } from 'm'\nhidden")).toBe(3);
  });

  test('a name that is not exported fails when it is used, not before', async () => {
    const notebook = new TestNotebook({ m: counter() });
    await notebook.run("import { Shape, count } from 'm'; const s: Shape = count");
    await expect(notebook.run('Shape')).rejects.toThrow("'m' has no export named 'Shape'");
  });

  test('types are not imported', async () => {
    expect(await evaluate("import type { A } from 'no-such-module'; import { type B } from 'nor-this'; 1")).toBe(1);
  });

  test('re-exports run the module', async () => {
    await expect(evaluate("export * from 'no-such-module'")).rejects.toThrow('no-such-module');
  });
});

describe('options', () => {
  const factory =
    'function make(tag: unknown, props: object | null, ...children: unknown[]) { return { tag, props, children } }';

  test('JSX calls React.createElement of the notebook', async () => {
    const notebook = new TestNotebook();
    await notebook.run(
      `${factory}; const React = { createElement: make, Fragment: 'all' }; const A = 'component', n = 1`,
    );
    expect(await notebook.run('<><A n={n} {...{ m: 2 }}>text {n}</A><div /></>')).toEqual({
      tag: 'all',
      props: null,
      children: [
        { tag: 'component', props: { n: 1, m: 2 }, children: ['text ', 1] },
        { tag: 'div', props: null, children: [] },
      ],
    });
  });

  test('JSX with another factory', async () => {
    const notebook = new TestNotebook({}, { jsx: { factory: 'make', fragment: 'Fragment' } });
    await notebook.run(factory);
    expect(await notebook.run('const el = <p id="a">{[1]}</p>\nel')).toEqual({
      tag: 'p',
      props: { id: 'a' },
      children: [[1]],
    });
  });

  test('the older decorators', async () => {
    const notebook = new TestNotebook({}, { legacyDecorators: true });
    await notebook.run('const seen: unknown[] = []; const dec = (target: object, key: string) => { seen.push(key) }');
    expect(await notebook.run('class A { @dec m() {} constructor(private n: number) {} }\nseen')).toEqual(['m']);
  });
});

describe('errors', () => {
  test('an unknown name', async () => {
    await expect(evaluate('nothing')).rejects.toThrow(new ReferenceError('nothing is not defined'));
  });

  test('assignment to a constant of the cell', async () => {
    for (const assignment of ['a = 2', 'a++', '[a] = [2]', '({ a } = { a: 2 })', 'for (a of [1]);']) {
      await expect(evaluate(`const a = 1; ${assignment}`)).rejects.toThrow('Assignment to constant variable.');
    }
  });

  test('what a failing cell declared before it failed stays', async () => {
    const notebook = new TestNotebook();
    await expect(notebook.run('const a = 1; throw new Error("x"); const b = 2')).rejects.toThrow('x');
    expect(await notebook.run('a')).toBe(1);
  });

  test('names declared twice in a cell', async () => {
    for (const source of [
      'let a; let a',
      'const a = 1; var a',
      'class A {} let A',
      'function f() {} const f = 1',
      'enum E {} let E',
    ]) {
      await expect(evaluate(source)).rejects.toThrow('has already been declared');
    }
  });
});
