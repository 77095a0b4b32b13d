// What the checker keeps of cells that ran: a module for each that matters, however often they run.
import { expect, test } from 'vitest';
import { parseCell } from '../../kernel/cell/index.js';
import { Book } from '../../kernel/types/book.js';
import { TypedNotebook } from './types-notebook.js';

/** Runs cells; answers the names of the modules that were written. */
function commit(book: Book, ...sources: string[]): string[] {
  return sources.flatMap((source) => book.commit(parseCell(source), '/folder', [])?.name ?? []);
}

test('a cell that runs again has the same module', () => {
  const book = new Book();
  expect(commit(book, 'const a = 1', 'const b = a', 'const b = a', 'const a = 1', 'const b = a')).toHaveLength(2);
});

test('a cell whose names come from another cell now has another module', () => {
  const book = new Book();
  expect(commit(book, 'const a = 1', 'const b = a', 'const a = "one"', 'const b = a')).toHaveLength(4);
});

test('cells that need each other in turn are no endless chain', () => {
  const book = new Book();
  commit(book, 'const b = [1]');
  const written = Array.from({ length: 500 }, () => commit(book, 'const a = b.slice()', 'const b = a.slice()')).flat();
  expect(written.length).toBeLessThan(20);
});

test('modules that no name comes from are swept, and no others', () => {
  const book = new Book();
  const [base, ...users] = commit(book, 'const base = 1', 'const user = base', 'type Of = typeof user');
  const edits = Array.from({ length: 100 }, (_, edit) => commit(book, `const edited = ${edit} + base`)).flat();
  expect(book.size).toBe(103);
  book.importFresh();
  const swept = book.sweep();
  expect(book.size).toBeLessThan(20);
  for (const needed of [base, ...users, edits.at(-1)]) expect(swept).not.toContain(needed);
  expect(swept).toContain(edits[0]);
  expect(commit(book, 'const base = 1')).toEqual([]);
});

test('cells that change the global scope are new each time', () => {
  const book = new Book();
  const source = 'declare global { interface Array<T> { own: T } }';
  expect(commit(book, source, source)).toHaveLength(2);
});

test('types stay right over many runs and sweeps', async () => {
  const notebook = new TypedNotebook('native');
  await notebook.open();
  await notebook.run('const kept = { answer: 42 }', 'let b = [kept]');
  for (let run = 0; run < 150; run++) {
    const found = await notebook.run(`const a${run % 7} = b.map((each) => ({ ...each, run: ${run} }))`);
    expect(found).toEqual([]);
  }
  expect(await notebook.run('const wrong: string = a3[0]!.answer')).toEqual([
    "1:7 TS2322 Type 'number' is not assignable to type 'string'.",
  ]);
  notebook.close();
});
