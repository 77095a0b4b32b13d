// The CPU backend's C library through koffi: where it lies, its functions with types, its numbers of kinds and opcodes by name.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi, { type KoffiFunc } from 'koffi';

/** The native library is missing or cannot be loaded; the message says what to run. */
export class NativeLibraryError extends Error {
  override name = 'NativeLibraryError';
}

/** A program failed: an index out of range, a malformed record, no memory. */
export class NativeRunError extends Error {
  override name = 'NativeRunError';
}

/** Operands of one run; all stay referenced until it ends. `profile` receives nanoseconds per record. */
export interface NativeRun {
  readonly program: Int32Array;
  readonly slots: BigUint64Array;
  readonly scalars: Float64Array;
  readonly profile?: Float64Array;
}

/** The loaded library. */
export interface Native {
  /** Instruction set and threads, as `isa=avx512;threads=2`. */
  info(): string;
  /** Instruction sets that this processor runs, best first. */
  readonly isas: readonly string[];
  /** Changes to another instruction set, for tests. @throws NativeRunError where the processor lacks it */
  useIsa(name: string): void;
  /** Number of each opcode by name. */
  readonly opcodes: ReadonlyMap<string, number>;
  /** Number of each kind of kernel by name. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Sets the number of threads (0 only asks) and returns it. */
  threads(count: number): number;
  /** Address of a buffer's first byte; valid while the buffer lives and is not transferred. */
  address(buffer: ArrayBufferLike | ArrayBufferView): bigint;
  /** The same for memory that nothing was written to yet: it gets large pages where it can. */
  freshAddress(buffer: ArrayBufferLike): bigint;
  /** Address of scratch memory of at least `bytes`; a larger request may move it and loses its contents. */
  arena(bytes: number): bigint;
  /** Runs a program on the calling thread. @throws NativeRunError */
  run(run: NativeRun): void;
  /** Runs a program on a worker thread of Node. Rejects with NativeRunError. */
  runAsync(run: NativeRun): Promise<void>;
}

const fileName = process.platform === 'darwin' ? 'libgradlab-cpu.dylib' : 'libgradlab-cpu.so';

/** Path of the library: GRADLAB_NATIVE if set, else dist/native of the package. */
export function libraryPath(): string {
  const chosen = process.env.GRADLAB_NATIVE;
  if (chosen) return chosen;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'dist', 'native', fileName);
}

function numbered(names: string): ReadonlyMap<string, number> {
  return new Map(
    names
      .trim()
      .split(/\s+/)
      .map((name, index) => [name, index]),
  );
}

let loaded: Native | undefined;

/**
 * Loads the library, once per process.
 * @throws NativeLibraryError where there is none, with the command that builds it
 */
export function loadLibrary(): Native {
  loaded ??= open(libraryPath());
  return loaded;
}

function open(path: string): Native {
  if (!existsSync(path)) {
    throw new NativeLibraryError(
      `no native CPU library at ${path}: build it with "npm run build" (needs a C compiler), or choose device "reference"`,
    );
  }
  try {
    return bind(koffi.load(path));
  } catch (cause) {
    throw new NativeLibraryError(`the native CPU library ${path} could not be loaded: ${String(cause)}`, { cause });
  }
}

function bind(library: ReturnType<typeof koffi.load>): Native {
  const info: () => string = library.func('const char *gl_info(void)');
  const isas: () => string = library.func('const char *gl_isas(void)');
  const useIsa: (name: string) => number = library.func('int gl_use_isa(const char *wanted)');
  const opcodes: () => string = library.func('const char *gl_opcodes(void)');
  const kinds: () => string = library.func('const char *gl_kinds(void)');
  const error: () => string = library.func('const char *gl_error(void)');
  const threads: (count: number) => number = library.func('int gl_threads(int n)');
  const address: (buffer: unknown) => number | bigint = library.func('uint64_t gl_address(const void *memory)');
  const freshAddress: (buffer: unknown, bytes: number) => number | bigint = library.func(
    'uint64_t gl_large_address(void *memory, uint64_t bytes)',
  );
  const arena: (bytes: number) => number | bigint = library.func('uint64_t gl_arena(uint64_t bytes)');
  type Operands = [Int32Array, number, BigUint64Array, Float64Array, Float64Array | null];
  const run: KoffiFunc<(...operands: Operands) => number> = library.func(
    'int gl_run(const int32_t *program, int32_t length, const uint64_t *slots, const double *scalars, double *profile)',
  );
  const operands = ({ program, slots, scalars, profile }: NativeRun): Operands => [
    program,
    program.length,
    slots,
    scalars,
    profile ?? null,
  ];
  return {
    info,
    isas: isas().trim().split(' '),
    useIsa(name) {
      if (useIsa(name) !== 0) throw new NativeRunError(error());
    },
    opcodes: numbered(opcodes()),
    kinds: numbered(kinds()),
    threads,
    address: (buffer) => BigInt(address(buffer)),
    freshAddress: (buffer) => BigInt(freshAddress(buffer, buffer.byteLength)),
    arena(bytes) {
      const start = BigInt(arena(bytes));
      if (start === 0n) throw new NativeRunError(error());
      return start;
    },
    run(request) {
      if (run(...operands(request)) !== 0) throw new NativeRunError(error());
    },
    runAsync(request) {
      return new Promise((resolve, reject) => {
        run.async(...operands(request), (failure: unknown, result: number) => {
          // `request` is used here, so that its arrays outlive the run.
          if (failure) reject(failure);
          else if (result !== 0) reject(new NativeRunError(`${error()} (program of ${request.program.length} words)`));
          else resolve();
        });
      });
    },
  };
}
