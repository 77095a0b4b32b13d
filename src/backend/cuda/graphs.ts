// In: the steps of a program and what each touches. Out: the steps as CUDA graphs, launched in one call.
import type { Driver } from './driver.js';
import type { Addresses, Step } from './step.js';
import type { Stream } from './stream.js';

/** Bytes that a step touches: `memory` names what they lie in. */
export interface Range {
  readonly memory: number;
  readonly from: number;
  readonly to: number;
}

/** For each step those before it that it must wait for: that write what it touches, or read what it writes. */
export function dependencies(steps: readonly Step[], rangeOf: (place: number) => Range): number[][] {
  const touched = steps.map(({ places, writes }) => ({
    all: [...new Set(places)].map(rangeOf),
    written: [...new Set(writes)].map(rangeOf),
  }));
  const meet = (a: readonly Range[], b: readonly Range[]): boolean =>
    a.some((p) => b.some((q) => p.memory === q.memory && p.from < q.to && q.from < p.to));
  const before: Set<number>[] = [];
  return touched.map(({ all, written }, i) => {
    const implied = new Set<number>();
    const direct: number[] = [];
    for (let k = i - 1; k >= 0; k--) {
      if (implied.has(k)) continue;
      const earlier = touched[k]!;
      if (!meet(all, earlier.written) && !meet(written, earlier.all)) continue;
      direct.push(k);
      implied.add(k);
      for (const other of before[k]!) implied.add(other);
    }
    before.push(implied);
    return direct;
  });
}

/** A graph ready to launch, and the addresses that its nodes hold. */
interface Instance {
  readonly handle: number;
  readonly addresses: Addresses;
}

/** The graph that instances are made of; their nodes are named by its. */
interface Template {
  readonly graph: number;
  readonly nodes: readonly number[];
  readonly addresses: Addresses;
}

/** Instances for different sets of addresses: a training loop alternates between few of them. */
const mostInstances = 4;
/** Up to this many nodes are rather changed than a further instance made. */
const fewNodes = 6;

/** The graphs of one program. */
export class Graphs {
  readonly #driver: Driver;
  readonly #stream: Stream;
  readonly #steps: readonly Step[];
  readonly #after: readonly (readonly number[])[];
  /** For each address the steps that take it. */
  readonly #takers: readonly (readonly number[])[];
  #template: Template | null = null;
  #instances: Instance[] = [];

  constructor(
    { driver, stream }: { readonly driver: Driver; readonly stream: Stream },
    steps: readonly Step[],
    after: readonly (readonly number[])[],
    addressCount: number,
  ) {
    this.#driver = driver;
    this.#stream = stream;
    this.#steps = steps;
    this.#after = after;
    const takers: number[][] = Array.from({ length: addressCount }, () => []);
    steps.forEach(({ places }, i) => {
      for (const place of new Set(places)) takers[place]!.push(i);
    });
    this.#takers = takers;
  }

  /** Runs all steps with these addresses. */
  run(addresses: Addresses): void {
    let best: Instance | null = null;
    let stale: ReadonlySet<number> = new Set();
    for (const instance of this.#instances) {
      const found = this.#stale(instance.addresses, addresses);
      if (best && found.size >= stale.size) continue;
      [best, stale] = [instance, found];
      if (found.size === 0) break;
    }
    if (!best || (stale.size > fewNodes && this.#instances.length < mostInstances)) {
      best = this.#make(addresses);
      stale = this.#stale(best.addresses, addresses);
    }
    for (const step of stale) this.#steps[step]!.update(best.handle, this.#template!.nodes[step]!, addresses);
    best.addresses.set(addresses);
    this.#driver.call('cuGraphLaunch', best.handle, this.#stream.handle);
  }

  /** Forgets the graphs: nothing will run them again, or the steps have changed. */
  clear(): void {
    for (const { handle } of this.#instances) this.#driver.discard('cuGraphExecDestroy', handle);
    if (this.#template) this.#driver.discard('cuGraphDestroy', this.#template.graph);
    this.#instances = [];
    this.#template = null;
  }

  /** Steps whose nodes hold other addresses. */
  #stale(held: Addresses, addresses: Addresses): ReadonlySet<number> {
    const stale = new Set<number>();
    for (let place = 0; place < addresses.length; place++)
      if (addresses[place] !== held[place]) for (const step of this.#takers[place]!) stale.add(step);
    return stale;
  }

  #make(addresses: Addresses): Instance {
    this.#template ??= this.#build(addresses);
    const handle = this.#driver.get('cuGraphInstantiateWithFlags', this.#template.graph, 0);
    const instance = { handle, addresses: this.#template.addresses.slice() };
    this.#instances.push(instance);
    return instance;
  }

  #build(addresses: Addresses): Template {
    const graph = this.#driver.get('cuGraphCreate', 0);
    const nodes: number[] = [];
    this.#steps.forEach((step, i) => {
      const after = BigUint64Array.from(this.#after[i]!, (k) => BigInt(nodes[k]!));
      nodes.push(step.add(graph, after, addresses));
    });
    return { graph, nodes, addresses: addresses.slice() };
  }
}
