// In: a space of hyperparameters and a function that scores a choice. Out: the trials, best first.
import { ValueError } from '../../errors.js';
import { Generator } from '../../random.js';
import { expectedImprovement, gaussianProcess } from './gaussian-process.js';
import { type Choice, checkSpace, choiceAt, coordinates, isList, type Space } from './space.js';

/** One choice and how it did. */
export interface Trial<S extends Space> {
  readonly choice: Choice<S>;
  /** What the objective returned; smaller is better unless `mode: 'max'`. */
  readonly score: number;
  /** What was spent on it, for `successiveHalving`. */
  readonly budget: number;
}
/** Scores a choice: trains a model with it, say, for `budget` epochs. */
export type Objective<S extends Space> = (choice: Choice<S>, budget: number) => number | Promise<number>;
/** Options of every search. */
export interface SearchOptions<S extends Space> {
  /** Default `'min'`. */
  mode?: 'min' | 'max';
  /** The same seed makes the same trials. Default 0. */
  seed?: number;
  /** Trials of an interrupted search with the same space, seed and options: they are taken as they are, and the search goes on. */
  trials?: readonly Trial<S>[];
  /** Called after each new trial, for example to save it. */
  onTrial?: (trial: Trial<S>, all: readonly Trial<S>[]) => void;
}
/** What a search returns. */
export interface SearchResult<S extends Space> {
  readonly best: Trial<S>;
  /** In the order of the search. */
  readonly trials: readonly Trial<S>[];
}

/** Runs trials one after the other, taking those that are known. */
class Runner<S extends Space> {
  readonly trials: Trial<S>[] = [];
  readonly sign: 1 | -1;
  constructor(
    space: S,
    private readonly objective: Objective<S>,
    private readonly options: SearchOptions<S>,
  ) {
    checkSpace(space);
    this.sign = options.mode === 'max' ? -1 : 1;
  }
  async run(choice: Choice<S>, budget = 1): Promise<Trial<S>> {
    const known = this.options.trials?.[this.trials.length];
    if (known) {
      if (JSON.stringify([known.choice, known.budget]) !== JSON.stringify([choice, budget])) {
        throw new ValueError(
          `search: earlier trial ${this.trials.length} chose ${JSON.stringify(known.choice)}, this search ${JSON.stringify(choice)}`,
          'Resume with the space, the seed and the options of the earlier search.',
        );
      }
      this.trials.push(known);
      return known;
    }
    const score = await this.objective(choice, budget);
    const trial: Trial<S> = { choice, score, budget };
    this.trials.push(trial);
    this.options.onTrial?.(trial, this.trials);
    return trial;
  }
  /** A score to minimise; a trial that failed counts as the worst. */
  loss(trial: Trial<S>): number {
    return Number.isNaN(trial.score) ? Number.POSITIVE_INFINITY : this.sign * trial.score;
  }
  result(): SearchResult<S> {
    const most = Math.max(...this.trials.map((t) => t.budget));
    const full = this.trials.filter((t) => t.budget === most);
    const best = full.reduce((a, b) => (this.loss(b) < this.loss(a) ? b : a));
    return { best, trials: this.trials };
  }
}

const pointOf = (space: Space, stream: Generator): number[] => Object.keys(space).map(() => stream.next());
function checkCount(what: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new ValueError(`${what} = ${count}`, 'It must be a whole number, 1 or more.');
}

/** Every combination; ranges are cut into `points` values (5 by default). */
export async function gridSearch<S extends Space>(
  space: S,
  objective: Objective<S>,
  options: SearchOptions<S> & { points?: number } = {},
): Promise<SearchResult<S>> {
  const { points = 5 } = options;
  checkCount('gridSearch: points', points);
  const runner = new Runner(space, objective, options);
  const axes = Object.values(space).map((dimension) => {
    const n = isList(dimension) ? dimension.length : points;
    return Array.from({ length: n }, (_, i) => (isList(dimension) ? (i + 0.5) / n : n === 1 ? 0.5 : i / (n - 1)));
  });
  const grid = axes.reduce<number[][]>(
    (points, axis) => points.flatMap((point) => axis.map((u) => [...point, u])),
    [[]],
  );
  for (const point of grid) await runner.run(choiceAt(space, point));
  return runner.result();
}

/** `count` choices at random. */
export async function randomSearch<S extends Space>(
  space: S,
  objective: Objective<S>,
  options: SearchOptions<S> & { count?: number } = {},
): Promise<SearchResult<S>> {
  const { count = 20, seed = 0 } = options;
  checkCount('randomSearch: count', count);
  const runner = new Runner(space, objective, options);
  const stream = new Generator(seed);
  for (let i = 0; i < count; i++) await runner.run(choiceAt(space, pointOf(space, stream)));
  return runner.result();
}

/**
 * Bayesian search (Snoek et al., 2012): a Gaussian process guesses the scores, and the choice with the largest expected
 * improvement over the best so far is tried next.
 * @param options `count`: trials in all, 25 by default; `warmUp`: random ones at the start, 5; `candidates`: points compared for each trial, 500.
 */
export async function bayesianSearch<S extends Space>(
  space: S,
  objective: Objective<S>,
  options: SearchOptions<S> & { count?: number; warmUp?: number; candidates?: number } = {},
): Promise<SearchResult<S>> {
  const { count = 25, warmUp = 5, candidates = 500, seed = 0 } = options;
  for (const [name, value] of Object.entries({ count, warmUp, candidates }))
    checkCount(`bayesianSearch: ${name}`, value);
  const runner = new Runner(space, objective, options);
  const stream = new Generator(seed);
  for (let i = 0; i < count; i++) {
    // The same numbers are drawn whatever the scores are.
    const points = Array.from({ length: candidates }, () => pointOf(space, stream));
    const usable = runner.trials.filter((trial) => Number.isFinite(runner.loss(trial)));
    if (i < warmUp || usable.length < 2) {
      await runner.run(choiceAt(space, points[0]!));
      continue;
    }
    const losses = usable.map((trial) => runner.loss(trial));
    const posterior = gaussianProcess(
      usable.map((trial) => coordinates(space, trial.choice)),
      losses,
    );
    const least = Math.min(...losses);
    let [next, gain] = [choiceAt(space, points[0]!), Number.NEGATIVE_INFINITY];
    for (const point of points) {
      const choice = choiceAt(space, point);
      const { mean, deviation } = posterior(coordinates(space, choice));
      const improvement = expectedImprovement(mean, deviation, least);
      if (improvement > gain) [next, gain] = [choice, improvement];
    }
    await runner.run(next);
  }
  return runner.result();
}

/**
 * Successive halving (Jamieson and Talwalkar, 2016): many choices with a small budget, the best of them with a larger one,
 * and so on.
 * @param options `count`: choices at the start, 27 by default; `factor`: 1/factor survive each round with factor times the budget, 3; `budget`: of the first round, 1.
 */
export async function successiveHalving<S extends Space>(
  space: S,
  objective: Objective<S>,
  options: SearchOptions<S> & { count?: number; factor?: number; budget?: number } = {},
): Promise<SearchResult<S>> {
  const { count = 27, factor = 3, budget = 1, seed = 0 } = options;
  checkCount('successiveHalving: count', count);
  if (!(factor > 1)) throw new ValueError(`successiveHalving: factor = ${factor}`, 'It must be larger than 1.');
  const runner = new Runner(space, objective, options);
  const stream = new Generator(seed);
  let choices = Array.from({ length: count }, () => choiceAt(space, pointOf(space, stream)));
  for (let spend = budget; ; spend *= factor) {
    const round: Trial<S>[] = [];
    for (const choice of choices) round.push(await runner.run(choice, spend));
    if (choices.length === 1) return runner.result();
    round.sort((a, b) => runner.loss(a) - runner.loss(b));
    choices = round.slice(0, Math.max(1, Math.floor(choices.length / factor))).map((trial) => trial.choice);
  }
}
