// Times of rewriting, checking and completing cells, as medians in milliseconds, and the memory of both processes.
// npx rolldown -p node test/bench/kernel-types.ts --file dist/bench-types.mjs && node dist/bench-types.mjs [native|typescript-6] [cells]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rewriteCell } from '../../kernel/cell/index.js';
import { createChecker } from '../../kernel/types/index.js';

const engine = process.argv[2] === 'typescript-6' ? 'typescript-6' : 'native';
const many = Number(process.argv[3] ?? 0);

const classCell = (i: number): string => `interface Shape${i} { name: string; area(): number }
abstract class Base${i} implements Shape${i} {
  constructor(public readonly name: string) {}
  abstract area(): number;
  describe(): string { return \`\${this.name} has area \${this.area().toFixed(2)}\`; }
}
class Circle${i} extends Base${i} {
  constructor(private r: number) { super("circle"); }
  area(): number { return Math.PI * this.r ** 2; }
}
class Rect${i} extends Base${i} {
  constructor(private w: number, private h: number) { super("rect"); }
  area(): number { return this.w * this.h; }
}
class Registry${i}<T extends Shape${i}> {
  private items = new Map<string, T>();
  add(item: T): this { this.items.set(item.name, item); return this; }
  get(name: string): T | undefined { return this.items.get(name); }
  total(): number { let sum = 0; for (const s of this.items.values()) sum += s.area(); return sum; }
}
const reg${i} = new Registry${i}<Base${i}>();
reg${i}.add(new Circle${i}(2)).add(new Rect${i}(3, 4));
const names${i}: string[] = ["circle", "rect"];
names${i}.map((n) => reg${i}.get(n)!.describe());`;
const zodCell = (i: number): string =>
  `const S${i} = z.object({ id: z.number(), name: z.string().min(1), tags: z.array(z.enum(['a','b','c'])), nested: z.object({ x: z.number().optional(), y: z.union([z.string(), z.number()]) }) });
const V${i} = S${i}.parse({ id: 1, name: 'n', tags: ['a'], nested: { y: 2 } }); V${i}.nested.y`;

const began = performance.now();
const checker = await createChecker({ folder: process.cwd(), engine });
let count = 0;
const declared = new Set<string>();

async function run(source: string): Promise<{ check: number; rewrite: number }> {
  const start = performance.now();
  const { declares } = rewriteCell(source, { name: 'cell', url: 'cell.js', scope: declared });
  const rewritten = performance.now();
  const findings = await checker.check({ id: ++count, source });
  const checked = performance.now();
  const blocking = findings.filter((finding) => finding.blocking);
  if (blocking.length > 0)
    console.error(
      source.slice(0, 60),
      blocking.map(({ message }) => message),
    );
  checker.commit({ id: count, source });
  for (const { name } of declares) declared.add(name);
  return { check: checked - rewritten, rewrite: rewritten - start };
}

async function series(title: string, source: (i: number) => string, repeats: number): Promise<void> {
  const times: { check: number; rewrite: number }[] = [];
  const before = processorTime();
  for (let i = 0; i < repeats; i++) times.push(await run(source(i)));
  const after = processorTime();
  report(
    title,
    'check',
    times.map(({ check }) => check),
  );
  report(
    title,
    'rewrite',
    times.map(({ rewrite }) => rewrite),
  );
  const [own, compiler] = [(after.own - before.own) / repeats, (after.compiler - before.compiler) / repeats];
  console.log(`${' '.repeat(24)} processor ${own.toFixed(2)} here, ${compiler.toFixed(2)} in the compiler, per cell`);
}

/** Milliseconds of processor time so far, which tell more than the clock when others use the machine. Linux only. */
function processorTime(): { own: number; compiler: number } {
  const { user, system } = process.cpuUsage();
  const [pid] = compilerProcess();
  const stat =
    pid === undefined || !existsSync('/proc') ? '' : readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1];
  const fields = (stat ?? '').split(' ').map(Number);
  return { own: (user + system) / 1000, compiler: ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10 };
}

/** Its id and resident kilobytes. */
function compilerProcess(): string[] {
  const lines = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,rss=,comm='])
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => line.trim().split(/\s+/)).find(([, , name]) => name?.startsWith('tsc')) ?? [];
}

function report(title: string, what: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
  console.log(`${title.padEnd(24)} ${what.padEnd(9)} median ${at(0.5).padStart(8)}  p95 ${at(0.95).padStart(8)}`);
}

function memory(): string {
  const own = process.memoryUsage().rss / 2 ** 20;
  const [, resident] = compilerProcess();
  return `${own.toFixed(0)} MB here, ${(Number(resident ?? 0) / 1024).toFixed(0)} MB in the compiler`;
}

console.log(`start                    ${(performance.now() - began).toFixed(0)} ms`);
console.log(`first cell               ${(await run('1 + 1')).check.toFixed(0)} ms; ${memory()}`);
await series('1 + 1', (i) => `${i} + ${i}`, 100);
await series('class of 30 lines', classCell, 30);
await series('type error', (i) => `const bad${i} = "x" as string; bad${i}`, 20);
await series('uses two earlier cells', (i) => `reg${i % 30}.total() + names${(i * 7) % 30}.length`, 30);
await series('uses the last cell', (i) => (i % 2 === 0 ? `const u${i} = ${i};` : `u${i - 1} + 1`), 30);
await series('declaration', (i) => `const v${i} = {a: ${i}, b: 'x${i}', c: [1,2,3]};`, 150);
await series('1 + 1 after', (i) => `${i} + ${i}`, 50);
await series('import zod', (i) => (i === 0 ? "import { z } from 'zod';" : '1'), 1);
await series('zod schema', zodCell, 20);
await run('const arr = [1, 2, 3];');
const completions: number[] = [];
for (let i = 0; i < 30; i++) {
  const start = performance.now();
  await checker.complete(`${' '.repeat(i)}arr.ma`, 6 + i);
  completions.push(performance.now() - start);
}
report('arr.ma|', 'complete', completions);
const hovers: number[] = [];
for (let i = 0; i < 30; i++) {
  const start = performance.now();
  await checker.inspect(`${' '.repeat(i)}arr.map`, 5 + i, 0);
  hovers.push(performance.now() - start);
}
report('arr.ma|p', 'inspect', hovers);
console.log(memory());
if (many > 0) {
  for (let i = 0; i < many; i++) {
    await run(`const w${i} = { n: ${i} }; function fn${i}() { return w${i}.n }`);
    if ((i + 1) % 1000 === 0) {
      console.log(`after ${i + 1} cells`, memory());
      await series('1 + 1', (each) => `${each} + ${i}`, 30);
      await series('uses', (each) => `w${(i * each) % i}.n`, 20);
    }
  }
}
checker.dispose();
