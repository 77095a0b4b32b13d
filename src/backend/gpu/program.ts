// Elementwise programs as statements: what each register is, from the ops table.
import type { Access, Instruction, Program } from '../../fuse/kernel.js';
import { elementwise } from './arithmetic.js';
import { type Helper, scalarOf } from './dialect.js';
import type { Source } from './source.js';
import type { Position } from './space.js';

const philox = (source: Source): Helper => {
  const { dialect } = source;
  const high0 = dialect.mulHigh('0xd2511f53u', 'x0');
  const high1 = dialect.mulHigh('0xcd9e8d57u', 'x2');
  const line = (name: string, value: string): string => `    ${dialect.constant('u32', name, value)}`;
  const start = [
    ['x0', 'counter'],
    ['x1', 'counterHigh'],
    ['x2', '0u'],
    ['x3', '0u'],
    ['k0', 'key0'],
    ['k1', 'key1'],
  ].map(([name, value]) => `  ${dialect.variable('u32', name!, value!)}`);
  const body = [
    ...start,
    `  for (${dialect.variable('u32', 'round', '0u')} round < 10u; round += 1u) {`,
    line('high0', high0.text),
    line('low0', '0xd2511f53u * x0'),
    line('high1', high1.text),
    line('low1', '0xcd9e8d57u * x2'),
    '    x0 = high1 ^ x1 ^ k0;',
    '    x2 = high0 ^ x3 ^ k1;',
    '    x1 = low1;',
    '    x3 = low0;',
    '    k0 += 0x9e3779b9u;',
    '    k1 += 0xbb67ae85u;',
    '  }',
    `  return ${dialect.select('word < 2u', dialect.select('word == 0u', 'x0', 'x1'), dialect.select('word == 2u', 'x2', 'x3'))};`,
  ].join('\n');
  const parameters = ['key0', 'key1', 'counter', 'counterHigh', 'word'].map((name) => ['u32', name] as const);
  return {
    name: 'philox',
    needs: [...high0.needs, ...high1.needs],
    text: dialect.helper('u32', 'philox', parameters, body),
  };
};

/** Registers of a program while a kernel is written: the text of each that has a value. */
export class Registers {
  readonly #names = new Map<number, string>();
  readonly #literals = new Set<number>();

  constructor(
    readonly source: Source,
    readonly program: Program,
    /** Put before the numbers of registers. */
    readonly prefix = 'r',
  ) {}

  has(register: number): boolean {
    return this.#names.has(register);
  }
  name(register: number): string {
    const name = this.#names.get(register);
    if (name === undefined) throw new Error(`register ${register} has no value`);
    return name;
  }
  set(register: number, name: string): void {
    this.#names.set(register, name);
  }
  /** What is written in a block is not known outside of it. */
  scope(body: () => void): void {
    const before = new Map(this.#names);
    body();
    this.#names.clear();
    for (const [register, name] of before) this.#names.set(register, name);
  }

  constants(): void {
    for (const { register, value } of this.program.constants) {
      const { dtype } = this.program.registers[register]!;
      const text = this.source.scalar(value, dtype);
      if ('scalar' in value)
        this.set(register, this.source.constant(scalarOf[dtype], `${this.prefix}${register}`, text));
      else {
        this.set(register, text.startsWith('-') ? `(${text})` : text);
        this.#literals.add(register);
      }
    }
  }

  /** Gives a register a value. */
  take(register: number, value: string): void {
    const { dtype } = this.program.registers[register]!;
    this.set(register, this.source.constant(scalarOf[dtype], `${this.prefix}${register}`, value));
  }

  /** Reads an input. */
  load(register: number, access: Access, at: Position): void {
    const { source } = this;
    const { dtype } = this.program.registers[register]!;
    const name = `${this.prefix}${register}`;
    const value = source.load(access.buffer, at.address(access));
    const inside = at.inside(access);
    if (inside) {
      source.variable(scalarOf[dtype], name, source.scalar({ value: access.bounds!.fill }, dtype));
      source.line(`if (${inside}) { ${name} = ${value}; }`);
    } else source.constant(scalarOf[dtype], name, value);
    this.set(register, name);
  }

  /** @param linear the place in the iteration space, for instructions that depend on it. */
  compute(instruction: Instruction, linear: string): void {
    const { dst } = instruction;
    const { dtype } = this.program.registers[dst]!;
    if (instruction.op === 'expand') return this.set(dst, this.name(instruction.args[0]));
    const fixed = instruction.args.length > 0 && instruction.args.every((arg) => this.#literals.has(arg));
    // Constant expressions that overflow are refused by WGSL: named, they are none.
    const args = instruction.args.map((arg, k) =>
      fixed ? this.#named(arg, `${this.prefix}${dst}_${k}`) : this.name(arg),
    );
    const text = this.#expression(instruction, args, linear);
    this.set(dst, this.source.constant(scalarOf[dtype], `${this.prefix}${dst}`, text));
  }

  #named(register: number, name: string): string {
    return this.source.constant(scalarOf[this.program.registers[register]!.dtype], name, this.name(register));
  }

  #expression(instruction: Instruction, args: readonly string[], linear: string): string {
    const { source } = this;
    const [a = '', b = '', c = ''] = args;
    switch (instruction.op) {
      case 'iota':
        return `i32(${linear})`;
      case 'random': {
        const words = [0, 1, 2, 3].map((k) => source.parameter(instruction.scalar + k, 'uint32'));
        const counter = `${words[2]} + ${linear} / 4u`;
        // A counter that passes 2³² carries.
        const carry = source.dialect.select(`${counter} < ${words[2]}`, '1u', '0u');
        return source.use({
          text: `philox(${words[0]}, ${words[1]}, ${counter}, ${words[3]} + ${carry}, ${linear} % 4u)`,
          needs: [philox(source)],
        });
      }
      case 'where':
        return source.dialect.select(`${a} != 0`, b, c);
      case 'cast':
        return elementwise.cast(a, instruction.dtype, instruction.to, source);
      case 'expand':
      case 'reduce':
        throw new Error(`${instruction.op} is no elementwise operation`);
      default:
        return elementwise.isUnary(instruction.op)
          ? elementwise.unary(instruction.op, a, instruction.dtype, source)
          : elementwise.binary(instruction.op, a, b, instruction.dtype, source);
    }
  }
}
