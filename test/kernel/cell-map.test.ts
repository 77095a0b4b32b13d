import { SourceMap } from 'node:module';
import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { CellSyntaxError, createCellRuntime, createScope, rewriteCell } from '../../kernel/cell/index.js';

/** Runs a cell that throws; where the first `frames` frames of its stack lie in the cell's text, as `line:column`. */
async function places(source: string, frames = 1): Promise<string[]> {
  const { code, map } = rewriteCell(source, { name: 'Cell [1]', url: 'cell-under-test', scope: new Set() });
  const scope = createScope();
  const failure: unknown = await vm
    .runInThisContext(code, { filename: 'cell-under-test' })(
      scope,
      createCellRuntime(scope, async (specifier) => import(specifier), {}),
    )
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  if (!(failure instanceof Error)) throw new Error(`the cell did not throw an error:\n${code}`);
  const found = [...(failure.stack ?? '').matchAll(/cell-under-test:(\d+):(\d+)/g)].slice(0, frames);
  return found.map(([, line, column]) => {
    const entry = new SourceMap(map).findEntry(Number(line) - 1, Number(column) - 1);
    return 'originalLine' in entry ? `${entry.originalLine + 1}:${entry.originalColumn + 1}` : 'nowhere';
  });
}

/** Each cell throws at `‸`. */
const throwing: [title: string, marked: string][] = [
  ['on the first line', 'throw ‸new Error("x")'],
  ['a constructor in a throw', 'const a = 1;\n\nthrow ‸new Error("x")'],
  ['after types', 'interface A {\n  a: number\n}\ntype B = A\nconst b: B = { a: 1 }; throw ‸new Error("x")'],
  ['an unknown name', 'const a: number = 1\nconst b = a + ‸nothing'],
  ['a member of undefined', 'const o: { a?: { b: number } } = {};\n  o.a!.‸b.toFixed()'],
  ['a call of no function', 'const o: Record<string, () => void> = {};\no.‸f!()'],
  ['in the value', '1;\n[1, 2].map((x: number) => ‸nothing + x)'],
  ['in a template', 'const s = `\n\n${(‸nothing)}`'],
  ['in a default value', 'const { a = ‸nothing } = {}'],
  [
    'beside an enum, which the compiler emits',
    'enum E {\n  A,\n  B,\n}\n\nconst e: E = E.A;\nthrow ‸new Error(String(e))',
  ],
  [
    'beside a decorator',
    'const dec = (v: unknown, c: object) => {}\n\n@dec class A { m(): void {\n    throw ‸new Error("x")\n  } }\nnew A().m()',
  ],
  ['an import that fails', 'const a = 1\n\n‸import { b } from "no-such-module"\nb'],
  ['after characters of two units', 'const e = "😀é"; throw ‸new Error(e)'],
  ['after carriage returns', 'const a = 1;\r\nconst b = 2;\r\nthrow ‸new Error("x")'],
];

describe('places in stacks', () => {
  test.each(throwing)('%s', async (_title, marked) => {
    const at = marked.indexOf('‸');
    const before = marked.slice(0, at).split('\n');
    const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
    const [found] = await places(marked.replace('‸', ''));
    expect(found).toBe(place);
  });

  test('every frame', async () => {
    const source =
      'function inner(n: number): number {\n  throw new Error("x")\n}\nfunction outer() {\n  return 1 + inner(2)\n}\nouter()';
    expect(await places(source, 3)).toEqual(['2:9', '5:14', '7:1']);
  });
});

describe('syntax errors', () => {
  const rows: [source: string, line: number, column: number, message: RegExp][] = [
    ['let = = 3', 1, 7, /expected|declaration/i],
    ['const a = 1\nconst b = (1 + 2', 2, 17, /'\)' expected/],
    ['function f() {\n  return 1\n', 3, 1, /'}' expected/],
    ['"abc', 1, 5, /Unterminated string literal/],
    ['const x: = 1', 1, 10, /Type expected/],
    ['let a = 1\nlet a = 2', 2, 5, /'a' has already been declared/],
    ['1 +', 1, 4, /Expression expected/],
    ['if (true) { } }', 1, 15, /Declaration or statement expected/],
  ];
  test.each(rows)('%j', (source, line, column, message) => {
    let failure: unknown;
    try {
      rewriteCell(source, { name: 'Cell [1]', url: 'cell', scope: new Set() });
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(CellSyntaxError);
    expect(failure).toMatchObject({ line, column, message: expect.stringMatching(message) });
  });

  test('the frame', () => {
    try {
      rewriteCell('const a = 1;\nconst b = = 2;\nconst c = 3;', { name: 'Cell [1]', url: 'cell', scope: new Set() });
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof CellSyntaxError)) throw error;
      expect(error.codeFrame).toBe(
        ['  1 | const a = 1;', '> 2 | const b = = 2;', '    |           ^', '  3 | const c = 3;'].join('\n'),
      );
    }
  });
});
