// In: a seed. Out: a random graph of a few dozen operations, with gradients.
import { Generator, manualSeed, rand, randn, Tensor } from '../../src/index.js';

/** Builds a graph of a few dozen operations from one seed; the values stay of moderate size. */
export function graph(seed: number): Tensor[] {
  const random = new Generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const length = (): number => 1 + Math.floor(random.next() * 6);
  manualSeed(seed);
  const leaves = Array.from({ length: 3 }, () => {
    const shape = Array.from({ length: 1 + Math.floor(random.next() * 3) }, length);
    return random.next() < 0.5
      ? randn(shape, { requiresGrad: true })
      : rand(shape, { low: -1, high: 1, requiresGrad: true });
  });
  const values: Tensor[] = [...leaves];
  const tame = (t: Tensor): Tensor => t.tanh();
  const steps: (() => Tensor | null)[] = [
    () =>
      pick(values)
        .mul(pick([0.5, -1.5, 2]))
        .add(0.25),
    () => tame(pick(values)),
    () => pick(values).sigmoid(),
    () => pick(values).relu(),
    () => tame(pick(values)).exp(),
    () => pick(values).abs().add(0.5).log(),
    () => {
      const t = pick(values);
      const other = values.filter(
        (v) => v.rank === t.rank && v.shape.every((n, i) => n === t.shape[i] || n === 1 || t.shape[i] === 1),
      );
      return pick([
        (a: Tensor, b: Tensor) => a.add(b),
        (a: Tensor, b: Tensor) => tame(a.mul(b)),
        (a: Tensor, b: Tensor) => a.maximum(b),
        (a: Tensor, b: Tensor) => a.sub(b),
      ])(t, pick(other));
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.sum(Math.floor(random.next() * t.rank), random.next() < 0.5) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.mean(-1, true) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.max(-1, random.next() < 0.5) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.softmax(-1) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 1 ? t.transpose() : null;
    },
    () => {
      const t = pick(values);
      return t.size > 0 ? t.reshape(-1) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.flip(-1) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.at('...', pick(['::2', '1:', ':-1', '::-1'])) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.pad([1, Math.floor(random.next() * 2)], pick([0, 0, 1])) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.cumsum(-1).mul(0.3) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? Tensor.concat([t, tame(t)], 0) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 1 ? tame(t.matmul(t.transpose())) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 1 && t.shape[t.rank - 1]! > 1 ? t.unsqueeze(0).maxPool1d(2).squeeze(0) : null;
    },
    () => {
      const t = pick(values);
      return t.rank > 0 ? t.sort(-1).values : null;
    },
    () => pick(values).add(randn([]).mul(0.1)),
  ];
  for (let i = 0; i < 12 + Math.floor(random.next() * 15); i++) {
    const made = pick(steps)();
    if (made && made.size > 0 && made.size < 2000) values.push(made);
  }
  const outputs = [pick(values), pick(values), values[values.length - 1]!];
  const loss = outputs.map((t) => t.mean()).reduce((a, b) => a.add(b));
  loss.backward();
  return [...outputs, loss, ...leaves.flatMap((t) => (t.grad ? [t.grad] : []))];
}
