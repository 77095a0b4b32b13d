// In: a solution, a function or a value. Out: its text, as a reader would write it.
import { textOf } from './answers.js';

/** A function's source without what the kernel put into it: `$.` before names of other cells, spaces where types were. */
export function sourceOf(solution: unknown): string {
  if (typeof solution !== 'function') return textOf(solution);
  const lines = String(solution)
    .replace(/\$\.(?=[A-Za-z_$])/g, '')
    .split('\n')
    .map((line) =>
      line
        .replace(/(\S) +([,);\]])/g, '$1$2')
        .replace(/(\S) {2,}(?=\S)/g, '$1 ')
        .trimEnd(),
    );
  const [first = '', ...rest] = lines;
  const indent = Math.min(...rest.filter(Boolean).map((line) => line.length - line.trimStart().length));
  // A block ends where its first line began; what only goes on stands further in.
  const inner = /^\s*[)}\]]/.test(rest.at(-1) ?? '') ? '' : '  ';
  return [first, ...rest.map((line) => inner + line.slice(Number.isFinite(indent) ? indent : 0))].join('\n');
}
