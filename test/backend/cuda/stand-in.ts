// In: a C++ compiler. Out: the CUDA device on a stand-in driver that runs kernels on this processor, and how tests control it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

const source = fileURLToPath(new URL('stand-in/', import.meta.url));
const names = ['libcuda.so.1', 'libnvrtc.so.13', 'libcublasLt.so.13'];

/** Why there is no stand-in here; null where there is one. */
export function missing(): string | null {
  if (process.platform !== 'linux')
    return `the stand-in for the CUDA driver is made for linux, not ${process.platform}`;
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    return `the stand-in for the CUDA driver knows no fibers on ${process.arch}`;
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'the stand-in for the CUDA driver needs g++';
  }
}

/** What the stand-in pretends, and what it lets go wrong. */
export interface StandIn {
  readonly folder: string;
  set(what: 'version' | 'devices' | 'capability' | 'memory' | 'runs' | 'eager' | 'lost', value: number): void;
  /** Lets the call of `name` after `after` further ones answer `code`; fatal codes stay. */
  fail(name: string, code: number, after?: number): void;
  /** Bytes that are allocated. */
  used(): number;
}

/** Builds the library, once for each state of its source, in the folder for temporary files. */
export function buildStandIn(flags: readonly string[] = []): string {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const name of readdirSync(source).sort()) hash.update(readFileSync(join(source, name)));
  const folder = join(tmpdir(), `gradlab-cuda-stand-in-${process.getuid?.() ?? 0}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const partial = mkdtempSync(`${folder}-`);
  const options = ['-std=c++17', '-O1', '-shared', '-fPIC', ...flags];
  execFileSync('g++', [...options, '-o', join(partial, 'libstand-in.so'), join(source, 'driver.cc'), '-ldl']);
  for (const name of names) symlinkSync('libstand-in.so', join(partial, name));
  try {
    renameSync(partial, folder);
  } catch {
    // Another process was faster.
  }
  return folder;
}

/** Lets this process find the stand-in where it looks for CUDA. Call it before the device is first asked for. */
export function useStandIn(folder = buildStandIn()): StandIn {
  const work = mkdtempSync(join(tmpdir(), 'gradlab-cuda-'));
  mkdirSync(join(work, 'cache'));
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  process.env.GRADLAB_CUDA_PATH = folder;
  process.env.GRADLAB_CACHE = join(work, 'cache');
  process.env.STAND_IN_FOLDER = work;
  process.env.STAND_IN_SOURCE = source;
  const library = koffi.load(join(folder, names[0]!));
  const set: (what: string, value: number) => void = library.func('void stand_in_set(const char *what, int64_t value)');
  const fail: (name: string, code: number, after: number) => void = library.func(
    'void stand_in_fail(const char *name, int code, int after)',
  );
  const used: () => number = library.func('uint64_t stand_in_used()');
  return { folder, set, fail: (name, code, after = 0) => fail(name, code, after), used: () => Number(used()) };
}
