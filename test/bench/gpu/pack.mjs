// node test/bench/gpu/pack.mjs: this Node, the built project and what it imports, packed small into .cache/gpu for run.sh on another machine.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packed = join(root, '.cache', 'gpu');
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });
mkdirSync(packed, { recursive: true });

// The project, with the packages that its own code imports and theirs; the kernel's stay here.
const left = new Set(['typescript', 'typescript-6', 'zeromq', '@types/node', 'vega', 'vega-lite', '@dagrejs/dagre']);
const stage = mkdtempSync(join(tmpdir(), 'gradlab-gpu-'));
const taken = new Set();
function take(name) {
  const folder = join('node_modules', name);
  if (taken.has(name) || left.has(name) || !existsSync(join(root, folder))) return;
  taken.add(name);
  const platform = name.startsWith('@koromix/') && !name.endsWith(`${process.platform}-${process.arch}`);
  if (platform) return;
  cpSync(join(root, folder), join(stage, folder), { recursive: true });
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) take(other);
}
for (const name of Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)) take(name);
for (const part of ['dist/src', 'dist/test', 'dist/native', 'package.json'])
  cpSync(join(root, part), join(stage, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
execFileSync('tar', ['-cJf', join(packed, 'app.tar.xz'), '.'], { cwd: stage, stdio: 'inherit' });
rmSync(stage, { recursive: true });

// Node without its symbols.
const node = join(packed, 'node');
if (!existsSync(`${node}.xz`)) {
  cpSync(process.execPath, node, { dereference: true });
  run('strip', '-s', node);
  run('xz', '-6', '-T0', node);
}
for (const name of readdirSync(packed)) console.log(name, (statSync(join(packed, name)).size / 1e6).toFixed(1), 'MB');
console.log('carry .cache/gpu, and run there: bash test/bench/gpu/run.sh');
