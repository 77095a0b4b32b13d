import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, TypedNotebook, unmarked } from './types-notebook.js';

describe.each(ENGINES)('%s', (engine) => {
  const notebook = new TypedNotebook(engine);

  beforeAll(async () => {
    await notebook.open();
    mkdirSync(join(notebook.folder, 'data'));
    writeFileSync(join(notebook.folder, 'data', 'train.csv'), '');
    writeFileSync(join(notebook.folder, 'helper.ts'), 'export const help = 1;');
    writeFileSync(join(notebook.folder, 'notes.txt'), '');
    await notebook.run(
      'const arr = [1, 2, 3]; let word = "a"; const o = { "a-b": 1, alpha: 2 }',
      '/** The answer to everything. */\nconst answer = 42;',
      '/**\n * Adds.\n * @param a the first\n */\nfunction add(a: number, b: number) { return a + b }',
      'class Point { constructor(public x: number) {} /** Doubles. */ double() { return this.x * 2 } }\ninterface Shape { sides: number }',
      "import { join as joined } from 'node:path'",
    );
  });
  afterAll(() => notebook.close());

  const rows: [title: string, marked: string, some: string[], none: string[]][] = [
    ['members of a value', 'arr.ma|', ['arr.map'], ['arr.filter']],
    ['members of another type', 'word.to|', ['word.toUpperCase'], []],
    ['members that were not typed yet', 'new Point(1).|', ['new Point(1).x', 'new Point(1).double'], []],
    ['names of earlier cells', 'an|', ['answer'], ['add']],
    ['in any case', 'AN|', ['answer'], []],
    ['names of this cell', 'const local = 1; lo|', ['const local = 1; local'], []],
    ['locals and parameters', 'function f(param: number) { pa|', ['function f(param: number) { param'], []],
    ['classes and interfaces as types', 'let s: Sh|', ['let s: Shape'], []],
    ['keywords', 'aw|', ['await'], []],
    ['globals', 'structured|', ['structuredClone'], []],
    ['what the session provides', 'disp|', ['display'], []],
    ['names only of the session', 'session|', ['sessionOnly'], []],
    ['no names after a dot', 'arr.session|', [], ['arr.sessionOnly']],
    ['what a module exports', "import { bas| } from 'node:path'", ["import { basename } from 'node:path'"], []],
    ['modules', "import fs from 'node:fs/pro|'", ["import fs from 'node:fs/promises'"], []],
    ['local modules', "import { help } from './he|'", ["import { help } from './helper.ts'"], []],
    ['only modules in imports', "import x from './|'", ["import x from './data/'"], ["import x from './notes.txt'"]],
    ['paths in strings', "readFile('./data/t|')", ["readFile('./data/train.csv')"], []],
    ['paths without a dot', "readFile('da|')", ["readFile('data/')"], []],
    ['an open string', "readFile('./no|", ["readFile('./notes.txt"], []],
    [
      'string literals',
      'const s: "left" | "right" = "l|"'.replace(' | ', ' \u0001 '),
      ['const s: "left" \u0001 "right" = "left"'],
      [],
    ],
    ['optional chains', 'const q: { r?: { s: 1 } } = {}; q.r.|', ['const q: { r?: { s: 1 } } = {}; q.r?.s'], []],
    [
      'properties of an argument',
      'function g(a: { option: 1 }) {}; g({ op| })',
      ['function g(a: { option: 1 }) {}; g({ option })'],
      [],
    ],
    ['in the middle of a cell', 'const m = 1\narr.fin|\nm', ['const m = 1\narr.find\nm'], []],
    ['after characters of two units', '"😀"; arr.fl|', ['"😀"; arr.flat'], []],
    ['members of imports', 'joined(wo|)', ['joined(word)'], []],
    ['our own helpers are hidden', '__gr|', [], ['__gradlab_cell1_ts']],
  ];
  test.each(rows)('completes %s', async (_title, marked, some, none) => {
    const found = await complete(marked);
    expect(found).toEqual(expect.arrayContaining(some));
    for (const name of none) expect(found).not.toContain(name);
  });

  async function complete(marked: string): Promise<string[]> {
    const { source, cursor } = unmarked(marked);
    const asked = source.replaceAll('\u0001', '|');
    const { matches, start, end } = await notebook.checker.complete(asked, cursor, { extraNames: ['sessionOnly'] });
    return matches.map(({ text }) => source.slice(0, start) + text + source.slice(end));
  }

  test('kinds and types of completions', async () => {
    const { matches, start, end } = await notebook.checker.complete('arr.ma', 6);
    expect({ start, end }).toEqual({ start: 4, end: 6 });
    expect(matches).toEqual([
      { text: 'map', kind: 'method', signature: expect.stringMatching(/map<U>\(callbackfn: .*\): U\[\]$/) },
    ]);
    const kindOf = async (name: string) => {
      const completions = await notebook.checker.complete(name, name.length);
      return completions.matches.find(({ text }) => text === name)?.kind;
    };
    expect(await kindOf('Point')).toBe('class');
    expect(await kindOf('add')).toBe('function');
    expect(await kindOf('answer')).toMatch(/variable|constant/);
    expect(await kindOf('await')).toBe('keyword');
  });

  const explained: [title: string, marked: string, text: RegExp | undefined][] = [
    ['a constant of an earlier cell, with its comment', 'ans|wer', /^const answer: 42\n+The answer to everything\./],
    ['a function, with its parameters', 'ad|d', /add\(a: number, b: number\): number\n+Adds\.[\s\S]*@param.*the first/],
    ['just behind a name', 'answer|', /^const answer: 42/],
    ['a member', 'arr.ma|p(String)', /map<.*callbackfn[\s\S]*Calls a defined callback function/],
    ['the function whose argument is being typed', 'add(|', /add\(a: number/],
    ['the same with arguments', 'add(1, |', /add\(a: number/],
    ['a name inside a call rather than the call', 'add(ans|wer)', /^const answer/],
    ['a class', 'Po|int', /class Point/],
    ['an interface', 'let s: Sha|pe', /interface Shape/],
    ['an import', 'join|ed("a")', /join(?:ed)?\(\.\.\.paths: string\[\]\): string/],
    ['a global', 'structured|Clone', /structuredClone/],
    ['a variable of this cell', 'const lo|cal = [answer]', /const local: (?:number|42)\[\]/],
    ['nothing for a number', '12|3', undefined],
    ['nothing for nothing', '|', undefined],
    ['nothing for an unknown name', 'nothing|AtAll', undefined],
  ];
  test.each(explained)('explains %s', async (_title, marked, text) => {
    const found = await notebook.inspect(marked);
    if (text === undefined) expect(found ?? 'any').toMatch(/^any$|: any$/);
    else expect(found).toMatch(text);
    expect(found ?? '').not.toContain('__gradlab');
  });

  test('members with more detail', async () => {
    const few = await notebook.inspect('const p = new Point(1); p|', 0);
    const more = await notebook.inspect('const p = new Point(1); p|', 1);
    expect(few).not.toContain('double');
    expect(more).toMatch(/Members[\s\S]*double\(\): number/);
  });

  test('Markdown has a code block', async () => {
    expect((await notebook.checker.inspect('answer', 3, 0))?.markdown).toMatch(/^```typescript\nconst answer: 42\n```/);
  });
});
