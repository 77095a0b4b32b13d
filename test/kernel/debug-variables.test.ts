// The variable inspector: names, types, values, parts and pictures of the notebook's variables, with the debugger off and on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { murmur2 } from '../../kernel/debug/murmur2.js';
import { DebugClient, type Variable, values } from './debug-client.js';

/** From ipykernel's implementation. */
const hashes: [text: string, seed: number, hash: number][] = [
  ['', 0x67726164, 1902846484],
  ['a', 0x67726164, 298375597],
  ['ab', 0xc70f6907, 2805137849],
  ['abc', 0x67726164, 1776143321],
  ['abcd', 0xc70f6907, 804720481],
  ['const a = 1;\nconsole.log(a);', 0x67726164, 3048725479],
  ['größe → 😀\n', 0xc70f6907, 1739045021],
];

test.each(hashes)('MurmurHash2 of %j with the seed %i', (text, seed, hash) => {
  expect(murmur2(text, seed)).toBe(hash);
});

let folder: string;
let debug: DebugClient;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradlab-debug-'));
  debug = await DebugClient.start({ folder });
});
afterAll(async () => {
  await debug.kernel.stop();
  rmSync(folder, { recursive: true });
});

async function inspect(): Promise<Variable[]> {
  return (await debug.body('inspectVariables')).variables as Variable[];
}

async function find(name: string): Promise<Variable> {
  const found = (await inspect()).find((variable) => variable.name === name);
  if (!found) throw new Error(`${name} is not listed`);
  return found;
}

describe('with the debugger off', () => {
  test('says how texts of cells become paths', async () => {
    const info = await debug.body('debugInfo');
    expect(info).toMatchObject({ isStarted: false, hashMethod: 'Murmur2', richRendering: true, copyToGlobals: true });
    const code = 'let größe = "→ 😀";\n';
    const { sourcePath } = await debug.body('dumpCell', { code });
    expect(sourcePath).toBe(`${info.tmpFilePrefix}${murmur2(code, Number(info.hashSeed))}${info.tmpFileSuffix}`);
    expect(await debug.body('source', { source: { path: sourcePath } })).toMatchObject({ content: code });
  });

  test('lists what cells declared, data before code', async () => {
    await debug.kernel.run(`import { basename } from 'node:path';
import * as os from 'node:os';
class Point { #secret = 1; constructor(public x: number, public y: number) {} get length(): number { return Math.hypot(this.x, this.y); } }
function scale(p: Point, by = 2): Point { return new Point(p.x * by, p.y * by); }
const count = 3, half = 0.5, big = 10n, name = 'Ada', yes = true, nothing = null, missing = undefined;
const p = new Point(3, 4);
const words = ['one', 'two'];
const lookup = new Map<unknown, unknown>([['k', { v: 1 }], [2, 'b']]);
const unique = new Set([1, 2]);
const bytes = new Float32Array(1000);
const failing = { get boom(): never { throw new Error('no'); } };
const odd = { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('never'); } };
const guarded = new Proxy({ a: 1 }, { ownKeys() { throw new Error('trap'); } });
const cyclic: { self?: unknown } = {}; cyclic.self = cyclic;`);
    const variables = await inspect();
    const described = Object.fromEntries(variables.map(({ name, type, value }) => [name, `${type} ${value}`]));
    expect(described).toMatchObject({
      count: 'number 3',
      half: 'number 0.5',
      big: 'bigint 10n',
      name: "string 'Ada'",
      yes: 'boolean true',
      nothing: 'null null',
      missing: 'undefined undefined',
      p: 'Point Point { x: 3, y: 4 }',
      words: "Array(2) [ 'one', 'two' ]",
      unique: 'Set(2) Set(2) { 1, 2 }',
      scale: 'function scale(p, by = 2)',
      Point: 'class class Point',
      basename: expect.stringMatching(/^function basename\(/),
    });
    expect(described.odd).toMatch(/cannot be shown/);
    expect(described.guarded).toMatch(/^Proxy /);
    const names = variables.map(({ name: each }) => each);
    expect(names.indexOf('cyclic')).toBeLessThan(names.indexOf('scale'));
    expect(names.indexOf('cyclic')).toBeLessThan(names.indexOf('os'));
  });

  test('lists the parts of values, in pages and in ranges', async () => {
    expect(values(await debug.variables((await find('words')).variablesReference))).toEqual({ 0: "'one'", 1: "'two'" });
    const lookup = await find('lookup');
    const [entry] = await debug.variables(lookup.variablesReference, { filter: 'indexed', start: 0, count: 1 });
    expect(entry).toMatchObject({ name: "'k'", value: '{ v: 1 }', evaluateName: 'lookup.get("k")' });
    expect(values(await debug.variables(entry?.variablesReference ?? 0))).toEqual({ v: '1' });

    const bytes = await find('bytes');
    expect(bytes).toMatchObject({ type: 'Float32Array(1000)', indexedVariables: 1000 });
    const page = await debug.variables(bytes.variablesReference, { filter: 'indexed', start: 990, count: 20 });
    expect(page.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, index) => String(990 + index)));
    const ranges = await debug.variables(bytes.variablesReference);
    expect(ranges.map(({ name }) => name).slice(0, 10)).toEqual(
      Array.from({ length: 10 }, (_, index) => `[${index * 100} … ${index * 100 + 99}]`),
    );
    expect(await debug.variables(ranges[9]?.variablesReference ?? 0)).toHaveLength(100);

    const [x, y, length] = await debug.variables((await find('p')).variablesReference);
    expect([x?.value, y?.value, length?.value]).toEqual(['3', '4', '(…)']);
    expect(values(await debug.variables(length?.variablesReference ?? 0))).toEqual({ length: '5' });
    const [boom] = await debug.variables((await find('failing')).variablesReference);
    expect((await debug.variables(boom?.variablesReference ?? 0))[0]?.value).toMatch(/Error: no/);
    expect(await debug.variables(999_999)).toEqual([]);
    expect(await debug.variables(0)).toEqual([]);
  });

  test('shows tensors by their own text and picture', async () => {
    await debug.kernel.run("import { tensor } from 'gradlab';\nconst t = tensor([[1, 2], [3, 4]]);");
    const t = await find('t');
    expect(t.type).toMatch(/^Tensor float32\[2, 2\]$/);
    expect(t.value).toMatch(/1, 2.*3, 4/);
    const { data } = await debug.body('richInspectVariables', { variableName: 't' });
    expect(Object.keys(data as object)).toEqual(expect.arrayContaining(['text/plain', 'text/html']));
    expect(await debug.body('richInspectVariables', { variableName: 't.sum().item()' })).toMatchObject({
      data: { 'text/plain': '10' },
    });
    expect(await debug.failure('richInspectVariables', { variableName: 'nobody' })).toMatch(/nobody is not defined/);
  });

  test('evaluates, awaiting what takes time, and copies', async () => {
    expect(await debug.evaluate('const waited: number = await Promise.resolve(20); waited + 1')).toBe('21');
    expect((await debug.kernel.run('waited * 2')).result).toBe('40');
    await debug.body('copyToGlobals', { srcVariableName: 'words', dstVariableName: 'wordsToo' });
    expect((await debug.kernel.run('wordsToo.length')).result).toBe('2');
    expect(await debug.failure('copyToGlobals', { srcVariableName: '1 + 1', dstVariableName: 'x' })).toMatch(/name/);
    expect(await debug.failure('setBreakpoints', { source: { path: 'x' }, breakpoints: [] })).toMatch(/attach/);
  });

  test('looks at a cell that runs without running its code', async () => {
    const cell = debug.kernel.execute(`let touched = 0;
const touchy = { get a() { touched += 1; return 1; }, [Symbol.for('nodejs.util.inspect.custom')]() { touched += 1; return 'x'; } };
console.log('runs');
while (true);`);
    await debug.kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
    expect((await inspect()).map(({ name }) => name)).toContain('touchy');
    debug.kernel.send('control', 'interrupt_request', {});
    await debug.kernel.finished(cell);
    expect((await debug.kernel.run('touched')).result).toBe('0');
  });

  test('forgets what %reset forgets', async () => {
    await debug.kernel.run('%reset');
    expect(await inspect()).toEqual([]);
  });
});

describe('in JupyterLab', () => {
  test('scalars have types whose values it shows', async () => {
    await debug.attach('jupyterlab');
    await debug.kernel.run("const i = 7, f = 7.5, s = 'seven', b = true, n = 7n, o = { a: 1 };");
    const types = Object.fromEntries((await inspect()).map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({ i: 'int', f: 'float', s: 'str', b: 'bool', n: 'str', o: 'Object' });
  });

  test('what is published for a running cell does not ask for another debug request', async () => {
    const cell = debug.kernel.execute('await new Promise<void>((resolve) => setTimeout(resolve, 200));');
    await debug.kernel.until(({ type, parent }) => type === 'execute_input' && parent === cell);
    const before = debug.kernel.messages.length;
    await inspect();
    const published = debug.kernel.messages.slice(before).filter(({ parent }) => parent === cell);
    expect(published).toEqual([]);
    await debug.kernel.finished(cell);
  });

  test.each<[what: string, file: string, text: string, line: number]>([
    ['JavaScript', 'greet.mjs', 'export function greet(name) {\n  return "hello " + name;\n}\n', 2],
    [
      'TypeScript',
      'welcome.ts',
      'interface Named {\n  name: string;\n}\n\nexport function greet(name: Named["name"]): string {\n  return "hello " + name;\n}\n',
      6,
    ],
  ])('imported files of %s are modules, with breakpoints of their own', async (_what, file, text, line) => {
    const path = join(folder, file);
    writeFileSync(path, text);
    const condition = 'name === "Ada"';
    // Before it is loaded, and again when it is.
    for (const greeting of ['first', 'second']) {
      await debug.body('setBreakpoints', { source: { path }, breakpoints: [{ line, condition }] });
      const cell = debug.kernel.execute(
        `import { greet } from './${file}';\n'${greeting}' + greet('Bob') + greet('Ada')`,
      );
      const { at, frames } = await debug.stop();
      expect(at[0]).toBe(`greet:${line}`);
      expect(frames[0]?.source).toMatchObject({ name: file, path });
      expect(await debug.scopes(frames[0]?.id ?? 0)).toMatchObject({ Locals: { name: "'Ada'" } });
      await debug.continue();
      expect((await debug.kernel.finished(cell)).result).toBe(`'${greeting}hello Bobhello Ada'`);
    }
    const { modules } = await debug.body('modules');
    expect(modules).toContainEqual(expect.objectContaining({ path }));
    expect(JSON.stringify(modules)).not.toMatch(/dist\/(src|kernel)/);
    expect(await debug.body('source', { source: { path } })).toMatchObject({ content: text });
  });
});
