// In: parameters and layers held as fields. Out: their names, modes, state, and a summary.

import { type DeviceName, deviceNames, isDevice, memoryOf } from '../device.js';
import { checkDType, type DType, isFloat } from '../dtype.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { type Shape, sameShape } from '../shape.js';
import { Parameter, type Tensor } from '../tensor.js';
import { type Summary, summarize } from './summary.js';

/** Values by name, as `stateDict` gives them and files keep them. */
export type StateDict = Record<string, Tensor>;

/** A module from one tensor to one tensor: what `sequential` chains and `fit` trains. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

const isRecord = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

function* unfold(name: string, value: unknown): Generator<[string, Parameter | Module]> {
  if (value instanceof Parameter || value instanceof Module) yield [name, value];
  else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield* unfold(`${name}.${i}`, value[i]);
  else if (typeof value === 'object' && value !== null && isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) yield* unfold(`${name}.${key}`, inner);
  }
}

/**
 * Base of every layer and model. Parameters and modules in public fields (alone, in arrays or in plain objects) are
 * found by themselves; a class needs only its fields and `forward`.
 * @example class Net extends Module { out = linear(784, 10); forward(x: Tensor) { return this.out.forward(x.flatten(1)); } }
 */
export abstract class Module {
  /** True while training: dropout drops and batch norm learns its statistics. See `train` and `eval`. */
  training = true;

  /** Computes the outputs from the inputs. */
  abstract forward(...inputs: never[]): unknown;

  /** The parameters and modules held directly, by field name. @internal */
  *members(): Generator<[string, Parameter | Module]> {
    for (const [name, value] of Object.entries(this)) yield* unfold(name, value);
  }

  /** What the layer is made with, for printing: `784 → 128`. */
  describe(): string {
    return '';
  }

  /** This module and all within it, by dotted name; this one is `''`. Each once. */
  namedModules(): Map<string, Module> {
    const seen = new Set<Module>();
    const found = new Map<string, Module>();
    const walk = (module: Module, name: string): void => {
      if (seen.has(module)) return;
      seen.add(module);
      found.set(name, module);
      for (const [key, member] of module.members())
        if (member instanceof Module) walk(member, name ? `${name}.${key}` : key);
    };
    walk(this, '');
    return found;
  }
  /** This module and all within it. */
  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  #named(shared: boolean): [string, Parameter][] {
    const seen = new Set<Parameter>();
    const found: [string, Parameter][] = [];
    for (const [owner, module] of this.namedModules()) {
      for (const [key, member] of module.members()) {
        if (!(member instanceof Parameter) || (!shared && seen.has(member))) continue;
        seen.add(member);
        found.push([owner ? `${owner}.${key}` : key, member]);
      }
    }
    return found;
  }
  /** The weights by dotted name (frozen ones too), each once. */
  namedParameters(): Map<string, Parameter> {
    return new Map(this.#named(false).filter(([, p]) => p.trains || p.frozen));
  }
  /** The weights (frozen ones too), each once: what an optimizer takes. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }
  /** State that is kept but not trained, by dotted name: running means. */
  namedBuffers(): Map<string, Parameter> {
    return new Map(this.#named(false).filter(([, p]) => !p.trains && !p.frozen));
  }
  /** State that is kept but not trained. */
  buffers(): Parameter[] {
    return [...this.namedBuffers().values()];
  }

  /** Switches to training, or with `false` away from it, here and within. Returns the module. */
  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }
  /** Switches to use: no dropout, batch norm with its learnt statistics. Returns the module. */
  eval(): this {
    return this.train(false);
  }
  /** Keeps the weights as they are while others train; `freeze(false)` lets them go. Returns the module. */
  freeze(on = true): this {
    for (const parameter of this.parameters()) parameter.freeze(on);
    return this;
  }
  /** Forgets the gradients of all weights. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }
  /** Calls `visit` with every module within, and last with this one. Returns the module. */
  apply(visit: (module: Module) => void): this {
    for (const module of this.modules().reverse()) visit(module);
    return this;
  }
  /**
   * Moves all parameters and buffers, gradients too, to a device, or replaces all real-valued ones by ones of a dtype. Make the
   * optimizer afterwards. Returns the module.
   * @throws DTypeError when `target` is neither; DeviceError when the device cannot run here.
   */
  to(target: DType | DeviceName): this {
    if (isDevice(target)) {
      const home = memoryOf(target);
      for (const parameter of [...this.parameters(), ...this.buffers()]) parameter.moveTo(home);
      return this;
    }
    const dtype = checkDType(target, deviceNames());
    const made = new Map<Parameter, Parameter>();
    const convert = (value: unknown): unknown => {
      if (value instanceof Parameter && isFloat(value.dtype) && value.dtype !== dtype) {
        const now = made.get(value) ?? new Parameter(value.detach().to(dtype), value.trains || value.frozen);
        if (value.frozen) now.freeze();
        made.set(value, now);
        return now;
      }
      if (Array.isArray(value))
        value.forEach((inner, i) => {
          value[i] = convert(inner);
        });
      else if (typeof value === 'object' && value !== null && isRecord(value)) {
        for (const [key, inner] of Object.entries(value)) Reflect.set(value, key, convert(inner));
      }
      return value;
    };
    for (const module of this.modules())
      for (const [key, value] of Object.entries(module)) Reflect.set(module, key, convert(value));
    return this;
  }

  /** The present values of all parameters and buffers, by name; they do not change when training goes on. */
  stateDict(): StateDict {
    return Object.fromEntries(this.#named(true).map(([name, parameter]) => [name, parameter.detach()]));
  }
  /**
   * Takes over the values of a state dictionary.
   * @param options `strict: false` skips names that only one side has.
   * @throws ValueError for unknown or missing names; ShapeError where a shape differs. Nothing is changed then.
   */
  loadStateDict(state: Readonly<StateDict>, options: { strict?: boolean } = {}): void {
    const own = new Map(this.#named(true));
    if (options.strict ?? true) {
      const unknown = Object.keys(state).filter((name) => !own.has(name));
      const missing = [...own.keys()].filter((name) => !(name in state));
      if (unknown.length + missing.length > 0) {
        const list = (label: string, names: string[]): string => (names.length ? ` ${label}: ${names.join(', ')}` : '');
        throw new ValueError(
          `loadStateDict: the names do not match;${list('unknown', unknown)}${unknown.length && missing.length ? ';' : ''}${list('missing', missing)}`,
          'Build the model exactly as it was when saved, or pass { strict: false } to take only the common names.',
        );
      }
    }
    const pairs = [...own].flatMap(([name, parameter]) =>
      state[name] ? [{ name, parameter, value: state[name] }] : [],
    );
    for (const { name, parameter, value } of pairs) {
      if (!sameShape(parameter.shape, value.shape)) {
        throw new ShapeError(
          `loadStateDict: '${name}' is ${show(value.shape)} in the dictionary and ${show(parameter.shape)} in the model`,
          'Build the model with the sizes that it was saved with.',
        );
      }
    }
    for (const { parameter, value } of pairs) parameter.assign(value.detach().to(parameter.dtype));
  }

  /**
   * Kind, output shape, parameters and FLOPs of every module within, found without computing anything.
   * @param inputs a shape (float32) or a tensor for each argument of `forward`, the batch included.
   */
  summary(...inputs: (Shape | Tensor)[]): Summary {
    return summarize(this, inputs);
  }

  toString(): string {
    const facts = this.describe();
    const inner = [...this.members()].flatMap(([name, member]) =>
      member instanceof Module ? [`(${name}): ${member}`] : [],
    );
    if (inner.length === 0) return `${this.constructor.name}(${facts})`;
    return `${this.constructor.name}(${facts}\n${inner.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}\n)`;
  }
  /** What Node's console prints. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
