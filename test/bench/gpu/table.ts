// node dist/test/bench/gpu/table.js OURS PEER: the two lists of measurements side by side, with the goals.
import { readFileSync } from 'node:fs';

interface Row {
  readonly name: string;
  readonly [key: string]: unknown;
}

function rowsOf(path: string | undefined): Map<string, Row> {
  const lines = path ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  return new Map(
    lines.map((line): [string, Row] => {
      const row: Row = JSON.parse(line);
      return [row.name, row];
    }),
  );
}

const number = (row: Row | undefined, key: string): number | undefined => {
  const value = row?.[key];
  return typeof value === 'number' ? value : undefined;
};
const cell = (value: number | undefined): string => (value === undefined ? '–' : value.toPrecision(4)).padStart(11);

const [ours, peer] = [rowsOf(process.argv[2]), rowsOf(process.argv[3])];
const copy = number(peer.get('copy'), 'gbs');
const titles = [
  'ours, ms',
  'kernels, ms',
  'eager, ms',
  'graph, ms',
  'eager÷ours',
  'graph÷ours',
  'TFLOP/s',
  'of copy',
  'first, ms',
];
console.log('workload'.padEnd(32), ...titles.map((title) => title.padStart(11)));
for (const [name, row] of ours) {
  if (row.error !== undefined) {
    console.log(name.padEnd(32), String(row.error).slice(0, 150));
    continue;
  }
  const other = peer.get(name);
  const [ms, eager] = [number(row, 'ms'), number(other, 'eager')];
  const graph = number(other, 'graph') ?? number(peer.get(`${name} compiled`), 'eager');
  const over = (theirs: number | undefined): number | undefined => (ms && theirs ? theirs / ms : undefined);
  const bandwidth = number(row, 'gbs');
  const share = bandwidth && copy ? bandwidth / copy : undefined;
  console.log(
    name.padEnd(32),
    ...[
      ms,
      number(row, 'kernels'),
      eager,
      graph,
      over(eager),
      over(graph),
      number(row, 'tflops'),
      share,
      number(row, 'first'),
    ].map(cell),
  );
}
console.log(`copy of this GPU: ${copy?.toFixed(0) ?? '–'} GB/s, read and written`);
console.log('goals: eager÷ours ≥ 3, graph÷ours ≥ 1; gpt12 ≥ 0.9; products ≥ 0.97; maps and rows ≥ 0.85 of copy');
