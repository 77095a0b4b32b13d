// In: what happens while a model trains. Out: decisions: when to stop, what to keep, which learning rate to take.
import { ValueError } from '../errors.js';
import type { Layer, StateDict } from '../nn/module.js';
import type { Batches, Callback, EpochRecord, Loss, Run, Stepper } from './fit.js';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** Which score decides. Default `'validationLoss'`. */
  monitor?: string;
  /** Is a smaller or a larger score better? Default: larger for accuracies and the like, else smaller. */
  mode?: 'min' | 'max';
  /** Epochs without improvement that are tolerated. Default 3. */
  patience?: number;
  /** Improvement that counts. Default 0. */
  minDelta?: number;
  /** Goes back to the weights of the best epoch at the end. Default true. */
  restoreBest?: boolean;
}

const growing = /accuracy|precision|recall|f1|auc|bleu/i;

function scoreOf(record: EpochRecord, monitor: string): number {
  const score = record.scores[monitor];
  if (score === undefined)
    throw new ValueError(
      `no score '${monitor}' in epoch ${record.epoch}`,
      `There are: ${Object.keys(record.scores).join(', ')}. Scores of a validation set need the option validation.`,
    );
  return score;
}

/** Stops when a score has not improved for a while, and keeps the best weights. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = 'validationLoss', patience = 3, minDelta = 0, restoreBest = true } = options;
  const sign = (options.mode ?? (growing.test(monitor) ? 'max' : 'min')) === 'min' ? 1 : -1;
  let best = Number.POSITIVE_INFINITY;
  let bad = 0;
  let weights: StateDict | null = null;
  return {
    onStart() {
      [best, bad, weights] = [Number.POSITIVE_INFINITY, 0, null];
    },
    onEpoch(record, run) {
      const score = sign * scoreOf(record, monitor);
      if (score < best - minDelta) {
        [best, bad] = [score, 0];
        if (restoreBest) weights = run.model.stateDict();
      } else if (++bad > patience)
        run.stop(`${monitor} has not improved for ${bad} epochs; its best was ${sign * best}`);
    },
    onEnd({ model }: Run) {
      if (weights) model.loadStateDict(weights);
    },
  };
}

/** What `findLearningRate` measured. */
export interface RateSearch {
  readonly rates: readonly number[];
  /** Smoothed losses at those rates. */
  readonly losses: readonly number[];
  /** The rate at which the loss falls fastest. */
  readonly suggestion: number;
}

/**
 * Learning-rate finder (Smith, 2017): a few steps with rates that grow from `from` to `to`; stops when the loss explodes.
 * The weights and the rate are put back; use a fresh optimizer afterwards.
 */
export async function findLearningRate(
  model: Layer,
  options: { train: Batches; optimizer: Stepper; loss: Loss; from?: number; to?: number; steps?: number },
): Promise<RateSearch> {
  const { train, optimizer, loss: lossOf, from = 1e-6, to = 1, steps = 100 } = options;
  if (!(from > 0 && to > from && steps > 2))
    throw new ValueError(
      `findLearningRate: from ${from} to ${to} in ${steps} steps`,
      'Rates are positive and grow, in at least 3 steps.',
    );
  const [weights, rate, training] = [model.stateDict(), optimizer.lr, model.training];
  const rates: number[] = [];
  const losses: number[] = [];
  let [mean, best] = [0, Number.POSITIVE_INFINITY];
  const keep = 0.9;
  try {
    model.train();
    search: while (rates.length < steps) {
      const before = rates.length;
      for await (const { x, y } of train) {
        optimizer.lr = from * (to / from) ** (rates.length / (steps - 1));
        optimizer.zeroGrad();
        const loss = lossOf(model.forward(x), y);
        loss.backward();
        optimizer.step();
        mean = keep * mean + (1 - keep) * loss.item();
        const smooth = mean / (1 - keep ** (rates.length + 1));
        if (!Number.isFinite(smooth) || smooth > 4 * best) break search;
        rates.push(optimizer.lr);
        losses.push(smooth);
        best = Math.min(best, smooth);
        if (rates.length === steps) break search;
      }
      if (rates.length === before)
        throw new ValueError(
          'findLearningRate: the training set gave no batches',
          'Is it empty, or an iterator that was used up?',
        );
    }
  } finally {
    model.loadStateDict(weights);
    model.train(training);
    optimizer.lr = rate;
    optimizer.zeroGrad();
  }
  let [steepest, at] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 1; i < losses.length - 1; i++) {
    const slope = losses[i + 1]! - losses[i - 1]!;
    if (slope < steepest) [steepest, at] = [slope, i];
  }
  return { rates, losses, suggestion: rates[at] ?? from };
}
