import { describe, expect, test } from 'vitest';
import { rewriteCell } from '../../kernel/cell/index.js';
import { evaluate } from './cell-notebook.js';

/** Title, a cell in which types must go without a trace, its value. */
const rows: [title: string, cell: string, value: unknown][] = [
  ['as before a parenthesis', 'const f = () => 1\nlet r = f as unknown\n;(r as () => number)()', 1],
  ['as at a line end before a bracket', '{ const a = [3]\n  let b = a as number[]\n  ;[b] = [a]\n}\n1', 1],
  [
    'as at a line end before a parenthesis',
    'let n = 0\nfunction g() { const x = n as any\n(n++)\nreturn x }\n[g(), n]',
    [0, 1],
  ],
  ['as in a returned value', 'function g() { return { a: 1 } as object\n}\ng()', { a: 1 }],
  ['an arrow function with a type over lines', 'const f = (\n  a: number,\n):\n  number\n  => a\nf(2)', 2],
  ['an async arrow with type parameters over lines', 'const f = async <\n  T\n>(a: T): Promise<T> => a\nawait f(2)', 2],
  ['a type assertion over lines in return', 'function g() { return <\n  number\n>5 }\ng()', 5],
  ['a type assertion of an object in an arrow', 'const f = () => <object>{ a: 1 }\nf()', { a: 1 }],
  ['a type assertion after a keyword', 'const o = { a: 1 }; typeof<object>o', 'object'],
  ['satisfies after an object', 'const o = { a: 1 } satisfies object\no.a', 1],
  ['non-null before everything', 'const o: { a?: { b: number[] } } = { a: { b: [1] } }\no.a!.b![0]!++\no!.a!.b', [2]],
  ['non-null in a chain', 'const o: { a?: { b: number } } = {}\no.a?.b!.toFixed', undefined],
  [
    'generic calls',
    'const m = new Map<string, Array<number>>([["a", [1]]])\n;[...m.get("a")!.map<number>((x) => x + 1)]',
    [2],
  ],
  ['instantiation at a line end', 'const f = <T,>(x: T) => x\nlet g = f<number>\n;[g(1)]', [1]],
  ['optional generic call', 'const f = <T,>(x: T) => x\nf?.<number>(1)', 1],
  ['tagged template with types', 'const t = <T,>(s: TemplateStringsArray, ...v: T[]) => v\nt<number>`${1}`', [1]],
  [
    'this parameter alone and first',
    'function f(this: number) { return 1 }\nfunction g(this: void, a: number) { return a }\nf.call(1) + g(2)',
    3,
  ],
  [
    'optional and default parameters',
    'function f(a?: number, b: string = "x", ...c: number[]) { return [a, b, c] }\nf()',
    [undefined, 'x', []],
  ],
  [
    'overloads in classes and blocks',
    'class A { m(a: string): string; m(a: number): number; m(a: unknown) { return a } }\n{ function h(): void; function h(a?: number) {} h() }\nnew A().m(3)',
    3,
  ],
  [
    'abstract members and signatures',
    'abstract class A { abstract a: number; abstract m(): void; protected abstract get g(): number; [k: string]: unknown; declare d: number; x = 1 }\nclass B extends A { a = 2; m() {} get g() { return 1 } }\nObject.keys(new B())',
    ['x', 'a'],
  ],
  [
    'fields without values',
    'class A { a?: number; b!: string; readonly c: number; static s?: string }\nObject.keys(new A())',
    ['a', 'b', 'c'],
  ],
  ['a field called get', 'class A { get: number\n  foo() { return 1 } }\nnew A().foo()', 1],
  [
    'a field called static, of a type',
    'class A { static: number = 4\n  async: string\n  foo() { return this.static } }\nnew A().foo()',
    4,
  ],
  [
    'a public computed member after a field',
    'const k = "z"; class A { x = 1\n  public [k] = 2\n  private *gen() { yield this.z }\n  g() { return [...this.gen()] } z: number = 2 }\nnew A().g()',
    [2],
  ],
  ['a field that ends in as', 'class A { x = [1] as number[]\n  [0] = 2 }\nnew A()[0]', 2],
  [
    'modifiers together',
    'class A { public static readonly a = 1; private static async b() { return 2 } protected override toString() { return "A" } }\n[A.a, String(new A())]',
    [1, 'A'],
  ],
  [
    'getters, setters and constructors',
    'class A { #v: number; constructor(v: number) { this.#v = v } get v(): number { return this.#v } set v(x: number) { this.#v = x } }\nconst a = new A(1); a.v = 2; a.v',
    2,
  ],
  [
    'parameter properties',
    'class A { y = 5; constructor(public a: number, private readonly b = a + 1, c = 0) { this.y += c } s() { return [this.a, this.b, this.y] } }\nnew A(1, undefined, 2).s()',
    [1, 2, 7],
  ],
  [
    'parameter properties in derived classes',
    'class A { constructor(public a: number) {} }\nclass B extends A { constructor(a: number, public b: string) { const c = a * 2; super(c); this.b += "!" } }\nconst { a, b } = new B(1, "x"); [a, b]',
    [2, 'x!'],
  ],
  [
    'parameter properties in a class expression',
    'const C = class<T> { constructor(readonly v: T) {} };\n[new C(1).v, C.name]',
    [1, 'C'],
  ],
  [
    'heritage with types',
    'interface I<T> { t?: T }\nclass A<T> { a!: T }\nclass B<T> extends A<Map<T, T>> implements I<T>, I<number> { b = 1 }\nnew B<string>().b',
    1,
  ],
  ['nested types', 'function f() { interface X { a: 1 } type Y = X["a"]\n  const y: Y = 1\n  return y }\nf()', 1],
  [
    'catch, for and let with types',
    'let out: unknown[] = []\ntry { throw 1 } catch (e: unknown) { out.push(e) }\nfor (const x of [2] as const) out.push(x)\nfor (let i: number = 3, j: number = 4; i < 4; i++) out.push(i + j)\nout',
    [1, 2, 7],
  ],
  [
    'destructuring with types',
    'const { a, b: [c] }: { a: number; b: number[] } = { a: 1, b: [2] }\nfunction f({ x }: { x: number }, [y]: number[]) { return x + y }\nf({ x: a }, [c!])',
    3,
  ],
  [
    'var in a block that ends in as',
    'if (true) {\n  var f = (() => 1) as () => number\n  var g = f as () => number\n  ;[g]\n}\n[f(), f.name]',
    [1, 'f'],
  ],
  ['a named function behind as', 'const f = (() => 1) as () => number\nf.name', 'f'],
  [
    'predicates and assertions',
    'function is(x: unknown): x is number { return true }\nfunction must(x: unknown): asserts x is string {}\nconst u: unknown = 1; must(u); is(u)',
    true,
  ],
  [
    'unique symbols, bigints, template types',
    'const s: unique symbol = Symbol.iterator; type T = `a${string}`; const t: T = "ab"; [typeof s, 1n as bigint, t]',
    ['symbol', 1n, 'ab'],
  ],
  ['less-than is no type', 'const a = 1, b = 2, c = 3; [a < b, b > c]', [true, false]],
  ['comments among types', 'const x /* a */ : /* b */ number /* c */ = /* d */ 1 // e\nx', 1],
  ['an arrow that returns a conditional type', 'const f = (x: number): number extends string ? 1 : 2 => 2\nf(1)', 2],
  [
    'function types with arrows',
    'const f: (a: (b: number) => void) => () => number = (a) => () => 1\nf(() => {})()',
    1,
  ],
  [
    'abstract constructors and imports in types',
    'type C = abstract new () => object; let p: import("node:path").ParsedPath | undefined; p',
    undefined,
  ],
  [
    'nothing but types',
    'interface A { a: 1 }\ntype B = A\nnamespace N { export type T = 1 }\ndeclare const z: number',
    undefined,
  ],
];

describe('types leave no trace', () => {
  test.each(rows)('%s', async (_title, cell, value) => {
    expect(await evaluate(cell)).toEqual(value);
  });

  test('lines stay where they are, and no compiler is asked', () => {
    const source = 'interface A {\n  a: number\n}\nconst x: A = {\n  a: 1,\n} as A\n\n// comment\nx.a';
    const { code } = rewriteCell(source, { name: 'Cell [1]', url: 'cell-1', scope: new Set() });
    expect(code.split('\n')).toHaveLength(source.split('\n').length + 2);
    expect(code.split('\n')[8]).toBe('return { value: ($.x.a) };');
  });
});
