// Compiles the C sources here into dist/native/libgradlab-cpu.{so,dylib}: node build.mjs [--force] [--sanitize]. Honours CC.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const force = process.argv.includes('--force');
const sanitize = process.argv.includes('--sanitize');
const out = join(here, '../../../../dist', sanitize ? 'native-sanitized' : 'native');
const isMac = platform() === 'darwin';
const library = join(out, isMac ? 'libgradlab-cpu.dylib' : 'libgradlab-cpu.so');

const isas = {
  x64: {
    avx512: ['-march=x86-64-v4', '-mprefer-vector-width=512'],
    avx2: ['-march=x86-64-v3'],
    base: ['-march=x86-64-v2'],
  },
  arm64: { neon: [] },
}[arch()] ?? { base: [] };

// Compiled once; the rest once per instruction set.
const common = ['api.c', 'compile.c', 'kept.c', 'memory.c', 'opcodes.c', 'program.c', 'render.c', 'render_ops.c', 'threads.c'];
const perIsa = readdirSync(here).filter((name) => name.endsWith('.c') && !common.includes(name));
// No -ffast-math: NaN and infinity must behave. Contraction to fma is the same in every loop, because blocks are padded to whole vectors.
const flags = ['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wall', '-Wextra', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast', '-fwrapv', '-fno-strict-aliasing'];
// Nothing unloads the library before the process ends: its threads would run on in memory that is gone.
const linking = isMac ? ['-dynamiclib'] : ['-shared', '-Wl,-z,nodelete'];
if (sanitize) flags.push('-g', '-fsanitize=address,undefined', '-fno-sanitize=alignment', '-fno-sanitize-recover=undefined');

function findCompiler() {
  const wanted = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  for (const name of wanted) {
    try {
      return { name, version: execFileSync(name, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }) };
    } catch {
      // try the next one
    }
  }
  const hint = isMac ? 'xcode-select --install' : 'apt install gcc (Debian, Ubuntu), dnf install gcc (Fedora), pacman -S gcc (Arch)';
  console.error(`gradlab: no C compiler found (looked for ${wanted.join(', ')}). Install one: ${hint}; or set CC.`);
  process.exit(1);
}

function fingerprint(compiler) {
  const hash = createHash('sha256').update(compiler.version).update(JSON.stringify([flags, linking, isas]));
  for (const name of readdirSync(here).sort()) if (/\.[ch]$/.test(name)) hash.update(name).update(readFileSync(join(here, name)));
  return hash.digest('hex');
}

const run = (command, args) =>
  new Promise((resolve, reject) => {
    execFile(command, args, { cwd: here }, (error, _stdout, stderr) => {
      if (stderr) process.stderr.write(stderr);
      if (error) reject(new Error(`${command} ${args.join(' ')}: exit ${error.code}`));
      else resolve();
    });
  });

async function inParallel(jobs) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

const compiler = findCompiler();
const stamp = join(out, 'fingerprint');
const current = fingerprint(compiler);
if (!force && existsSync(library) && existsSync(stamp) && readFileSync(stamp, 'utf8') === current) process.exit(0);

const objects = join(out, 'objects');
mkdirSync(objects, { recursive: true });
const units = [
  ...common.map((source) => ({ source, object: join(objects, `${source}.o`), extra: [] })),
  ...Object.entries(isas).flatMap(([isa, extra]) =>
    perIsa.map((source) => ({ source, object: join(objects, `${isa}-${source}.o`), extra: [...extra, `-DGL_ISA=${isa}`] })),
  ),
];
try {
  await inParallel(units.map(({ source, object, extra }) => () => run(compiler.name, [...flags, ...extra, '-c', source, '-o', object])));
  // Linked beside and moved over, so that a process that has the old one loaded keeps it.
  const linked = `${library}.new`;
  await run(compiler.name, [...flags, ...linking, '-o', linked, ...units.map((unit) => unit.object), '-lm']);
  renameSync(linked, library);
  writeFileSync(stamp, current);
} catch (error) {
  console.error(`gradlab: the CPU library did not compile.\n${error.message}`);
  process.exit(1);
}
