// The WebGPU device: plans become WGSL that Dawn runs, in a thread of its own so that values can be waited for.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import koffi from 'koffi';
import type { Backend, Executable, Memory } from '../../device.js';
import { DeviceError } from '../../errors.js';
import { optimize } from '../../fuse/optimize.js';
import { schedule } from '../../fuse/schedule.js';
import type { Plan } from '../../plan.js';
import { isProfiling, record } from '../../profile.js';
import { writeParameters } from '../gpu/parameters.js';
import { render } from '../gpu/render.js';
import type { Rendered } from '../gpu/rendered.js';
import { summaries } from '../gpu/summary.js';
import { wgsl } from '../gpu/wgsl.js';
import type { Line } from './line.js';
import { WebgpuMemory } from './memory.js';
import type { Launch } from './protocol.js';

let programs = 0;

/** Lets the worker forget programs that nothing reaches any more. */
const abandoned = new FinalizationRegistry<{ line: Line; program: number }>(({ line, program }) => {
  line.drop({ kind: 'forget', program });
});

class WebgpuExecutable implements Executable {
  readonly kernels: Executable['kernels'];
  readonly #rendered: Rendered;
  /** Leaves and outputs of a run, in the order in which bindings count them. */
  readonly #outside: readonly { readonly leaf?: number; readonly output?: number }[];
  readonly #launches: readonly Launch[];
  readonly #program = programs++;
  /** Where the program is known. */
  #line: Line | null = null;

  constructor(
    plan: Plan,
    readonly memory: WebgpuMemory,
  ) {
    const scheduled = schedule(optimize(plan));
    const rendered = render(scheduled, wgsl, memory.line.adapter.limits);
    memory.needScratch(rendered.memory.bytes);
    this.#rendered = rendered;
    this.kernels = summaries(scheduled, rendered);
    const places = new Map<number, number>();
    this.#outside = scheduled.buffers.filter(({ leaf, output }, i) => {
      if (leaf === undefined && output === undefined) return false;
      places.set(i, places.size);
      return true;
    });
    this.#launches = rendered.dispatches.map(({ kernel, source, entry, grid, parameters, status, bindings }) => ({
      kernel,
      source,
      entry,
      grid,
      parameters,
      status,
      bindings: bindings.map(({ buffer }) => {
        const place = rendered.memory.offsets.get(buffer);
        return place ? { offset: place.offset, size: Math.max(4, place.bytes) } : places.get(buffer)!;
      }),
    }));
  }

  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void {
    if (this.#launches.length === 0) return;
    const { line } = this.memory;
    const program = this.#program;
    const { memory, parameterBytes } = this.#rendered;
    if (this.#line !== line) {
      line.put({ kind: 'program', program, launches: this.#launches, arenaBytes: memory.bytes, parameterBytes });
      this.#line = line;
      abandoned.register(this, { line, program });
    }
    const buffers = this.#outside.map(({ leaf, output = 0 }) =>
      this.memory.numberOf((leaf === undefined ? outputs[output] : leaves[leaf])!),
    );
    const parameters = new Uint8Array(parameterBytes);
    writeParameters(this.#rendered, scalars, new DataView(parameters.buffer));
    const run = { kind: 'run', program, buffers, parameters } as const;
    if (!isProfiling()) return line.put(run);
    const found = line.ask(8 * this.#launches.length, (times) => ({ ...run, times })).slice();
    const nanoseconds = new Float64Array(this.kernels.length);
    new Float64Array(found.buffer).forEach((time, i) => {
      nanoseconds[this.#launches[i]!.kernel]! += time;
    });
    record(this.kernels, nanoseconds);
  }
}

/** Throws DeviceError where Linux has no Vulkan: Dawn would say so on the error stream. */
function needVulkan(): void {
  if (process.platform !== 'linux') return;
  try {
    koffi.load('libvulkan.so.1');
  } catch (cause) {
    throw new DeviceError(
      'webgpu: there is no Vulkan here (libvulkan.so.1)',
      "Install a GPU driver with Vulkan and the package libvulkan1. Until then use device('cpu').",
      { cause },
    );
  }
}

/** Opens the adapter that the system prefers. @throws DeviceError where there is none, or the package `webgpu` is missing */
export function openWebgpu(): Backend {
  needVulkan();
  const memory = new WebgpuMemory();
  const { description, software } = memory.line.adapter;
  return {
    name: 'webgpu',
    description: `webgpu (${description}${software ? ', a processor that stands in for a GPU' : ''})`,
    memory,
    software,
    compile: (plan) => new WebgpuExecutable(plan, memory),
    allocate: (_, length) => memory.array(length),
    scratchBytes: () => memory.scratchBytes,
  };
}

/** Where Linux shows graphics cards. */
const cards = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** A quick look: the package is installed, and there is a card. */
export function seemsPresent(): boolean {
  try {
    createRequire(import.meta.url).resolve('webgpu');
  } catch {
    return false;
  }
  return process.platform !== 'linux' || cards.some((card) => existsSync(card));
}
