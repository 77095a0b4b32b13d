// In: a schedule. Out: the schedule with large matrix products apart from what follows them, and how a library is to compute these.
import { bytesPerElement } from '../../dtype.js';
import type { Access, Buffer, ContractKernel, Kernel, LoopKernel, Schedule } from '../../fuse/kernel.js';

/** One operand in memory: `rows` × `columns` by columns, which lie `stride` apart; read transposed or not. */
export interface Operand {
  readonly buffer: number;
  /** First element. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly transposed: boolean;
  /** From one product of the batch to the next. */
  readonly batchStride: number;
}

/** `batch` products of a left and a right factor, written densely by columns. */
export interface Product {
  readonly dtype: 'float32' | 'float64';
  readonly batch: number;
  readonly left: Operand;
  readonly right: Operand;
  readonly result: Operand;
}

type Dim = ContractKernel['dims'][number];

/** Dims of one role as one, where the strides of both operands and the order of the results allow; else null. */
function merged(dims: readonly Dim[], role: Dim['role']): Dim | null {
  const own = dims.filter((d) => d.role === role && d.size !== 1);
  if (own.length === 0) return { role, size: 1, strideA: 0, strideB: 0 };
  return own.reduceRight<Dim | null>((inner, outer, i) => {
    if (i === own.length - 1) return outer;
    if (!inner) return null;
    const { size, strideA, strideB } = inner;
    if (outer.strideA !== size * strideA || outer.strideB !== size * strideB) return null;
    return { role, size: size * outer.size, strideA, strideB };
  }, null);
}

/** A matrix whose element (i, j) lies `strideI`·i + `strideJ`·j away, by columns; null where neither stride is 1. */
function byColumns(
  place: { readonly buffer: number; readonly offset: number },
  [i, strideI]: readonly [number, number],
  [j, strideJ]: readonly [number, number],
  batchStride: number,
): Operand | null {
  if (strideI === 1 || i === 1) {
    const stride = j === 1 ? i : strideJ;
    if (stride >= i) return { ...place, rows: i, columns: j, stride, transposed: false, batchStride };
  }
  if (strideJ === 1 || j === 1) {
    const stride = i === 1 ? j : strideI;
    if (stride >= j) return { ...place, rows: j, columns: i, stride, transposed: true, batchStride };
  }
  return null;
}

/** True where dims come as batch, m, n: then a dense result is a matrix by rows. */
const inOrder = (dims: readonly Dim[]): boolean => {
  const roles = dims.filter(({ role, size }) => role !== 'k' && size !== 1).map(({ role }) => role);
  const place = { batch: 0, m: 1, n: 2, k: 3 };
  return roles.every((role, i) => i === 0 || place[roles[i - 1]!] <= place[role]);
};

/** How a library that thinks by columns computes the product C = A·B into the buffer `to`: as Cᵀ = Bᵀ·Aᵀ. Null where strides do not fit. */
export function productOf({ dims, dtype, a, b }: Omit<ContractKernel, 'after'>, to: number): Product | null {
  if ((dtype !== 'float32' && dtype !== 'float64') || !inOrder(dims)) return null;
  const [batch, m, n, k] = [merged(dims, 'batch'), merged(dims, 'm'), merged(dims, 'n'), merged(dims, 'k')];
  if (!batch || !m || !n || !k) return null;
  // Matrices start where the widest loads of the library may.
  if ((a.offset * bytesPerElement(dtype)) % 16 || (b.offset * bytesPerElement(dtype)) % 16) return null;
  const left = byColumns(b, [n.size, n.strideB], [k.size, k.strideB], batch.strideB);
  const right = byColumns(a, [k.size, k.strideA], [m.size, m.strideA], batch.strideA);
  if (!left || !right) return null;
  const result = byColumns({ buffer: to, offset: 0 }, [n.size, 1], [m.size, n.size], m.size * n.size);
  return result && { dtype, batch: batch.size, left, right, result };
}

const dense = (dims: readonly number[]): number[] => {
  let stride = 1;
  const strides = dims.map(() => 0);
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i]!;
  }
  return strides;
};

/** An access of a contraction's epilogue, without the dims over which it sums. */
function narrowed(access: Access, kept: readonly number[]): Access {
  const pick = (list: readonly number[]): number[] => kept.map((d) => list[d]!);
  const { bounds } = access;
  return {
    ...access,
    strides: pick(access.strides),
    bounds: bounds && { lo: pick(bounds.lo), hi: pick(bounds.hi), fill: bounds.fill },
  };
}

/** True where the epilogue only writes the product, densely, from the start of a buffer. */
function isCopy({ after }: ContractKernel, kept: readonly number[], sizes: readonly number[]): boolean {
  const [output] = after.outputs;
  if (!output || after.outputs.length > 1 || after.instructions.length > 0 || output.register !== 0) return false;
  const { offset, strides, bounds } = narrowed(output.access, kept);
  const wanted = dense(sizes);
  return offset === 0 && bounds === null && strides.every((stride, i) => sizes[i] === 1 || stride === wanted[i]);
}

/** A schedule some of whose kernels a library computes. */
export interface Divided {
  readonly schedule: Schedule;
  /** By the number of the kernel. */
  readonly products: ReadonlyMap<number, Product>;
}

/**
 * Takes products out of their kernels: what followed a product becomes a loop of its own.
 * @param worthwhile whether a library should compute it, by its multiplications.
 */
export function divide({ buffers, kernels }: Schedule, worthwhile: (multiplications: number) => boolean): Divided {
  const allBuffers: Buffer[] = [...buffers];
  const products = new Map<number, Product>();
  const all: Kernel[] = [];
  for (const kernel of kernels) {
    if (kernel.kind !== 'contract' || !worthwhile(kernel.dims.reduce((n, d) => n * d.size, 1))) {
      all.push(kernel);
      continue;
    }
    const kept = kernel.dims.flatMap(({ role }, d) => (role === 'k' ? [] : [d]));
    const sizes = kept.map((d) => kernel.dims[d]!.size);
    const alone = isCopy(kernel, kept, sizes);
    const length = sizes.reduce((a, b) => a * b, 1);
    const to = alone ? kernel.after.outputs[0]!.access.buffer : allBuffers.length;
    const product = productOf(kernel, to);
    if (!product) {
      all.push(kernel);
      continue;
    }
    products.set(all.length, product);
    if (alone) {
      all.push(kernel);
      continue;
    }
    allBuffers.push({ dtype: kernel.dtype, length });
    const wide = kernel.dims.map(() => 0);
    dense(sizes).forEach((stride, i) => {
      wide[kept[i]!] = stride;
    });
    const written = { register: 0, access: { buffer: to, offset: 0, strides: wide, bounds: null } };
    const [register] = kernel.after.registers;
    all.push({
      ...kernel,
      after: { registers: [register!], inputs: [], constants: [], instructions: [], outputs: [written] },
    });
    all.push(epilogue(kernel, kept, sizes, to));
  }
  return { schedule: { buffers: allBuffers, kernels: all }, products };
}

/** What follows a product, as a loop that reads it from memory. */
function epilogue(
  { after }: ContractKernel,
  kept: readonly number[],
  dims: readonly number[],
  from: number,
): LoopKernel {
  const product = { register: 0, access: { buffer: from, offset: 0, strides: dense(dims), bounds: null } };
  const inputs = after.inputs.map(({ register, access }) => ({ register, access: narrowed(access, kept) }));
  const outputs = after.outputs.map(({ register, access }) => ({ register, access: narrowed(access, kept) }));
  return { kind: 'loop', dims, rowDims: 0, program: { ...after, inputs: [product, ...inputs], outputs } };
}
