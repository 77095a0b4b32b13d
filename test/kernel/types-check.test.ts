import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, TypedNotebook } from './types-notebook.js';

describe.each(ENGINES)('%s', (engine) => {
  const notebook = new TypedNotebook(engine);
  const put = (path: string, text: string) => {
    const file = join(notebook.folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  };

  beforeAll(async () => {
    await notebook.open();
    notebook.checker.reset();
  });
  afterAll(() => notebook.close());

  /** Title, cells, the last one's findings. */
  const rows: [title: string, cells: string[], findings: string[]][] = [
    ['no error', ['1 + 1'], []],
    [
      'an error at its place',
      ['let a = 1;\nconst b: number =\n  "x";'],
      ["2:7 TS2322 Type 'string' is not assignable to type 'number'."],
    ],
    [
      'code points of two units',
      ['const e = "😀"; const n: number = e'],
      ["1:23 TS2322 Type 'string' is not assignable to type 'number'."],
    ],
    [
      'let keeps its declared type',
      ['let x1 = 1', 'x1 = "a"'],
      ["1:1 TS2322 Type 'string' is not assignable to type 'number'."],
    ],
    ['const keeps its literal type', ['const k = "a"', 'const t: "a" = k'], []],
    ['const is constant', ['const q = 1', 'q = 2'], ["1:1 TS2588 Cannot assign to 'q' because it is a constant."]],
    ['redeclared names have the newest type', ['const r = 1', 'const r = "s"', 'r.length'], []],
    ['an empty array takes anything', ['const xs = []', 'xs.push(1); xs.push("a")'], []],
    ['a parameter without a type', ['const f1 = (p) => p.anything'], []],
    ['functions, overloads, generics', ['function id<T>(x: T): T { return x }', 'id(1).toFixed(); id("a").length'], []],
    [
      'classes are values and types',
      ['class P1<T> { constructor(public v: T) {} }', 'const p1: P1<number> = new P1(1); p1.v.toFixed()'],
      [],
    ],
    [
      'private members',
      ['class S1 { #x = 1; private y = 2 }', 'new S1().y'],
      ["1:10 TS2341 Property 'y' is private and only accessible within class 'S1'."],
    ],
    [
      'interfaces and types with parameters',
      [
        'interface I1<T> { a: T } type M1<T> = { [K in keyof T]: T[K] }',
        'const m: M1<I1<number>> = { a: 1 }; m.a.toFixed()',
      ],
      [],
    ],
    ['enums', ['enum E1 { A, B }', 'const e1: E1 = E1.A; E1[e1].length'], []],
    [
      'namespaces',
      ['namespace N1 { export interface T { a: 1 } export const v = 1 }', 'const n1: N1.T = { a: 1 }; N1.v + n1.a'],
      [],
    ],
    [
      'imported names',
      ["import { join } from 'node:path'; import * as fs from 'node:fs'", 'join(fs.readFileSync("a", "utf8")).length'],
      [],
    ],
    [
      'imported names are checked',
      ["import { resolve } from 'node:path'", 'resolve(1)'],
      ["1:9 TS2345 Argument of type 'number' is not assignable to parameter of type 'string'."],
    ],
    [
      'a name that a module lacks',
      ["import { jion } from 'node:path'"],
      [`1:10 TS2305 Module '"node:path"' has no exported member 'jion'.`],
    ],
    ['imported types', ["import type { ParsedPath } from 'node:path'", 'let pp: ParsedPath'], []],
    [
      'top-level await',
      ['const w = await Promise.resolve(1); for await (const z of [w]) z.toFixed()', 'w.toFixed()'],
      [],
    ],
    ['using', ['using res = { [Symbol.dispose]() {} }'], []],
    ['exports', ['export const ex = 1; export default ex; export { ex as ey }', 'ex.toFixed()'], []],
    ['declare global', ['declare global { var gg: number }', 'gg.toFixed()'], []],
    [
      'node and web globals',
      ['console.log(process.pid, setTimeout, structuredClone, fetch, Buffer, URL, performance.now())'],
      [],
    ],
    [
      'import.meta and require',
      ['import.meta.url.length; import.meta.resolve("a"); require("node:fs").statSync("a")'],
      [],
    ],
    [
      'what the session provides',
      ['display(1).update(2); clearOutput({ wait: true }); html`<b>`; md`a`; (await input("a")).length'],
      [],
    ],
    [
      'what the session provides is checked',
      ['clearOutput(5)'],
      ["1:13 TS2559 Type '5' has no properties in common with type '{ wait?: boolean | undefined; }'."],
    ],
    ['an unknown name', ['nothing + 1'], ["1:1 TS2304 Cannot find name 'nothing'."]],
    [
      'JSX needs its factory',
      ['const React = { createElement(...a: unknown[]) { return a } }', 'const el = <div a={1}></div>'],
      [],
    ],
    [
      'several errors in order',
      ['let z1: string = 1;\nlet z2: string = 2;'],
      [
        "1:5 TS2322 Type 'number' is not assignable to type 'string'.",
        "2:5 TS2322 Type 'number' is not assignable to type 'string'.",
      ],
    ],
    ['unreachable and unused code', ['function unused() { return 1; const a = 2 }'], []],
    ['symbols', ['const sym: unique symbol = Symbol()', 'const os = { [sym]: 1 }; os[sym].toFixed()'], []],
    ['a cell of syntax errors is not checked', ['let = = 3'], []],
  ];
  test.each(rows)('%s', async (_title, cells, findings) => {
    expect(await notebook.run(...cells)).toEqual(findings);
  });

  test('frames show the place', async () => {
    const [finding] = await notebook.check('const ok = 1;\n\tconst bad: string = ok;\nok');
    expect(finding?.frame).toBe(
      ['  1 | const ok = 1;', '> 2 |   const bad: string = ok;', '    |         ^^^', '  3 | ok'].join('\n'),
    );
    expect(finding).toMatchObject({ line: 2, column: 8, endLine: 2, endColumn: 11, blocking: true, category: 'error' });
  });

  test('a package that is not there does not stop the cell', async () => {
    const findings = await notebook.check("import { a } from 'no-such-package'; a.b");
    expect(findings).toMatchObject([{ code: 2307, category: 'warning', blocking: false, line: 1, column: 19 }]);
  });

  test('names that only the session knows', async () => {
    const cell = { id: 900, source: 'known.anything; knownNot' };
    const findings = await notebook.checker.check(cell, { extraNames: ['known', 'not an identifier'] });
    expect(findings.map(({ message }) => message)).toEqual(["Cannot find name 'knownNot'."]);
  });

  test('local modules, also changed, new and nested ones', async () => {
    put('util.ts', "import { deep } from './sub/deep.js'; export const twice = (x: number) => x * deep;");
    put('sub/deep.ts', 'export const deep = 2;');
    put('data.json', '{ "rows": [1, 2] }');
    expect(
      await notebook.run(
        "import { twice } from './util'; import data from './data.json'",
        'twice(data.rows[0]).toFixed()',
      ),
    ).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    put('util.ts', 'export const twice = (x: string) => x + x; export const thrice = 3;');
    expect(await notebook.run('twice(1)')).toEqual([
      "1:7 TS2345 Argument of type 'number' is not assignable to parameter of type 'string'.",
    ]);
    expect(await notebook.run("import { thrice } from './util.ts'; thrice.toFixed()")).toEqual([]);
    expect((await notebook.check("import { late } from './late'"))[0]?.message).toBe(
      "Cannot find module './late' or its corresponding type declarations.",
    );
    put('late.ts', 'export const late = 1;');
    notebook.checker.invalidate();
    expect(await notebook.run("import { late } from './late'", 'late.toFixed()')).toEqual([]);
  });

  test('packages of the folder, also new ones', async () => {
    put(
      'node_modules/typed/package.json',
      '{ "name": "typed", "exports": { ".": { "types": "./main.d.ts" }, "./sub": { "types": "./sub.d.ts" } } }',
    );
    put('node_modules/typed/main.d.ts', 'export declare function greet(name: string): string;');
    put('node_modules/typed/sub.d.ts', 'export declare const sub: number;');
    put('node_modules/untyped/package.json', '{ "name": "untyped", "main": "index.js" }');
    put('node_modules/untyped/index.js', 'module.exports = {}');
    notebook.checker.invalidate();
    expect(await notebook.run("import { greet } from 'typed'; import { sub } from 'typed/sub'", 'greet(sub)')).toEqual([
      "1:7 TS2345 Argument of type 'number' is not assignable to parameter of type 'string'.",
    ]);
    expect(await notebook.check("import u from 'untyped'; u.x")).toMatchObject([{ code: 7016, blocking: false }]);
    rmSync(join(notebook.folder, 'node_modules'), { recursive: true });
    notebook.checker.invalidate();
    expect(await notebook.check("import { greet } from 'typed'")).toMatchObject([{ code: 2307 }]);
  });

  test('this package is always there', async () => {
    expect(await notebook.run("import { display as show } from 'gradlab/kernel'", 'show(1).update(2)')).toEqual([]);
    expect(await notebook.run("import { noSuchThing } from 'gradlab'")).toMatchObject([
      expect.stringContaining('noSuchThing'),
    ]);
  });

  test("the folder's tsconfig.json", async () => {
    expect(await notebook.run('const nn: string = null as string | null')).toHaveLength(1);
    put('tsconfig.json', '{ "compilerOptions": { "strict": false } }');
    notebook.checker.invalidate();
    expect(await notebook.run('const nn: string = null as string | null')).toEqual([]);
    put('tsconfig.json', '{ "compilerOptions": { "strict": true } }');
    notebook.checker.invalidate();
    expect(await notebook.run('const f2 = (p) => p')).toEqual([
      "1:13 TS7006 Parameter 'p' implicitly has an 'any' type.",
    ]);
    rmSync(join(notebook.folder, 'tsconfig.json'));
    notebook.checker.invalidate();
  });

  test('nothing is left on the disk', async () => {
    const other = new TypedNotebook(engine);
    await other.open();
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`gradlab-types-${process.pid}-`));
    const open = folders().length;
    other.close();
    expect(folders()).toHaveLength(open - 1);
  });

  test('cells survive a look at the disk', async () => {
    await notebook.run('const survivor = 1');
    notebook.checker.invalidate();
    expect(await notebook.run('survivor.toFixed()')).toEqual([]);
  });

  test('types of a cell with errors', async () => {
    await notebook.run('const broken: number = "x"; const fine = 2');
    expect(await notebook.run('broken.toFixed() + fine.toFixed()')).toEqual([]);
  });
});

describe('a compiler in another process', () => {
  const notebook = new TypedNotebook('native');
  beforeAll(async () => {
    await notebook.open();
  });
  afterAll(() => notebook.close());

  test('a compiler that was killed is started again', async () => {
    await notebook.run('const before = 1');
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,comm=']).toString();
    const pids = [...children.matchAll(/(\d+) tsc/g)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(1);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await notebook.run('before.nothing')).toEqual(["1:8 TS2339 Property 'nothing' does not exist on type '1'."]);
  });
});
