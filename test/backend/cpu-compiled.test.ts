// Random elementwise and row programs, run whole, give the bits that their instructions give one at a time: with machine code and without.
import { expect, test } from 'vitest';
import { type DType, dense, type Instruction, type Numbers, Program, randomFrom } from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

type Kind = 'full' | 'row';
interface Register {
  dtype: 'f32' | 'i32';
  kind: Kind;
}
type Signature = [operands: ('f32' | 'i32')[], result: 'f32' | 'i32'];
const unary: Signature = [['f32'], 'f32'];
const binary: Signature = [['f32', 'f32'], 'f32'];
const comparison: Signature = [['f32', 'f32'], 'i32'];
const integer: Signature = [['i32', 'i32'], 'i32'];
const signatures: Record<string, Signature> = {
  ...Object.fromEntries(['add', 'sub', 'mul', 'div', 'max', 'min'].map((name) => [`${name}_f32`, binary])),
  ...Object.fromEntries(['lt', 'le', 'eq', 'ne'].map((name) => [`${name}_f32`, comparison])),
  ...Object.fromEntries(
    ['relu', 'neg', 'abs', 'sign', 'sqrt', 'rsqrt', 'recip', 'exp', 'tanh', 'sigmoid', 'floor', 'log', 'sin'].map(
      (name) => [`${name}_f32`, unary],
    ),
  ),
  fma_f32: [['f32', 'f32', 'f32'], 'f32'],
  mov: [['f32'], 'f32'],
  where: [['i32', 'f32', 'f32'], 'f32'],
  isnan_f32: [['f32'], 'i32'],
  cast_f32_bool: [['f32'], 'i32'],
  cast_bool_f32: [['i32'], 'f32'],
  cast_i32_f32: [['i32'], 'f32'],
  not_bool: [['i32'], 'i32'],
  ...Object.fromEntries(['and', 'or', 'xor', 'add', 'mul', 'lt', 'shr', 'max'].map((name) => [`${name}_i32`, integer])),
};
const reductions = ['rsum', 'rmax', 'rmin'];
const arrays = { f32: Float32Array, i32: Int32Array };

interface Sample {
  dims: [rows: number, length: number];
  registers: Register[];
  inputs: { data: Numbers; strides: number[] }[];
  constants: [number, DType][];
  code: Instruction[];
  outputs: number[];
}

/** Inputs, constants, then as many temporaries as make some programs run out of vector registers. */
function sample(random: () => number, dims: [number, number], rows: boolean): Sample {
  const below = (n: number): number => Math.floor(random() * n);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const [n, length] = dims;
  const special = [0, -0, Infinity, -Infinity, Number.NaN, 1e-40, 3e38, -100];
  const number = (): number => (below(40) === 0 ? one(special) : random() * 8 - 4);
  const inputs = Array.from({ length: 1 + below(9) }, (_, i) =>
    i % 4 === 3
      ? { data: Float32Array.of(number()), strides: [0, 0] }
      : { data: Float32Array.from({ length: n * length }, number), strides: [length, 1] },
  );
  const constants = Array.from({ length: below(9) }, (): [number, DType] => [Math.fround(number()), 'f32']);
  const registers: Register[] = [...inputs, ...constants].map(() => ({ dtype: 'f32', kind: 'full' }));
  const first = registers.length;
  for (let t = 2 + below(50); t > 0; t--) {
    registers.push({ dtype: t % 4 === 0 ? 'i32' : 'f32', kind: rows && t % 5 === 1 ? 'row' : 'full' });
  }
  registers.push({ dtype: 'f32', kind: 'full' }, { dtype: 'i32', kind: 'full' });
  if (rows) registers.push({ dtype: 'f32', kind: 'row' });
  const written = new Set(Array.from({ length: first }, (_, r) => r));
  const code: Instruction[] = [];
  const pick = (among: Iterable<number>, dtype: string, kind: Kind): number | undefined => {
    const list = [...among].filter((r) => registers[r]!.dtype === dtype && registers[r]!.kind === kind);
    return list.length ? one(list) : undefined;
  };
  const temporaries = [...registers.keys()].slice(first);
  while (code.length < 60) {
    const choice = rows ? below(6) : 5;
    const [name, operands, dtype, from, to]: [string, string[], string, Kind, Kind] =
      choice === 0
        ? [one(reductions), ['f32'], 'f32', 'full', 'row']
        : choice === 1
          ? ['expand', ['f32'], 'f32', 'row', 'full']
          : (() => {
              const [op, [list, result]] = one(Object.entries(signatures));
              const kind = rows && choice === 2 ? 'row' : 'full';
              return [op, list, result, kind, kind];
            })();
    const [a, b, c] = operands.map((operand) => pick(written, operand, from) ?? -1);
    const dst = pick(temporaries, dtype, to);
    if (dst === undefined || [a, b, c].includes(-1)) continue;
    code.push([name, dst, a, b, c]);
    written.add(dst);
  }
  const outputs = temporaries.filter((r) => written.has(r) && below(3) > 0);
  return { dims, registers, inputs, constants, code, outputs: outputs.length ? outputs : [code.at(-1)![1]] };
}

const sizeOf = ({ dims: [n, length] }: Sample, { kind }: Register): number => (kind === 'row' ? n : n * length);
const stridesOf = ({ dims: [, length] }: Sample, { kind }: Register): number[] =>
  kind === 'row' ? [1, 0] : [length, 1];
const made = (of: Sample, register: Register): Numbers => new arrays[register.dtype](sizeOf(of, register));

function runWhole(of: Sample): Numbers[] {
  const results = of.outputs.map((r) => made(of, of.registers[r]!));
  const spec = {
    dims: of.dims,
    inputs: of.inputs,
    constants: of.constants,
    registers: of.registers.length,
    code: of.code,
    outputs: of.outputs.map((r, i): [number, { data: Numbers; strides: number[] }] => [
      r,
      { data: results[i]!, strides: stridesOf(of, of.registers[r]!) },
    ]),
  };
  const kinds = of.registers.map(({ kind }) => Number(kind === 'row'));
  if (kinds.includes(1)) new Program().row({ ...spec, rowDims: 1, kinds }).run();
  else new Program().map(spec).run();
  return results;
}

/** A program for each instruction, on whole arrays. */
function runApart(of: Sample): Numbers[] {
  const { dims, registers, code } = of;
  const values: Numbers[] = [
    ...of.inputs.map(({ data, strides }) => (strides[1] ? data : new Float32Array(dims[0] * dims[1]).fill(data[0]!))),
    ...of.constants.map(([value]) => new Float32Array(dims[0] * dims[1]).fill(value)),
  ];
  for (const [name, dst, ...operands] of code) {
    const used = operands.filter((r) => r !== undefined);
    const result = made(of, registers[dst]!);
    const crossing = used.some((r) => registers[r]!.kind !== registers[dst]!.kind);
    const places = used.map((_, place) => place);
    const instruction: Instruction = [name, used.length, places[0], places[1], places[2]];
    const body = { registers: used.length + 1, code: [instruction] };
    if (crossing) {
      const view = (r: number, data: Numbers) => ({ data, strides: stridesOf(of, registers[r]!) });
      const kinds = [...used, dst].map((r) => Number(registers[r]!.kind === 'row'));
      const inputs = used.map((r) => view(r, values[r]!));
      new Program()
        .row({ dims, rowDims: 1, kinds, ...body, inputs, outputs: [[used.length, view(dst, result)]] })
        .run();
    } else {
      const flat = [result.length];
      const inputs = used.map((r) => dense(values[r]!, flat));
      new Program().map({ dims: flat, ...body, inputs, outputs: [[used.length, dense(result, flat)]] }).run();
    }
    values[dst] = result;
  }
  return of.outputs.map((r) => values[r]!);
}

function compare(program: Sample): void {
  const apart = runApart(program);
  for (const [i, whole] of runWhole(program).entries()) {
    const at = whole.findIndex((value, place) => !Object.is(value, apart[i]![place]));
    if (at >= 0) expect({ program, output: i, at, value: whole[at] }).toEqual({ value: apart[i]![at] });
  }
}

onEachIsa(() => {
  test.each([1, 16, 37, 48, 700, 5000])('elementwise, %i elements', (length) => {
    const random = randomFrom(length);
    for (let turn = 0; turn < 6; turn++) {
      const program = sample(random, [1, length], false);
      compare(program);
    }
  });
  test.each([
    [3, 16],
    [70, 16],
    [5, 48],
    [9, 64],
    [7, 50],
    [4, 1024],
    [2, 5120],
  ])('%i rows of %i', (rows, length) => {
    const random = randomFrom(100 * rows + length);
    for (let turn = 0; turn < 8; turn++) {
      const program = sample(random, [rows, length], true);
      compare(program);
    }
  });
  test('a quotient is rounded once, whatever divides a whole row', () => {
    const random = randomFrom(5);
    const divisors = [
      3,
      -7,
      1.9999999,
      1e-30,
      1e30,
      0,
      -0,
      Infinity,
      Number.NaN,
      1e-42,
      0.1,
      -1e-3,
      1,
      2 ** -60,
      49,
      5,
    ];
    const length = 4096;
    const special = [0, -0, Infinity, -Infinity, Number.NaN, 1e-45, -3e38];
    const x = Float32Array.from({ length: divisors.length * length }, (_, i) =>
      i % 97 < special.length
        ? special[i % 97]!
        : (random() - 0.5) * 2 ** (Math.floor(i / 16) % 3 ? 3 : 200 * random() - 100),
    );
    const result = new Float32Array(x.length);
    new Program()
      .row({
        dims: [divisors.length, length],
        rowDims: 1,
        kinds: [0, 1, 0, 0],
        inputs: [
          { data: x, strides: [length, 1] },
          { data: Float32Array.from(divisors), strides: [1, 0] },
        ],
        registers: 4,
        code: [
          ['expand', 2, 1],
          ['div_f32', 3, 0, 2],
        ],
        outputs: [[3, { data: result, strides: [length, 1] }]],
      })
      .run();
    const wrong = [...result.keys()].filter(
      (i) => !Object.is(result[i], Math.fround(x[i]! / Math.fround(divisors[Math.floor(i / length)]!))),
    );
    expect(wrong.slice(0, 5).map((i) => [x[i], divisors[Math.floor(i / length)], result[i]])).toEqual([]);
    for (const divisor of divisors) {
      const some = x.subarray(0, length);
      const quotients = new Float32Array(length);
      new Program()
        .map({
          dims: [length],
          inputs: [dense(some, [length])],
          constants: [[divisor, 'f32']],
          registers: 3,
          code: [['div_f32', 2, 0, 1]],
          outputs: [[2, dense(quotients, [length])]],
        })
        .run();
      const at = quotients.findIndex((q, i) => !Object.is(q, Math.fround(some[i]! / Math.fround(divisor))));
      expect([divisor, some[at]]).toEqual([divisor, undefined]);
    }
  });
});
