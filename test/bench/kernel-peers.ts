// The kernels that Jupyter would find on this machine, and how each language writes the cells that are measured.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Command } from './kernel-client.js';

/** The cells that are measured; what a kernel cannot do is left out. `n` makes each cell different from the last. */
export interface Snippets {
  declare(n: number): string;
  class(n: number): string;
  schema?: { prepare: string; cell(n: number): string };
  lines: string;
  display?: string;
  endless: { spin: string; pending: string; loop: string; late: string };
  completion: { prepare: string; code: string };
}

export interface Peer {
  readonly name: string;
  readonly command: Command;
  readonly interruptsByMessage: boolean;
  readonly snippets: Snippets;
}

const MEGABYTES_10 = 10 * 2 ** 20;
const TYPESCRIPT: Snippets = {
  declare: (n) => `const v${n} = {a: ${n}, b: 'x${n}', c: [1,2,3]};`,
  class: (n) => `interface Shape${n} { name: string; area(): number }
abstract class Base${n} implements Shape${n} {
  constructor(public readonly name: string) {}
  abstract area(): number;
  describe(): string {
    return \`\${this.name} has area \${this.area().toFixed(2)}\`;
  }
}
class Circle${n} extends Base${n} {
  constructor(private r: number) { super("circle"); }
  area(): number { return Math.PI * this.r ** 2; }
}
class Rect${n} extends Base${n} {
  constructor(private w: number, private h: number) { super("rect"); }
  area(): number { return this.w * this.h; }
}
class Registry${n}<T extends Shape${n}> {
  private items = new Map<string, T>();
  add(item: T): this { this.items.set(item.name, item); return this; }
  get(name: string): T | undefined { return this.items.get(name); }
  total(): number {
    let sum = 0;
    for (const s of this.items.values()) sum += s.area();
    return sum;
  }
}
const reg${n} = new Registry${n}<Base${n}>();
reg${n}.add(new Circle${n}(2)).add(new Rect${n}(3, 4));
const names${n}: string[] = ["circle", "rect"];
names${n}.map((name) => reg${n}.get(name)!.describe());`,
  schema: {
    prepare: `import { z } from 'zod';`,
    cell: (
      n,
    ) => `const S${n} = z.object({ id: z.number(), name: z.string().min(1), tags: z.array(z.enum(['a', 'b', 'c'])),
  nested: z.object({ x: z.number().optional(), y: z.union([z.string(), z.number()]) }) });
const V${n} = S${n}.parse({ id: 1, name: 'n', tags: ['a'], nested: { y: 2 } }); V${n}.nested.y`,
  },
  lines: `for (let i = 0; i < 10000; i++) console.log('line ' + i);`,
  endless: {
    spin: 'while (true) {}',
    pending: 'await new Promise(() => {})',
    loop: 'for (;;) { await new Promise((r) => setTimeout(r, 5)); }',
    late: 'await 1; while (true) {}',
  },
  completion: { prepare: 'const arr = [1, 2, 3];', code: 'arr.ma' },
};
const PYTHON: Snippets = {
  declare: (n) => `v${n} = {'a': ${n}, 'b': 'x${n}', 'c': [1, 2, 3]}`,
  class: (n) => `from abc import ABC, abstractmethod
import math
from typing import Dict, Generic, List, Optional, TypeVar
class Base${n}(ABC):
    def __init__(self, name: str): self.name = name
    @abstractmethod
    def area(self) -> float: ...
    def describe(self) -> str:
        return f"{self.name} has area {self.area():.2f}"
class Circle${n}(Base${n}):
    def __init__(self, r: float):
        super().__init__("circle"); self.r = r
    def area(self) -> float: return math.pi * self.r ** 2
class Rect${n}(Base${n}):
    def __init__(self, w: float, h: float):
        super().__init__("rect"); self.w, self.h = w, h
    def area(self) -> float: return self.w * self.h
T${n} = TypeVar("T${n}", bound=Base${n})
class Registry${n}(Generic[T${n}]):
    def __init__(self): self.items: Dict[str, T${n}] = {}
    def add(self, item: T${n}) -> "Registry${n}":
        self.items[item.name] = item
        return self
    def get(self, name: str) -> Optional[T${n}]: return self.items.get(name)
    def total(self) -> float: return sum(s.area() for s in self.items.values())
reg${n} = Registry${n}()
reg${n}.add(Circle${n}(2)).add(Rect${n}(3, 4))
names${n}: List[str] = ["circle", "rect"]
[reg${n}.get(n).describe() for n in names${n}]`,
  lines: `for i in range(10000): print('line', i)`,
  display: `from IPython.display import display; display({'text/html': 'x' * ${MEGABYTES_10}}, raw=True)`,
  endless: {
    spin: 'while True: pass',
    pending: 'import asyncio\nawait asyncio.Future()',
    loop: 'import asyncio\nwhile True: await asyncio.sleep(0.005)',
    late: 'import asyncio\nawait asyncio.sleep(0)\nwhile True: pass',
  },
  completion: { prepare: 'arr = [1, 2, 3]', code: 'arr.ap' },
};
const OURS: Snippets = { ...TYPESCRIPT, display: `display(html('x'.repeat(${MEGABYTES_10})))` };
/** By kernelspec. */
const PEERS: { readonly [name: string]: Snippets } = {
  python3: PYTHON,
  tslab: { ...TYPESCRIPT, display: `import { display } from 'tslab'; display.html('x'.repeat(${MEGABYTES_10}));` },
  deno: {
    ...TYPESCRIPT,
    schema: { prepare: `import { z } from 'npm:zod@3';`, cell: TYPESCRIPT.schema?.cell ?? (() => '') },
    display: `await Deno.jupyter.display({ 'text/html': 'x'.repeat(${MEGABYTES_10}) }, { raw: true });`,
  },
};

/** This checkout's kernel, built, and its peers. The kernels run in `folder`, whose packages they import. */
export function peers(main: string, folder: string): Peer[] {
  const ours = { argv: [process.execPath, main, 'kernel', '-f', '{connection_file}'], env: process.env, folder };
  const found: Peer[] = [
    { name: 'gradlab', command: ours, interruptsByMessage: true, snippets: withPackages(OURS, folder) },
  ];
  for (const [name, snippets] of Object.entries(PEERS)) {
    const data = dataFolders().find((each) => existsSync(join(each, 'kernels', name, 'kernel.json')));
    if (data === undefined) continue;
    const file = join(data, 'kernels', name, 'kernel.json');
    const spec = JSON.parse(readFileSync(file, 'utf8')) as { argv: string[]; interrupt_mode?: string };
    // A specification of a Python environment names its interpreter by name alone.
    const PATH = [join(dirname(dirname(data)), 'bin'), process.env.PATH].join(delimiter);
    found.push({
      name: name === 'python3' ? 'ipykernel' : name,
      command: { argv: spec.argv, env: { ...process.env, PATH }, folder },
      interruptsByMessage: spec.interrupt_mode === 'message',
      snippets: name === 'deno' ? snippets : withPackages(snippets, folder),
    });
  }
  return found;
}

function withPackages(snippets: Snippets, folder: string): Snippets {
  try {
    createRequire(join(folder, 'notebook.cjs')).resolve('zod');
    return snippets;
  } catch {
    const { schema: _, ...rest } = snippets;
    return rest;
  }
}

function dataFolders(): string[] {
  const given = (process.env.JUPYTER_PATH ?? '').split(delimiter).filter(Boolean);
  const user = process.env.JUPYTER_DATA_DIR ?? join(homedir(), '.local', 'share', 'jupyter');
  const environment = join(process.cwd(), '.venv', 'share', 'jupyter');
  return [...given, environment, user, '/usr/local/share/jupyter', '/usr/share/jupyter'];
}
