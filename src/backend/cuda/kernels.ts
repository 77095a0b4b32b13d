// In: sources of kernels. Out: functions that the GPU runs; each source is compiled once, those of one request together.
import type { CubinCache } from './cubins.js';
import type { Driver } from './driver.js';
import type { Compiler } from './nvrtc.js';

/** A kernel: its source and the name of its function there. */
export interface KernelSource {
  readonly source: string;
  readonly entry: string;
}

/** Sources as one file: each in a namespace of its own, its function renamed to `k0`, `k1`… */
export function unit(kernels: readonly KernelSource[]): string {
  return kernels
    .map(({ source, entry }, i) => {
      const renamed = source.replace(new RegExp(`\\b${entry}\\b`, 'g'), `k${i}`);
      return `namespace n${i} {\n${renamed}\n}\n`;
    })
    .join('');
}

/** The kernels of this process by their source. */
export class Kernels {
  readonly #known = new Map<string, number>();
  readonly #driver: Driver;
  readonly #compiler: Compiler;
  readonly #cache: CubinCache;
  constructor(driver: Driver, compiler: Compiler, cache: CubinCache) {
    this.#driver = driver;
    this.#compiler = compiler;
    this.#cache = cache;
  }

  /** Handles of the functions, in the order of `kernels`. @throws DeviceError where one does not compile */
  load(kernels: readonly KernelSource[]): number[] {
    const fresh = [
      ...new Map(
        kernels.filter(({ source }) => !this.#known.has(source)).map((kernel) => [kernel.source, kernel]),
      ).values(),
    ];
    if (fresh.length > 0) {
      const text = unit(fresh);
      const { capability } = this.#driver;
      const { version } = this.#compiler;
      const module = this.#cache.get(
        [text, `sm_${capability}`, `nvrtc ${version}`],
        () => this.#compiler.compile(text, capability),
        (code) => this.#driver.module(code),
      );
      fresh.forEach(({ source }, i) => {
        this.#known.set(source, this.#driver.get('cuModuleGetFunction', module, `k${i}`));
      });
    }
    return kernels.map(({ source }) => this.#known.get(source)!);
  }
}
