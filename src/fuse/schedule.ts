// Plan to schedule: which kernels compute the stored values, in which order.
import { need, ops } from '../ops.js';
import type { Body, Plan, PlanNode } from '../plan.js';
import { sizeOf } from '../shape.js';
import { Emitter, type Memory, MustStore, NoFusion, rowReduction } from './emit.js';
import type {
  Access,
  Buffer,
  ContractKernel,
  Kernel,
  LoopSchedule,
  RoutineKernel,
  ScanKernel,
  Schedule,
} from './kernel.js';
import { planMemory } from './memory.js';
import { optimize } from './optimize.js';
import { type Piece, placePieces, renamed } from './pieces.js';
import { inParts } from './rows.js';
import { StoredChoice } from './stored.js';
import { View } from './view.js';

/** Longest row that is held in registers. */
const longestRow = 16384;
/** Most values that one kernel computes. */
const mostMembers = 48;

/** Something that becomes a kernel: the stored nodes that it computes. */
interface Unit {
  readonly kind: 'loop' | 'reduce' | 'contract' | 'routine' | 'concat' | 'scan';
  /** The node that a contraction, a reduction or a routine is about. */
  readonly head: number;
  nodes: number[];
  /** Elements of the iteration space; for rows their length, else 0. */
  size: number;
  row: number;
  deps: Set<Unit>;
  /** The unit that took this one in. */
  into: Unit | null;
}

/** Memory, and how a node's shape addresses it. */
type Place = ReturnType<Memory['placeOf']>;

class Scheduler {
  readonly #plan: Plan;
  readonly #outputs = new Map<number, number>();
  readonly #copies: { from: number; output: number }[] = [];
  readonly #stored: ReadonlySet<number>;
  /** Pieces that lie inside the concatenation they become part of. */
  readonly #pieces: ReadonlyMap<number, Piece>;
  readonly #leafOf: ReadonlyMap<number, number>;
  /** For each stored node the stored nodes whose computation reads it. */
  readonly #readers = new Map<number, number[]>();
  readonly #units = new Map<number, Unit>();
  readonly #buffers: Buffer[] = [];
  readonly #bufferOf = new Map<number, number>();
  readonly #memory: Memory;

  /** @param hard nodes that earlier attempts found to be needed in memory. */
  constructor(plan: Plan, hard: ReadonlySet<number>) {
    this.#plan = plan;
    this.#leafOf = new Map(plan.leaves.map((i, k) => [i, k]));
    this.#placeOutputs();
    this.#stored = new StoredChoice(plan, [...hard, ...this.#outputs.keys()]).stored;
    this.#pieces = placePieces(plan, this.#stored, (i) => hard.has(i) || this.#outputs.has(i));
    this.#memory = this.#memoryOf(() => true);
  }

  #node(i: number): PlanNode {
    return this.#plan.nodes[i]!;
  }

  /** What a kernel finds in memory: the stored nodes that are `outside` of it. */
  #memoryOf(outside: (i: number) => boolean): Memory {
    return { isStored: (i) => this.#stored.has(i) && outside(i), placeOf: (i) => this.#place(i) };
  }

  #place(i: number): Place {
    const piece = this.#pieces.get(i);
    if (!piece) return { buffer: this.#buffer(i), view: View.dense(this.#node(i).shape) };
    const whole = this.#place(piece.whole);
    const view = whole.view
      .slice(
        piece.start,
        piece.shape.map(() => 1),
        piece.shape,
      )
      .reshape(this.#node(i).shape);
    if (!view) throw new MustStore(i);
    return { buffer: whole.buffer, view };
  }

  /** A view of a stored node or leaf. */
  #operand(i: number): Place {
    if (this.#stored.has(i) || this.#node(i).op === 'data') return this.#place(i);
    const below = this.#node(i).inputs[0]!;
    const { buffer, view } = this.#operand(below);
    const next = view.apply(this.#node(i));
    if (!next) throw new MustStore(below);
    return { buffer, view: next };
  }

  #buffer(i: number): number {
    let buffer = this.#bufferOf.get(i);
    if (buffer === undefined) {
      const { dtype, shape } = this.#node(i);
      const output = this.#outputs.get(i);
      const leaf = this.#leafOf.get(i);
      const place = leaf !== undefined ? { leaf } : output !== undefined ? { output } : {};
      buffer = this.#buffers.push({ dtype, length: sizeOf(shape), ...place }) - 1;
      this.#bufferOf.set(i, buffer);
    }
    return buffer;
  }

  /** The schedule, or the nodes that have to be stored for there to be one. */
  run(): LoopSchedule | Set<number> {
    this.#makeUnits();
    this.#fuseLoops();
    this.#attach();
    const kernels: (Kernel | ScanKernel)[] = [];
    const missing = new Set<number>();
    for (const unit of this.#ordered()) {
      try {
        kernels.push(...this.#kernels(unit));
      } catch (error) {
        if (!(error instanceof MustStore)) throw error;
        missing.add(error.node);
      }
    }
    if (missing.size > 0) return missing;
    for (const { from, output } of this.#copies) kernels.push(this.#copy(from, output));
    return { buffers: this.#buffers, kernels };
  }

  /** An output that only renames a computed value is that value; what is left over is copied at the end. */
  #placeOutputs(): void {
    this.#plan.outputs.forEach((output, k) => {
      let at = output;
      while (this.#node(at).op === 'reshape' && this.#node(this.#node(at).inputs[0]!).op !== 'constant')
        at = this.#node(at).inputs[0]!;
      if (this.#node(at).op === 'data' || this.#outputs.has(at)) this.#copies.push({ from: at, output: k });
      else this.#outputs.set(at, k);
    });
  }

  // — which kernels —

  /** The stored nodes read to compute `i`, through what is computed in passing. */
  #reads(i: number): ReadonlySet<number> {
    const known = this.#readCache.get(i);
    if (known) return known;
    const found = new Set<number>();
    const seen = new Set<number>();
    const visit = (k: number): void => {
      for (const input of this.#node(k).inputs) {
        if (seen.has(input)) continue;
        seen.add(input);
        if (this.#stored.has(input)) found.add(input);
        else visit(input);
      }
    };
    visit(i);
    this.#readCache.set(i, found);
    return found;
  }
  readonly #readCache = new Map<number, ReadonlySet<number>>();

  #makeUnits(): void {
    const { nodes } = this.#plan;
    const scans = new Map<Body, Unit>();
    for (const i of [...this.#stored].sort((a, b) => a - b)) {
      const node = nodes[i]!;
      if (sizeOf(node.shape) === 0) continue;
      const { body } = node.attributes;
      const sibling = body && scans.get(body);
      if (sibling) {
        sibling.nodes.push(i);
        this.#units.set(i, sibling);
        continue;
      }
      const unit: Unit = {
        kind: 'loop',
        head: i,
        nodes: [i],
        size: sizeOf(node.shape),
        row: 0,
        deps: new Set(),
        into: null,
      };
      const kind = ops[node.op].kind;
      if (kind === 'reduce') {
        const input = nodes[node.inputs[0]!]!;
        const axes = need(node.attributes.axes, 'axes');
        const row = axes.reduce((n, axis) => n * input.shape[axis]!, 1);
        const trailing = axes.every((axis, k) => axis === input.shape.length - axes.length + k);
        if (trailing && row <= longestRow && row > 1) Object.assign(unit, { size: unit.size * row, row });
        else Object.assign(unit, { kind: 'reduce' });
      } else if (kind === 'contract') Object.assign(unit, { kind: 'contract' });
      else if (node.op === 'concat') Object.assign(unit, { kind: 'concat' });
      else if (body) {
        Object.assign(unit, { kind: 'scan' });
        scans.set(body, unit);
      } else if (kind === 'routine') Object.assign(unit, { kind: 'routine' });
      for (const read of this.#reads(i)) {
        const from = this.#units.get(read);
        if (from) unit.deps.add(from);
        const readers = this.#readers.get(read);
        if (readers) readers.push(i);
        else this.#readers.set(read, [i]);
      }
      this.#units.set(i, unit);
    }
  }

  #find(unit: Unit): Unit {
    let u = unit;
    while (u.into) u = u.into;
    return u;
  }
  #deps(unit: Unit): Set<Unit> {
    const out = new Set<Unit>();
    for (const dep of unit.deps) out.add(this.#find(dep));
    out.delete(unit);
    unit.deps = out;
    return out;
  }
  /** True if `from` needs `target`, other than directly where `skip` says so. */
  #needs(from: Unit, target: Unit, skipDirect: boolean): boolean {
    const seen = new Set<Unit>();
    const lowest = Math.min(...target.nodes);
    const visit = (unit: Unit, direct: boolean): boolean => {
      for (const dep of this.#deps(unit)) {
        if (dep === target) {
          if (direct && skipDirect) continue;
          return true;
        }
        if (seen.has(dep) || Math.max(...dep.nodes) < lowest) continue;
        seen.add(dep);
        if (visit(dep, false)) return true;
      }
      return false;
    };
    return visit(from, true);
  }

  /** Takes `from` (which `into` reads) into one unit with it. */
  #absorb(into: Unit, from: Unit): void {
    into.nodes = [...from.nodes, ...into.nodes].sort((a, b) => a - b);
    for (const dep of from.deps) into.deps.add(dep);
    from.into = into;
    this.#deps(into);
  }

  #fuseLoops(): void {
    for (const [i, first] of this.#units) {
      if (first.kind !== 'loop') continue;
      for (const read of [...this.#reads(i)].sort((a, b) => b - a)) {
        const from = this.#units.get(read) && this.#find(this.#units.get(read)!);
        const into = this.#find(first);
        if (!from || from === into || from.kind !== 'loop' || from.nodes.length + into.nodes.length > mostMembers)
          continue;
        const space = meet(into, from);
        if (!space || this.#needs(into, from, true)) continue;
        const nodes = [...from.nodes, ...into.nodes].sort((a, b) => a - b);
        if (!this.#fits(() => this.#loop(nodes, space.size, space.row, false))) continue;
        this.#absorb(into, from);
        Object.assign(into, space);
      }
    }
  }

  #fits(build: () => unknown): boolean {
    try {
      build();
      return true;
    } catch (error) {
      if (error instanceof NoFusion || error instanceof MustStore) return false;
      throw error;
    }
  }

  /** Lets contractions and reductions finish with the elementwise work on their result. */
  #attach(): void {
    for (const [i, unit] of this.#units) {
      if (unit.kind !== 'contract' && unit.kind !== 'reduce') continue;
      if (unit.head !== i) continue;
      const size = sizeOf(this.#node(i).shape);
      const readers = new Set<Unit>();
      for (const k of this.#readers.get(i) ?? []) readers.add(this.#find(this.#units.get(k)!));
      for (const reader of readers) {
        if (reader.kind !== 'loop' || reader.row !== 0 || reader.size !== size || this.#needs(reader, unit, true))
          continue;
        if (!this.#fits(() => this.#after(i, reader.nodes, false))) continue;
        const nodes = reader.nodes;
        this.#absorb(reader, unit);
        reader.nodes = nodes;
        Object.assign(reader, { kind: unit.kind, head: i });
        break;
      }
    }
  }

  /** Live units, each after those it needs. */
  #ordered(): Unit[] {
    const out: Unit[] = [];
    const state = new Map<Unit, 'open' | 'done'>();
    const visit = (unit: Unit): void => {
      if (state.get(unit) === 'done') return;
      if (state.get(unit) === 'open') throw new Error('the schedule has a cycle');
      state.set(unit, 'open');
      for (const dep of this.#deps(unit)) visit(dep);
      state.set(unit, 'done');
      out.push(unit);
    };
    for (const unit of this.#units.values()) visit(this.#find(unit));
    return out;
  }

  // — kernels —

  /** True where some other unit, or the caller, needs the value in memory. */
  #isNeeded(i: number, unit: Unit): boolean {
    if (this.#outputs.has(i) || this.#copies.some(({ from }) => from === i)) return true;
    return (this.#readers.get(i) ?? []).some((k) => this.#find(this.#units.get(k)!) !== unit);
  }
  #kernels(unit: Unit): (Kernel | ScanKernel)[] {
    switch (unit.kind) {
      case 'loop':
        return [this.#loop(unit.nodes, unit.size, unit.row, unit)];
      case 'contract':
      case 'reduce':
        return [
          this.#after(
            unit.head,
            unit.nodes.filter((i) => i !== unit.head),
            unit,
          ),
        ];
      case 'concat':
        return this.#concat(unit.head);
      case 'scan':
        return [this.#scan(unit)];
      default:
        return [this.#routine(unit.head)];
    }
  }

  /** The shape that a loop over these nodes has: outer dims, then the row's. */
  #space(nodes: readonly number[], size: number, row: number): { dims: readonly number[]; rowDims: number } {
    for (const i of nodes) {
      const node = this.#node(i);
      if (row === 0 && sizeOf(node.shape) === size) return { dims: node.shape, rowDims: 0 };
      if (row > 0 && ops[node.op].kind === 'reduce') {
        const { shape } = this.#node(node.inputs[0]!);
        const rowDims = need(node.attributes.axes, 'axes').length;
        return { dims: shape, rowDims };
      }
    }
    throw new NoFusion('no node spans the space');
  }

  #loop(nodes: readonly number[], size: number, row: number, unit: Unit | false): Kernel {
    const { dims, rowDims } = this.#space(nodes, size, row);
    const outside = this.#memoryOf((i) => !nodes.includes(i));
    const emitter = new Emitter(this.#plan, outside, dims, rowDims, true);
    for (const i of nodes) emitter.define(i);
    for (const i of nodes) if (!unit || this.#isNeeded(i, unit)) emitter.store(i);
    return { kind: 'loop', dims, rowDims, program: emitter.program };
  }

  /** A contraction or reduction with the elementwise nodes that follow it. */
  #after(head: number, nodes: readonly number[], unit: Unit | false): Kernel {
    const node = this.#node(head);
    const inside = new Set([head, ...nodes]);
    const outside = this.#memoryOf((i) => !inside.has(i));
    const base = ops[node.op].kind === 'contract' ? this.#contraction(head) : null;
    const order = base ? base.dims.flatMap((d, i) => (d.role === 'k' ? [] : [i])) : [];
    const dims = base ? order.map((i) => base.dims[i]!.size) : node.shape;
    const emitter = new Emitter(this.#plan, outside, dims, 0, false);
    emitter.given(head);
    for (const i of nodes) emitter.define(i);
    if (unit) for (const i of inside) if (this.#isNeeded(i, unit)) emitter.store(i);
    const { program } = emitter;
    if (!base) return this.#reduction(head, program, outside);
    const widen = (access: Access): Access => {
      const strides = base.dims.map(() => 0);
      const lo = base.dims.map(() => 0);
      const hi = base.dims.map((d) => d.size);
      order.forEach((at, i) => {
        strides[at] = access.strides[i]!;
        if (access.bounds) [lo[at], hi[at]] = [access.bounds.lo[i]!, access.bounds.hi[i]!];
      });
      return { ...access, strides, bounds: access.bounds && { lo, hi, fill: access.bounds.fill } };
    };
    const after = {
      ...program,
      inputs: program.inputs.map((input) => ({ ...input, access: widen(input.access) })),
      outputs: program.outputs.map((output) => ({ ...output, access: widen(output.access) })),
    };
    return { ...base, after };
  }

  #reduction(head: number, after: ContractKernel['after'], outside: Memory): Kernel {
    const node = this.#node(head);
    const input = this.#node(node.inputs[0]!);
    const axes = need(node.attributes.axes, 'axes');
    const kept = input.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const order = [...kept, ...axes];
    const emitter = new Emitter(
      this.#plan,
      outside,
      order.map((i) => input.shape[i]!),
      0,
      false,
    );
    const register = emitter.expression(node.inputs[0]!, (view) => view.permute(order));
    return {
      kind: 'reduce',
      kept: kept.map((i) => input.shape[i]!),
      reduced: axes.map((i) => input.shape[i]!),
      before: emitter.program,
      reduction: rowReduction(node.op),
      register,
      dtype: node.dtype,
      after,
    };
  }

  #contraction(head: number): Omit<ContractKernel, 'after'> {
    const node = this.#node(head);
    const [p, q] = node.inputs as [number, number];
    const a = this.#operand(p);
    const b = this.#operand(q);
    const at = ({ buffer, view }: Place): { buffer: number; offset: number } => ({ buffer, offset: view.offset });
    if (node.op === 'matmul') {
      const rank = node.shape.length;
      const [sa, sb] = [a.view.strides, b.view.strides];
      const dims: ContractKernel['dims'] = [
        ...node.shape
          .slice(0, -2)
          .map((size, i) => ({ role: 'batch' as const, size, strideA: sa[i]!, strideB: sb[i]! })),
        { role: 'm', size: node.shape[rank - 2]!, strideA: sa[rank - 2]!, strideB: 0 },
        { role: 'n', size: node.shape[rank - 1]!, strideA: 0, strideB: sb[rank - 1]! },
        { role: 'k', size: a.view.shape[rank - 1]!, strideA: sa[rank - 1]!, strideB: sb[rank - 2]! },
      ];
      return { kind: 'contract', dtype: node.dtype, dims, a: at(a), b: at(b) };
    }
    // conv: the weight is A [g, o, c, taps…], the input is B [n, g, c, …]; a tap of a convolution in phases has one more axis.
    const groups = need(node.attributes.groups, 'groups');
    const stride = need(node.attributes.stride, 'stride');
    const dilation = need(node.attributes.dilation, 'dilation');
    const { phases } = node.attributes;
    const outputs = node.shape[1]! / groups;
    const spatial = node.shape.slice(2);
    const channels = b.view.shape[1]!;
    const tapAxis = (i: number): number => 2 + (phases ? 2 * i : i);
    const sw = b.view.strides;
    const sx = a.view.strides;
    const dims: ContractKernel['dims'] = [
      { role: 'n', size: node.shape[0]!, strideA: 0, strideB: sx[0]! },
      { role: 'batch', size: groups, strideA: outputs * sw[0]!, strideB: channels * sx[1]! },
      { role: 'm', size: outputs, strideA: sw[0]!, strideB: 0 },
      ...spatial.flatMap((size, i): ContractKernel['dims'][number][] => {
        const { count, shift } = phases?.[i] ?? { count: 1, shift: 0 };
        const places = { role: 'n' as const, size: size / count, strideA: 0, strideB: stride[i]! * sx[i + 2]! };
        if (!phases) return [places];
        return [places, { role: 'batch', size: count, strideA: sw[tapAxis(i) + 1]!, strideB: shift * sx[i + 2]! }];
      }),
      { role: 'k', size: channels, strideA: sw[1]!, strideB: sx[1]! },
      ...spatial.map((_, i) => ({
        role: 'k' as const,
        size: b.view.shape[tapAxis(i)]!,
        strideA: sw[tapAxis(i)]!,
        strideB: dilation[i]! * sx[i + 2]!,
      })),
    ];
    return { kind: 'contract', dtype: node.dtype, dims, a: at(b), b: at(a) };
  }

  /** Copies what is not written in place already. */
  #concat(head: number): Kernel[] {
    const node = this.#node(head);
    const axis = need(node.attributes.axis, 'axis');
    const { buffer, view: whole } = this.#place(head);
    let from = 0;
    return node.inputs.flatMap((input) => {
      const dims = this.#node(input).shape;
      const start = dims.map((_, d) => (d === axis ? from : 0));
      from += dims[axis]!;
      const there = this.#pieces.get(renamed(this.#plan, this.#stored, input))?.whole === head;
      if (there || sizeOf(dims) === 0) return [];
      const emitter = new Emitter(this.#plan, this.#memory, dims, 0, true);
      const register = emitter.expression(input, (view) => view);
      const { offset, strides } = whole.slice(
        start,
        dims.map(() => 1),
        dims,
      );
      emitter.output(register, { buffer, offset, strides, bounds: null });
      return [{ kind: 'loop' as const, dims, rowDims: 0, program: emitter.program }];
    });
  }

  #routine(head: number): Kernel {
    const node = this.#node(head);
    const access = ({ buffer, view }: Place): Access => ({
      buffer,
      offset: view.offset,
      strides: view.strides,
      bounds: view.bounds,
    });
    const operands = node.inputs.map((input) => {
      const place = this.#operand(input);
      return { access: access(place), shape: place.view.shape, dtype: this.#node(input).dtype };
    });
    const output = access(this.#place(head));
    return {
      kind: 'routine',
      op: node.op as RoutineKernel['op'],
      attributes: node.attributes,
      shape: node.shape,
      dtype: node.dtype,
      operands,
      output,
    };
  }

  /** All results of a loop that are wanted, and what it carries besides in places that take turns. */
  #scan({ nodes, head }: Unit): ScanKernel {
    const { inputs, attributes } = this.#node(head);
    const body = need(attributes.body, 'body');
    const { steps, reverse, carried, scanned } = body;
    const stacks = new Map(nodes.map((i) => [need(this.#node(i).attributes.result, 'result'), i]));
    const results = [
      ...Array.from({ length: carried }, (_, k) => k),
      ...[...stacks.keys()].filter((k) => k >= carried).sort((p, q) => p - q),
    ];
    const wanted = { ...body.plan, outputs: results.map((k) => body.plan.outputs[k]!) };
    const { count, plan } = inParts({ ...body, plan: wanted });
    const inner = schedule(optimize(plan));
    const elements = (i: number): number => sizeOf(plan.nodes[i]!.shape);
    const apart = (i: number): number => (sizeOf(body.plan.nodes[i]!.shape) === elements(i) ? 0 : elements(i));
    const leaves = plan.leaves.map((i, k) => {
      const { buffer, view } = this.#operand(inputs[k]!);
      const step = k < carried || k >= carried + scanned ? 0 : sizeOf(body.plan.nodes[i]!.shape);
      return { buffer, offset: view.offset, step, part: apart(i) };
    });
    const outputs = results.map((k, at) => {
      const i = plan.outputs[at]!;
      const step = sizeOf(body.plan.nodes[i]!.shape);
      const stack = stacks.get(k);
      if (stack !== undefined) return { buffer: this.#buffer(stack), offset: 0, step, part: apart(i), turns: 0 };
      const { dtype } = body.plan.nodes[i]!;
      const buffer = this.#buffers.push({ dtype, length: 2 * step }) - 1;
      return { buffer, offset: 0, step, part: apart(i), turns: 2 };
    });
    const { bytes } = planMemory(inner);
    const scratch = this.#buffers.push({ dtype: 'float32', length: (bytes / 4) * count }) - 1;
    return {
      kind: 'scan',
      steps,
      reverse,
      parts: count,
      body: inner,
      carried,
      scanned,
      leaves,
      outputs,
      scratch,
      scratchBytes: bytes,
    };
  }

  #copy(from: number, output: number): Kernel {
    const { dtype, shape } = this.#node(from);
    const memory: Memory = { isStored: () => true, placeOf: (i) => this.#place(i) };
    const emitter = new Emitter(this.#plan, memory, shape, 0, false);
    const register = emitter.expression(from, (view) => view);
    const buffer = this.#buffers.push({ dtype, length: sizeOf(shape), output }) - 1;
    emitter.output(register, { buffer, offset: 0, strides: View.dense(shape).strides, bounds: null });
    return { kind: 'loop', dims: shape, rowDims: 0, program: emitter.program };
  }
}

/** The iteration space that serves both, or null. */
function meet(a: Unit, b: Unit): { size: number; row: number } | null {
  if (a.row === 0 && b.row === 0) return a.size === b.size ? { size: a.size, row: 0 } : null;
  if (a.row > 0 && b.row > 0) return a.size === b.size && a.row === b.row ? { size: a.size, row: a.row } : null;
  const [rows, map] = a.row > 0 ? [a, b] : [b, a];
  return map.size === rows.size || map.size === rows.size / rows.row ? { size: rows.size, row: rows.row } : null;
}

/** Schedules an optimized plan without loops. */
export function schedule(plan: Plan): Schedule {
  const { buffers, kernels } = scheduleLoops(plan);
  return { buffers, kernels: kernels.filter((kernel) => kernel.kind !== 'scan') };
}

/** Schedules an optimized plan. */
export function scheduleLoops(plan: Plan): LoopSchedule {
  const hard = new Set<number>();
  for (;;) {
    const found = new Scheduler(plan, hard).run();
    if (!(found instanceof Set)) return found;
    for (const node of found) {
      if (hard.has(node)) throw new Error(`node ${node} is stored and still cannot be read`);
      hard.add(node);
    }
  }
}
