// Every public function, method, layer, loss and optimizer with each argument spoilt in turn: a typed error with a cure, or a
// result; never a failure of our internals.
import { describe, expect, test } from 'vitest';
import * as gradlab from '../../src/index.js';
import { bernoulli, GradlabError, nn, optim, Tensor, tensor, zeros } from '../../src/index.js';
import { type Arguments, functions, layers, losses, methods, optimizers, pieces } from './calls.js';

const shapes = [[], [0], [1], [7], [3, 2], [2, 3, 4], [2, 0, 3], [1, 2, 1, 3, 1, 2]];
const badNumbers = [-1, -99, 0, 0.5, 17, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const badLists: readonly (readonly number[])[] = [
  [],
  [1],
  [-5, 2],
  [0, 0],
  [1.5, 2],
  [Number.NaN],
  [1, 1, 1, 1, 1, 1, 1],
];
/** Options whose value is a size of memory: more than this would be asked for in earnest. */
const plain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Everything of the kind of `value` that it should not be. */
function spoilt(value: unknown): unknown[] {
  if (value instanceof Tensor) {
    const wrong = shapes.map((shape) => zeros(shape, { dtype: value.dtype }));
    const kinds = (['bool', 'int32', 'uint32', 'float32', 'float64'] as const).map((dtype) => value.to(dtype));
    const filled = [-1, 17, Number.NaN].map((v) => value.mul(0).add(v).to(value.dtype));
    return [...wrong, ...kinds, ...(value.dtype === 'bool' ? [bernoulli(0.5, [2, 3])] : filled)];
  }
  if (typeof value === 'number') return [...badNumbers];
  if (typeof value === 'string') return ['', 'nonsense', '::0', '->', 'ij'];
  if (Array.isArray(value)) {
    const inner = value.flatMap((item, i) => spoilt(item).map((bad) => value.map((v, k) => (k === i ? bad : v))));
    return value.every((v) => typeof v === 'number') ? [...badLists, ...inner] : [[], ...inner];
  }
  if (plain(value))
    return Object.entries(value).flatMap(([key, item]) => spoilt(item).map((bad) => ({ ...value, [key]: bad })));
  return [];
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return plain(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

const described = (value: unknown): string => {
  if (value instanceof Tensor) return `${value.dtype}[${value.shape}]`;
  if (Array.isArray(value)) return `[${value.map(described).join(', ')}]`;
  if (plain(value))
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}: ${described(v)}`)
      .join(', ')}}`;
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
};

/** Calls with each argument spoilt in turn, and computes what comes out; returns the failures that are not typed errors. */
function provoke(name: string, args: Arguments, call: (args: Arguments) => unknown): string[] {
  const attempt = (given: Arguments): string | null => {
    try {
      for (const t of tensorsIn(call(given))) t.dataSync();
      return null;
    } catch (error) {
      const typed = error instanceof GradlabError && error.cure !== '' && error.constructor !== GradlabError;
      // A defect of ours says so in its cure: misuse must not reach it.
      if (typed && !error.cure.includes('defect of gradlab')) return null;
      return `${name}(${given.map(described).join(', ')}): ${error instanceof Error ? `${error.name}: ${error.message}` : error}`;
    }
  };
  const good = (() => {
    try {
      for (const t of tensorsIn(call(args))) t.dataSync();
      return null;
    } catch (error) {
      return `${name} as it should be: ${error instanceof Error ? error.message : error}`;
    }
  })();
  const failures = args.flatMap((arg, i) =>
    spoilt(arg).flatMap((bad) => attempt(args.map((a, k) => (k === i ? bad : a))) ?? []),
  );
  return good ? [good, ...failures] : failures;
}

const reach = (holder: object, name: string): ((...args: unknown[]) => unknown) => {
  const found: unknown = Reflect.get(holder, name);
  if (typeof found !== 'function') throw new Error(`${name} does not exist`);
  return (...args) => Reflect.apply(found, holder, args);
};

describe('methods', () => {
  test.each(Object.entries(methods))('%s', (name, args) => {
    const failures = provoke(name, args, ([t, ...rest]) =>
      t instanceof Tensor ? reach(t, name)(...rest) : reach(tensor(0), name)(...rest),
    );
    expect(failures).toEqual([]);
  });
});
describe('functions', () => {
  test.each(Object.entries(functions))('%s', (name, args) => {
    expect(provoke(name, args, (given) => reach(gradlab, name)(...given))).toEqual([]);
  });
});
describe('losses and pieces of layers', () => {
  test.each(Object.entries({ ...losses, ...pieces }))('%s', (name, args) => {
    expect(provoke(name, args, (given) => reach(nn, name)(...given))).toEqual([]);
  });
});
describe('layers', () => {
  test.each(Object.entries(layers))('%s', (name, { make, inputs }) => {
    const forward = (made: unknown, given: Arguments): unknown => {
      if (!(made instanceof nn.Module)) throw new Error(`${name} makes no module`);
      return reach(made, 'forward')(...given);
    };
    const factory = reach(nn, name);
    const making = provoke(name, make, (given) => forward(factory(...given), inputs));
    const using = provoke(`${name}.forward`, inputs, (given) => forward(factory(...make), given));
    expect([...making, ...using]).toEqual([]);
  });
});
describe('optimizers', () => {
  test.each(Object.entries(optimizers))('%s', (name, args) => {
    expect(provoke(name, args, (given) => reach(optim, name)(...given))).toEqual([]);
  });
});

test('nothing public is left out', () => {
  const callable = (holder: object): string[] =>
    Object.entries(holder).flatMap(([name, value]) =>
      typeof value === 'function' && /^[a-z]/.test(name) ? [name] : [],
    );
  /** They take functions or devices, or are checked by name elsewhere. */
  const elsewhere = new Set(
    'memory chromeTrace customGradient grad gradCheck hessian jacobian jvp straightThrough valueAndGrad vjp checkpoint compile autocast scan device devices fromTfjs showTfjs toTfjs explain profile generator noGrad detectNaN fromArray show'.split(
      ' ',
    ),
  );
  const layered = new Set([
    ...Object.keys(layers),
    ...Object.keys(losses),
    ...Object.keys(pieces),
    'sequential',
    'lambda',
  ]);
  const known = {
    functions: callable(gradlab).filter((name) => !(name in functions) && !elsewhere.has(name)),
    nn: callable(nn).filter((name) => !layered.has(name)),
    optim: callable(optim).filter((name) => !(name in optimizers) && name !== 'checkBetas'),
    methods: Object.getOwnPropertyNames(Tensor.prototype).filter(
      (name) =>
        !(name in methods) &&
        typeof Object.getOwnPropertyDescriptor(Tensor.prototype, name)?.value === 'function' &&
        name !== 'constructor',
    ),
  };
  expect(known).toEqual({ functions: [], nn: [], optim: [], methods: [] });
});
