// In: parameters with gradients. Out: better parameters, computed together with the loss by one plan.
import { awaitLoss, settle } from '../boundary.js';
import { full } from '../create.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { sameShape } from '../shape.js';
import { noGrad, Parameter, Tensor } from '../tensor.js';
import { type Known, numbersOf, tracing, withChangingNumbers } from '../trace.js';

/** What every optimizer has. */
export interface BaseOptions {
  /** Learning rate. */
  lr?: number;
  /** Minimises −loss, that is, maximises. Default false. */
  maximize?: boolean;
}
/** Parameters that share options. */
export type Group<Options> = Required<Options> & { readonly parameters: readonly Parameter[] };
/** What an optimizer is made from: parameters, or groups of them with options of their own. */
export type Parameters<Options> = Iterable<Parameter | GroupInput<Options>>;
/** Parameters with options that differ from the optimizer's. */
export type GroupInput<Options> = { parameters: Iterable<Parameter> } & Partial<Options>;

/** What an optimizer remembers of one parameter. */
export interface State {
  /** Updates so far, the present one included. */
  step: number;
  /** Running values in the shape of the parameter. */
  readonly slots: Readonly<Record<string, Parameter>>;
}

/** The state of an optimizer as plain values; parameters are numbered over all groups. */
export interface OptimizerState {
  readonly steps: readonly number[];
  /** `'3.momentum'` is the slot `momentum` of parameter 3. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** The numbers among the options of each group. */
  readonly groups: readonly Readonly<Record<string, number>>[];
}

/** Throws ValueError unless min ≤ value (≤ or < max). */
export function checkOption(name: string, value: number, min = 0, max = Number.POSITIVE_INFINITY): void {
  if (!(value >= min && value <= max))
    throw new ValueError(
      `optimizer option ${name} = ${value}`,
      `It must be ${max === Number.POSITIVE_INFINITY ? `${min} or more` : `between ${min} and ${max}`}.`,
    );
}

function numbersIn(options: object): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [name, value] of Object.entries(options)) if (typeof value === 'number') out[name] = value;
  return out;
}

/** What is iterated over, unless a model was given in place of its parameters. */
export function listed<T>(what: string, parameters: Iterable<T>): Iterable<T> {
  if (typeof parameters === 'object' && typeof parameters?.[Symbol.iterator] === 'function') return parameters;
  throw new ValueError(`${what} was given no list of parameters`, 'Pass model.parameters(), or a list: [w, b].');
}

const notParameter = (): ValueError =>
  new ValueError(
    'the optimizer was given something that is not a parameter',
    'Make it with new Parameter(value) or tensor(values, { requiresGrad: true }).',
  );

/**
 * Base of the optimizers. `step()` updates every parameter that has a gradient, and computes forward pass, backward pass
 * and update in one plan, so that `loss.item()` afterwards costs nothing.
 */
export abstract class Optimizer<Options extends BaseOptions> {
  /** Parameters and their options; change `groups[i].lr` at any time. */
  readonly groups: readonly Group<Options>[];
  protected readonly state = new Map<Parameter, State>();

  /** @throws ValueError when there is no parameter, or one is given twice, or an option is out of range. */
  constructor(parameters: Parameters<Options>, defaults: Required<Options>) {
    const loose: Parameter[] = [];
    const grouped: GroupInput<Options>[] = [];
    for (const item of listed('the optimizer', parameters)) {
      if (item instanceof Parameter) loose.push(item);
      else if (item instanceof Tensor || typeof item?.parameters !== 'object') throw notParameter();
      else grouped.push(item);
    }
    if (loose.length + grouped.length === 0)
      throw new ValueError('the optimizer was given no parameters', 'Pass model.parameters().');
    if (loose.length && grouped.length)
      throw new ValueError(
        'the optimizer was given parameters and groups mixed',
        'Put the loose parameters into a group: { parameters: […] }.',
      );
    this.groups = loose.length
      ? [{ ...defaults, parameters: loose }]
      : grouped.map(({ parameters: own, ...options }) => ({ ...defaults, ...options, parameters: [...own] }));
    const seen = new Set<Parameter>();
    for (const group of this.groups) {
      checkOption('lr', group.lr ?? 0);
      this.check(group);
      for (const parameter of group.parameters) {
        if (!(parameter instanceof Parameter)) throw notParameter();
        if (seen.has(parameter))
          throw new ValueError(
            `a parameter of shape ${show(parameter.shape)} was given twice`,
            'Each parameter belongs to one group of one optimizer.',
          );
        seen.add(parameter);
      }
    }
  }

  /** Checks the options of a group. */
  protected abstract check(options: Required<Options>): void;
  /** Names and first values of what is remembered for each parameter. */
  protected abstract slots(options: Required<Options>): Readonly<Record<string, number>>;
  /** The new value of `parameter` from its gradient; updates `state`. Gradients are not recorded. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: State, options: Required<Options>): Tensor;

  /** All parameters, group by group. */
  get parameters(): Parameter[] {
    return this.groups.flatMap((group) => [...group.parameters]);
  }
  /** Learning rate of the first group; setting it sets all. */
  get lr(): number {
    return this.groups[0]!.lr ?? 0;
  }
  set lr(value: number) {
    checkOption('lr', value);
    for (const group of this.groups) group.lr = value;
  }

  /** Forgets the gradients; call it before each `backward()`. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.grad = null;
  }

  /** Updates every parameter that has a gradient, and computes everything that leads there. */
  step(): void {
    const changed: Parameter[] = [];
    const active = this.groups.flatMap((group) =>
      group.parameters.filter((p) => p.grad && p.trains).map((parameter) => ({ group, parameter })),
    );
    // First values are computed on their own, so that the first step has the structure of all others.
    const first = active.flatMap(({ group, parameter }) => [
      parameter,
      ...Object.values(this.#stateOf(parameter, group).slots),
    ]);
    evaluate(first.map((p) => p.node));
    noGrad(() => {
      for (const { group, parameter } of active) {
        const state = this.#stateOf(parameter, group);
        state.step++;
        tracing()?.effects.push(() => state.step++);
        const gradient = this.#gradientOf(parameter);
        const update = (): Tensor => this.update(parameter, group.maximize ? gradient.neg() : gradient, state, group);
        parameter.replace(withChangingNumbers(update, (known) => this.#nextNumbers(parameter, state, group, known)));
        changed.push(parameter, ...Object.values(state.slots));
      }
    });
    // The last layers first: theirs is the gradient that the backward pass has first, and then needs no more.
    settle(changed.reverse());
  }

  readonly #rehearsals = new WeakMap<State, { step: number; slots: Record<string, Parameter> }>();
  /** The numbers of the next update of `parameter`, from an update of one element that changes nothing. */
  #nextNumbers(parameter: Parameter, state: State, group: Group<Options>, known: Known): readonly number[] {
    const ofGroup = known.get(group) ?? new Map<string, readonly number[]>();
    known.set(group, ofGroup);
    const { dtype, rank } = parameter;
    const kind = `step ${state.step} ${dtype} ${rank > 0}`;
    const found = ofGroup.get(kind);
    if (found) return found;
    const one = (value: number): Parameter =>
      new Parameter(full(new Array<number>(Math.min(rank, 1)).fill(1), value, { dtype }), false);
    const rehearsal = this.#rehearsals.get(state) ?? { step: 0, slots: {} };
    this.#rehearsals.set(state, rehearsal);
    rehearsal.step = state.step + 1;
    for (const name of Object.keys(state.slots)) rehearsal.slots[name] = one(0);
    const numbers = noGrad(() => {
      const [weight, gradient] = [one(1), one(1)];
      return numbersOf(() => this.update(weight, group.maximize ? gradient.neg() : gradient, rehearsal, group));
    });
    ofGroup.set(kind, numbers);
    return numbers;
  }

  /** The gradient; one that has been collected over several steps is kept in memory, so that its history can go. */
  #gradientOf(parameter: Parameter): Tensor {
    const gradient = parameter.grad!;
    const earlier = gradient.node.inputs[0];
    if (gradient.node.op === 'add' && earlier?.computed && !earlier.storage) awaitLoss(gradient);
    return gradient;
  }
  #stateOf(parameter: Parameter, options: Required<Options>): State {
    let state = this.state.get(parameter);
    if (!state) {
      const slots = Object.entries(this.slots(options)).map(([name, value]): [string, Parameter] => [
        name,
        new Parameter(full(parameter.shape, value, { dtype: parameter.dtype }), false),
      ]);
      state = { step: 0, slots: Object.fromEntries(slots) };
      this.state.set(parameter, state);
    }
    return state;
  }

  /** What is needed to go on later exactly as now; values do not change when training goes on. */
  stateDict(): OptimizerState {
    const entries = this.groups.flatMap((group) =>
      group.parameters.map((parameter) => this.#stateOf(parameter, group)),
    );
    return {
      steps: entries.map((state) => state.step),
      slots: Object.fromEntries(
        entries.flatMap((state, i) =>
          Object.entries(state.slots).map(([name, slot]) => [`${i}.${name}`, slot.detach()]),
        ),
      ),
      groups: this.groups.map((group) => numbersIn(group)),
    };
  }
  /** Takes over what `stateDict` gave. @throws ValueError when the parameters or slots do not match; ShapeError where a shape differs. */
  loadStateDict(saved: OptimizerState): void {
    const entries = this.groups.flatMap((group) =>
      group.parameters.map((parameter) => ({ parameter, state: this.#stateOf(parameter, group) })),
    );
    const names = entries.flatMap(({ state }, i) => Object.keys(state.slots).map((name) => `${i}.${name}`));
    const unknown = Object.keys(saved.slots).filter((name) => !names.includes(name));
    const missing = names.filter((name) => !(name in saved.slots));
    if (
      saved.steps.length !== entries.length ||
      saved.groups.length !== this.groups.length ||
      unknown.length ||
      missing.length
    ) {
      throw new ValueError(
        `loadStateDict: the saved state is of ${saved.steps.length} parameters in ${saved.groups.length} groups, the optimizer has ${entries.length} in ${this.groups.length}; unknown: ${unknown.join(', ') || 'none'}; missing: ${missing.join(', ') || 'none'}`,
        'Make the optimizer with the class, the parameters and the options that it was saved with.',
      );
    }
    for (const [i, { parameter, state }] of entries.entries()) {
      for (const name of Object.keys(state.slots)) {
        const value = saved.slots[`${i}.${name}`]!;
        if (!sameShape(value.shape, parameter.shape))
          throw new ShapeError(
            `loadStateDict: '${i}.${name}' is ${show(value.shape)}, the parameter ${show(parameter.shape)}`,
            'The parameters must be given in the same order as when saved.',
          );
      }
    }
    for (const [i, { state }] of entries.entries()) {
      state.step = saved.steps[i]!;
      for (const [name, slot] of Object.entries(state.slots)) slot.assign(saved.slots[`${i}.${name}`]!);
    }
    this.groups.forEach((group, i) => {
      Object.assign(group, saved.groups[i]);
    });
  }
}
