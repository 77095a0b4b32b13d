// In a worker thread, which owns the WebGPU device. In: commands. Out: work on the GPU, and answers to those who wait.
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Adapter,
  type Answered,
  answerWith,
  type Command,
  type Launch,
  outOfMemory,
  type Start,
  state,
} from './protocol.js';

/** Words that kernels write where an index is out of range. */
const statusBytes = 16;
/** Groups of bindings kept for each program. */
const keptBindings = 16;

interface Program {
  readonly launches: readonly Launch[];
  readonly arenaBytes: number;
  readonly pipelines: Promise<readonly GPUComputePipeline[]>;
  readonly parameters: GPUBuffer | null;
  /** By the buffers of a run. */
  readonly bindings: Map<string, readonly GPUBindGroup[]>;
}

class Failure extends Error {}

/** The device and everything on it. */
class Server {
  readonly #buffers = new Map<number, GPUBuffer>();
  readonly #programs = new Map<number, Program>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #status: GPUBuffer;
  #arena: GPUBuffer | null = null;
  #staging: GPUBuffer | null = null;
  /** What went wrong since the last answer. */
  #failure: string | null = null;
  #lost: string | null = null;

  constructor(
    readonly device: GPUDevice,
    readonly port: NonNullable<typeof parentPort>,
  ) {
    this.#status = this.#create(statusBytes);
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#failure ??= error instanceof GPUOutOfMemoryError ? `${outOfMemory}: ${error.message}` : error.message;
    });
    void device.lost.then(({ message, reason }) => {
      this.#lost = `${message || 'no message'} (${reason})`;
    });
  }

  #create(bytes: number): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ size: Math.max(16, bytes), usage });
  }
  #buffer(number: number): GPUBuffer {
    const buffer = this.#buffers.get(number);
    if (!buffer) throw new Failure(`there is no buffer ${number}`);
    return buffer;
  }

  /** Carries a command out; who waits for it is answered whatever happens. */
  async serve(command: Command): Promise<void> {
    const answer = 'answer' in command ? command.answer : 'times' in command ? command.times : undefined;
    try {
      if (this.#lost === null) await this.#carryOut(command);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error.message : String(error);
    }
    // A lost device says so in a later turn.
    if (this.#failure !== null && this.#lost === null) await new Promise((resolve) => setTimeout(resolve, 1));
    if (!answer) return;
    const trouble = this.#lost ?? this.#failure;
    if (trouble !== null)
      answerWith(answer, this.#lost === null ? state.failed : state.lost, new TextEncoder().encode(trouble));
    this.#failure = null;
    if (command.kind === 'read' && command.later !== undefined)
      this.port.postMessage({ later: command.later } satisfies Answered);
  }

  async #carryOut(command: Command): Promise<void> {
    switch (command.kind) {
      case 'create':
        this.#buffers.set(command.buffer, this.#create(command.bytes));
        return;
      case 'write':
        this.device.queue.writeBuffer(this.#buffer(command.buffer), 0, command.data);
        return;
      case 'destroy':
        this.#buffer(command.buffer).destroy();
        this.#buffers.delete(command.buffer);
        return;
      case 'program':
        this.#programs.set(command.program, this.#compile(command));
        return;
      case 'forget':
        this.#programs.get(command.program)?.parameters?.destroy();
        this.#programs.delete(command.program);
        return;
      case 'run':
        return this.#run(command);
      case 'read':
        return this.#read(command);
      case 'lose':
        this.device.destroy();
        await this.device.lost;
        return;
      default:
        command satisfies never;
    }
  }

  /** One pipeline for each source, ever. */
  #pipeline({ source, entry }: Launch): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(source);
    if (!pipeline) {
      const module = this.device.createShaderModule({ code: source });
      pipeline = this.device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: entry } });
      this.#pipelines.set(source, pipeline);
    }
    return pipeline;
  }

  #compile({ launches, arenaBytes, parameterBytes }: Command & { kind: 'program' }): Program {
    const pipelines = Promise.all(launches.map((launch) => this.#pipeline(launch)));
    // The run that needs them reports the failure.
    pipelines.catch(() => {});
    const parameters = parameterBytes > 0 ? this.#create(parameterBytes) : null;
    return { launches, arenaBytes, pipelines, parameters, bindings: new Map() };
  }

  /** Scratch memory that all runs share; it grows, and what was bound to the smaller one is bound anew. */
  #scratch(bytes: number): GPUBuffer | null {
    if (bytes > (this.#arena?.size ?? 0)) {
      this.#arena?.destroy();
      this.#arena = this.#create(bytes);
      for (const { bindings } of this.#programs.values()) bindings.clear();
    }
    return this.#arena;
  }

  #bind(
    program: Program,
    pipelines: readonly GPUComputePipeline[],
    buffers: readonly number[],
  ): readonly GPUBindGroup[] {
    const arena = this.#scratch(program.arenaBytes);
    const key = buffers.join();
    const known = program.bindings.get(key);
    if (known) return known;
    const made = program.launches.map((launch, i) => {
      const resources: GPUBufferBinding[] = launch.bindings.map((binding) => {
        if (typeof binding === 'number') return { buffer: this.#buffer(buffers[binding]!) };
        if (!arena) throw new Failure('a kernel needs scratch memory that its program does not have');
        return { buffer: arena, ...binding };
      });
      if (launch.parameters && program.parameters) resources.push({ buffer: program.parameters });
      if (launch.status) resources.push({ buffer: this.#status });
      return this.device.createBindGroup({
        layout: pipelines[i]!.getBindGroupLayout(0),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      });
    });
    if (program.bindings.size >= keptBindings) program.bindings.delete(program.bindings.keys().next().value!);
    program.bindings.set(key, made);
    return made;
  }

  async #run({ program: number, buffers, parameters, times }: Command & { kind: 'run' }): Promise<void> {
    const program = this.#programs.get(number);
    if (!program) throw new Failure(`there is no program ${number}`);
    const pipelines = await program.pipelines;
    const groups = this.#bind(program, pipelines, buffers);
    if (program.parameters) this.device.queue.writeBuffer(program.parameters, 0, parameters);
    const submit = (from: number, to: number): void => {
      const encoder = this.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (let i = from; i < to; i++) {
        pass.setPipeline(pipelines[i]!);
        pass.setBindGroup(0, groups[i]!);
        pass.dispatchWorkgroups(...program.launches[i]!.grid);
      }
      pass.end();
      this.device.queue.submit([encoder.finish()]);
    };
    if (!times) return submit(0, groups.length);
    const nanoseconds = new Float64Array(groups.length);
    await this.device.queue.onSubmittedWorkDone();
    for (let i = 0; i < groups.length; i++) {
      const start = performance.now();
      submit(i, i + 1);
      await this.device.queue.onSubmittedWorkDone();
      nanoseconds[i] = (performance.now() - start) * 1e6;
    }
    answerWith(times, state.done, new Uint8Array(nanoseconds.buffer));
  }

  async #read({ buffer, bytes, answer }: Command & { kind: 'read' }): Promise<void> {
    const total = bytes + statusBytes;
    if (total > (this.#staging?.size ?? 0)) {
      this.#staging?.destroy();
      this.#staging = this.device.createBuffer({
        size: total,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
    }
    const staging = this.#staging!;
    const encoder = this.device.createCommandEncoder();
    if (bytes > 0) encoder.copyBufferToBuffer(this.#buffer(buffer), 0, staging, 0, bytes);
    encoder.copyBufferToBuffer(this.#status, 0, staging, bytes, statusBytes);
    encoder.clearBuffer(this.#status);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, total);
    const found = new Uint8Array(staging.getMappedRange(0, total));
    if (this.#failure === null) answerWith(answer, state.done, found);
    staging.unmap();
  }
}

function describe({ info }: GPUAdapter): Pick<Adapter, 'description' | 'software'> {
  const parts = [info.vendor, info.architecture, info.device, info.description].filter(Boolean);
  const name = info.description || parts.join(' ') || 'an adapter without a name';
  return {
    description: name,
    software: info.isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(parts.join(' ')),
  };
}

/** The largest limits that the adapter has. */
const wanted = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** Kept, for a collected instance takes its devices with it. */
let instance: GPU | null = null;

async function open(port: NonNullable<typeof parentPort>, { answer }: Start): Promise<Server | null> {
  const fail = (message: string): null => {
    answerWith(answer, state.failed, new TextEncoder().encode(message));
    return null;
  };
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    instance = create([]);
  } catch (error) {
    return fail(`package|${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return fail('adapter|no adapter was found');
    const { limits } = adapter;
    const requiredLimits = Object.fromEntries(wanted.map((name) => [name, limits[name]]));
    const device = await adapter.requestDevice({ requiredLimits });
    const found: Adapter = {
      ...describe(adapter),
      largestBuffer: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
      limits: {
        storageBuffers: limits.maxStorageBuffersPerShaderStage,
        workgroupThreads: limits.maxComputeInvocationsPerWorkgroup,
        sharedBytes: limits.maxComputeWorkgroupStorageSize,
        gridPerAxis: limits.maxComputeWorkgroupsPerDimension,
        alignment: limits.minStorageBufferOffsetAlignment,
        f16: false,
        subgroups: false,
      },
    };
    const server = new Server(device, port);
    answerWith(answer, state.done, new TextEncoder().encode(JSON.stringify(found)));
    return server;
  } catch (error) {
    return fail(`device|${error instanceof Error ? error.message : String(error)}`);
  }
}

if (parentPort) {
  const port = parentPort;
  const start: Start = workerData;
  const opened = open(port, start);
  let last: Promise<unknown> = opened;
  port.on('message', (commands: readonly Command[]) => {
    last = last.then(async () => {
      const server = await opened;
      for (const command of commands) await server?.serve(command);
    });
  });
}
