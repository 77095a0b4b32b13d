// CUDA C, without any header: how NVIDIA's GPUs spell a kernel.
import type { DType } from '../../dtype.js';
import { type Dialect, type FunctionName, type Parts, type Scalar, scalarOf } from './dialect.js';

const types: Record<Scalar, string> = { f32: 'float', f64: 'double', i32: 'int', u32: 'unsigned' };
/** A bool is a byte in memory. */
const inMemory = (dtype: DType): string => (dtype === 'bool' ? 'unsigned char' : scalarOf[dtype]);

/** Four elements that are read and written together. */
const quad = (dtype: DType): string => `${dtype === 'bool' ? 'bool' : scalarOf[dtype]}x4`;
const quadBytes = (dtype: DType): number => (dtype === 'bool' ? 4 : 16);

/** Functions whose names are not those of C. */
const renamed: Partial<Record<FunctionName, string>> = { abs: 'fabs', inverseSqrt: 'rsqrt', round: 'rint' };

function bitsOf(type: 'f32' | 'f64', value: number): string {
  if (type === 'f32') return `__uint_as_float(0x${new Uint32Array(Float32Array.of(value).buffer)[0]!.toString(16)}u)`;
  return `__longlong_as_double(0x${new BigUint64Array(Float64Array.of(value).buffer)[0]!.toString(16)}ll)`;
}

function assemble({ entry, threads, groupsX, folded, ...parts }: Parts): string {
  const parameters = parts.bindings.map(
    ({ name, dtype, writes, quads }) =>
      `${writes ? '' : 'const '}${quads ? quad(dtype) : inMemory(dtype)}* __restrict__ ${name}`,
  );
  if (parts.parameters) parameters.push('const u32* __restrict__ parameters');
  const quads = new Map(parts.bindings.flatMap(({ dtype, quads }) => (quads ? [[quad(dtype), dtype]] : [])));
  if (parts.status) parameters.push('u32* __restrict__ status');
  return [
    ...Object.entries(types).map(([name, type]) => `typedef ${type} ${name};`),
    ...[...quads].map(([name, dtype]) => `struct alignas(${quadBytes(dtype)}) ${name} { ${inMemory(dtype)} at[4]; };`),
    ...parts.helpers.flatMap(({ text }) => ['', text]),
    '',
    `extern "C" __global__ void __launch_bounds__(${threads}) ${entry}(${parameters.join(', ')}) {`,
    ...parts.shared.map(({ name, type, length }) => `  alignas(16) __shared__ ${type} ${name}[${length}];`),
    '  const u32 thread = threadIdx.x;',
    `  const u32 group = ${folded ? `blockIdx.x + ${groupsX}u * blockIdx.y` : 'blockIdx.x'};`,
    parts.body,
    '}',
    '',
  ].join('\n');
}

export const cuda: Dialect = {
  name: 'cuda',
  lacks: new Set(),
  bytesOf: (dtype) => ({ float32: 4, float16: 4, bfloat16: 4, float64: 8, int32: 4, uint32: 4, bool: 1 })[dtype],
  constant: (type, name, value) => `const ${type} ${name} = ${value};`,
  variable: (type, name, value) => `${type} ${name} = ${value};`,
  array: (type, name, length) => `${type} ${name}[${length}];`,
  quad,
  quadVariable: (dtype, name) => `${quad(dtype)} ${name};`,
  member: (vector, index) => `${vector}.at[${index}]`,
  select: (condition, yes, no) => `(${condition} ? ${yes} : ${no})`,
  bits: (value) => `__float_as_uint(${value})`,
  fromBits: (type, bits) => (type === 'f32' ? `__uint_as_float(${bits})` : `i32(${bits})`),
  nonFinite: (type, value) => ({ text: bitsOf(type, value), needs: [] }),
  loaded: (dtype, element) => (dtype === 'bool' ? `i32(${element})` : element),
  stored: (dtype, value) => (dtype === 'bool' ? `(unsigned char)(${value})` : value),
  wideParameter: (at) => `*(const f64*)(parameters + ${at})`,
  isNaN: (type, value) => ({ text: type === 'f32' || type === 'f64' ? `(${value} != ${value})` : 'false', needs: [] }),
  call: (name, type, args) => ({
    text: `${renamed[name] ?? name}${type === 'f32' ? 'f' : ''}(${args.join(', ')})`,
    needs: [],
  }),
  mulHigh: (a, b) => ({ text: `__umulhi(${a}, ${b})`, needs: [] }),
  shuffle: (value, mask) => `__shfl_xor_sync(0xffffffffu, ${value}, ${mask})`,
  barrier: '__syncthreads();',
  unroll: '#pragma unroll',
  helper: (result, name, parameters, body) =>
    `__device__ ${result} ${name}(${parameters.map(([type, parameter]) => `${type} ${parameter}`).join(', ')}) {\n${body}\n}`,
  assemble,
};
