// WGSL: how WebGPU spells a kernel.
import type { DType } from '../../dtype.js';
import { type Dialect, type Parts, scalarOf } from './dialect.js';
import { fromBits, wgslFunction, wgslIsNaN, wgslMulHigh } from './wgsl-math.js';

/** A bool is a u32 in memory: there are no bytes. */
const inMemory = (dtype: DType): string => (dtype === 'bool' ? 'u32' : scalarOf[dtype]);

const quad = (dtype: DType): string => `vec4<${inMemory(dtype)}>`;

const bitsOf = (value: number): string => `0x${new Uint32Array(Float32Array.of(value).buffer)[0]!.toString(16)}u`;

function assemble({ entry, threads, groupsX, folded, ...parts }: Parts): string {
  const lines: string[] = [];
  let place = 0;
  const bind = (access: string, name: string, type: string): void => {
    lines.push(`@group(0) @binding(${place++}) var<storage, ${access}> ${name}: array<${type}>;`);
  };
  for (const { name, dtype, readOnly, quads } of parts.bindings)
    bind(readOnly ? 'read' : 'read_write', name, quads ? quad(dtype) : inMemory(dtype));
  if (parts.parameters) bind('read', 'parameters', 'u32');
  if (parts.status) bind('read_write', 'status', 'u32');
  for (const { name, type, length } of parts.shared) lines.push(`var<workgroup> ${name}: array<${type}, ${length}>;`);
  for (const { text } of parts.helpers) lines.push('', text);
  lines.push(
    '',
    `@compute @workgroup_size(${threads})`,
    `fn ${entry}(@builtin(workgroup_id) groups: vec3u, @builtin(local_invocation_index) thread: u32) {`,
    `  let group = ${folded ? `groups.x + ${groupsX}u * groups.y` : 'groups.x'};`,
    parts.body,
    '}',
    '',
  );
  return lines.join('\n');
}

export const wgsl: Dialect = {
  name: 'webgpu',
  lacks: new Set(['float64']),
  bytesOf: () => 4,
  constant: (type, name, value) => `let ${name}: ${type} = ${value};`,
  variable: (type, name, value) => `var ${name}: ${type} = ${value};`,
  array: (type, name, length) => `var ${name}: array<${type}, ${length}>;`,
  quad,
  quadVariable: (dtype, name) => `var ${name}: ${quad(dtype)};`,
  member: (vector, index) => `${vector}[${index}]`,
  select: (condition, yes, no) => `select(${no}, ${yes}, ${condition})`,
  bits: (value) => `bitcast<u32>(${value})`,
  fromBits: (type, bits) => `bitcast<${type}>(${bits})`,
  nonFinite: (_, value) => ({ text: `from_bits(${bitsOf(value)})`, needs: [fromBits] }),
  loaded: (dtype, element) => (dtype === 'bool' ? `i32(${element})` : element),
  stored: (dtype, value) => (dtype === 'bool' ? `u32(${value})` : value),
  wideParameter: () => {
    throw new Error('WGSL has no float64');
  },
  isNaN: wgslIsNaN,
  call: wgslFunction,
  mulHigh: wgslMulHigh,
  shuffle: (value, mask) => `subgroupShuffleXor(${value}, ${mask})`,
  barrier: 'workgroupBarrier();',
  unroll: '',
  helper: (result, name, parameters, body) =>
    `fn ${name}(${parameters.map(([type, parameter]) => `${parameter}: ${type}`).join(', ')}) -> ${result} {\n${body}\n}`,
  assemble,
};
