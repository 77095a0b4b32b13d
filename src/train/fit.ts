// In: a model, batches, a loss and an optimizer. Out: a trained model and the history of its training.
import { awaitLoss } from '../boundary.js';
import { ValueError } from '../errors.js';
import { evaluate as compute } from '../evaluate.js';
import type { Layer } from '../nn/module.js';
import { noGrad, type Tensor } from '../tensor.js';
import { type Metric, Tally } from './metrics/metric.js';

/** Samples and what the model should say about them. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
/** Batches that can be gone through once an epoch; `length` (batches an epoch) is for progress. */
export type Batches = (Iterable<Batch> | AsyncIterable<Batch>) & { readonly length?: number };
/** A loss of predictions and targets: one number. */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;
/** Measures by name: `loss` and each metric. */
export type Scores = Record<string, number>;

/** One epoch of a history; validation measures are prefixed: `validationLoss`, `validationAccuracy`. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Updates since the start. */
  readonly steps: number;
  /** Seconds since the start. */
  readonly seconds: number;
  readonly scores: Readonly<Scores>;
}
/** What happened in an epoch's every step, for callbacks. */
export interface StepRecord {
  /** From 1, over all epochs. */
  readonly step: number;
  readonly epoch: number;
  /** Updates that the whole training will take, where known. */
  readonly total: number | null;
  readonly loss: number;
  /** Measures of the epoch so far. */
  readonly scores: Readonly<Scores>;
}

/** What the callbacks see and steer. */
export interface Run {
  readonly model: Layer;
  readonly optimizer: Stepper;
  readonly history: readonly EpochRecord[];
  /** Ends the training after the present step. */
  stop(reason: string): void;
}
/** Functions called as training goes on. */
export interface Callback {
  onStart?(run: Run): void | Promise<void>;
  onStep?(record: StepRecord, run: Run): void | Promise<void>;
  onEpoch?(record: EpochRecord, run: Run): void | Promise<void>;
  onEnd?(run: Run): void | Promise<void>;
}
/** Where the curves of a training go, such as a `livePlot` of `gradlab/display`. */
export interface Curves {
  push(point: { readonly step: number; readonly epoch: number; readonly [metric: string]: number }): void;
  done(): void;
}
/** What `fit` asks of an optimizer. */
export interface Stepper {
  lr: number;
  zeroGrad(): void;
  step(): void;
}

/** Options of `fit`. */
export interface FitOptions {
  /** Training batches. */
  train: Batches;
  optimizer: Stepper;
  loss: Loss;
  /** Passes over the training batches. Default 1. */
  epochs?: number;
  /** Measures beside the loss. */
  metrics?: readonly Metric[];
  /** Batches to measure after each epoch, without training on them. */
  validation?: Batches;
  callbacks?: readonly Callback[];
  /** Draws every step's loss and scores, and every epoch's validation: true for a live plot, or where to draw. Default: none. */
  livePlot?: boolean | Curves;
  /** Moved on after every `scheduleEach`. */
  schedule?: { step(): void };
  /** Default `'step'`. */
  scheduleEach?: 'step' | 'epoch';
  /** Called between `backward()` and the update: the place for `clipGradNorm`. */
  beforeUpdate?: () => void;
}

/** What `fit` returns. */
export interface History {
  readonly epochs: readonly EpochRecord[];
  /** Loss of every step. */
  readonly losses: readonly number[];
  readonly seconds: number;
  /** Why training ended before its last epoch, or null. */
  readonly stopped: string | null;
}

/** Milliseconds after which training lets the event loop run: messages, timers and plots. */
const patience = 12;
class Breath {
  #last = performance.now();
  /** Yields to the event loop where that is due. */
  async take(): Promise<void> {
    if (performance.now() - this.#last < patience) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#last = performance.now();
  }
}

const seconds = (since: number): number => (performance.now() - since) / 1000;
const validationName = (name: string): string => `validation${name[0]!.toUpperCase()}${name.slice(1)}`;

/** Weighted mean loss and metrics over the batches of a set. */
class Score {
  #loss = 0;
  #samples = 0;
  readonly #tallies: Tally[];
  constructor(metrics: readonly Metric[]) {
    this.#tallies = metrics.map((metric) => new Tally(metric));
  }
  /** What the metrics want computed of a batch. */
  observe(prediction: Tensor, target: Tensor): Tensor[] {
    return noGrad(() => this.#tallies.map(({ metric }) => metric.observe(prediction.detach(), target)));
  }
  /** Takes in computed values. */
  add(loss: number, samples: number, observed: readonly Tensor[]): void {
    this.#loss += loss * samples;
    this.#samples += samples;
    this.#tallies.forEach((tally, i) => {
      tally.add(observed[i]!);
    });
  }
  result(): Scores {
    if (this.#samples === 0) return {};
    return {
      loss: this.#loss / this.#samples,
      ...Object.fromEntries(this.#tallies.map((tally) => [tally.metric.name, tally.result()])),
    };
  }
}

function checkFinite(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new ValueError(
    `fit: the loss is ${loss} at step ${step}`,
    'Lower the learning rate, clip the gradients, or look for NaN and infinity in the data.',
  );
}

/**
 * Measures a model on a set, in evaluation mode, without gradients.
 * @returns `loss` (mean over samples) and each metric by name.
 */
export async function evaluate(
  model: Layer,
  batches: Batches,
  options: { loss: Loss; metrics?: readonly Metric[] },
): Promise<Scores> {
  const score = new Score(options.metrics ?? []);
  const breath = new Breath();
  const before = model.training;
  model.eval();
  try {
    for await (const { x, y } of batches) {
      const { loss, observed } = noGrad(() => {
        const prediction = model.forward(x);
        return { loss: options.loss(prediction, y), observed: score.observe(prediction, y) };
      });
      compute([loss, ...observed].map((t) => t.node));
      score.add(loss.item(), x.shape[0] ?? 1, observed);
      await breath.take();
    }
  } finally {
    model.train(before);
  }
  return score.result();
}

/**
 * Trains `model`: for every batch forward, loss, backward, update; the event loop runs in between, so that a notebook
 * stays responsive. Awaits its callbacks.
 * @returns the history. The model is left in training mode as it was before.
 * @throws ValueError when the loss is not finite, there are no batches, or `epochs` is not a whole number.
 */
export async function fit(model: Layer, options: FitOptions): Promise<History> {
  const {
    train,
    optimizer,
    loss: lossOf,
    epochs = 1,
    metrics = [],
    validation,
    callbacks = [],
    schedule,
    scheduleEach = 'step',
  } = options;
  if (!Number.isInteger(epochs) || epochs < 0)
    throw new ValueError(`fit: epochs = ${epochs}`, 'It must be a whole number, 0 or more.');
  const start = performance.now();
  const history: EpochRecord[] = [];
  const losses: number[] = [];
  let stopped: string | null = null;
  const run: Run = {
    model,
    optimizer,
    history,
    stop: (reason) => {
      stopped ??= reason;
    },
  };
  const total = train.length === undefined ? null : train.length * epochs;
  const curves = await curvesOf(options.livePlot, total, epochs);
  const breath = new Breath();
  const before = model.training;
  try {
    for (const callback of callbacks) await callback.onStart?.(run);
    for (let epoch = 1; epoch <= epochs && stopped === null; epoch++) {
      const score = new Score(metrics);
      let batches = 0;
      model.train();
      for await (const { x, y } of train) {
        batches++;
        optimizer.zeroGrad();
        const prediction = model.forward(x);
        const loss = lossOf(prediction, y);
        const observed = score.observe(prediction, y);
        for (const t of observed) awaitLoss(t);
        loss.backward();
        options.beforeUpdate?.();
        optimizer.step();
        if (scheduleEach === 'step') schedule?.step();
        const value = loss.item();
        losses.push(value);
        checkFinite(value, losses.length);
        score.add(value, x.shape[0] ?? 1, observed);
        const record: StepRecord = { step: losses.length, epoch, total, loss: value, scores: score.result() };
        if (curves) {
          // Curves show each batch by itself: a mean since the epoch began would jump where the next one begins.
          const own = new Score(metrics);
          own.add(value, x.shape[0] ?? 1, observed);
          curves.push({ ...own.result(), step: record.step, epoch, loss: value });
        }
        for (const callback of callbacks) await callback.onStep?.(record, run);
        await breath.take();
        if (stopped !== null) break;
      }
      if (batches === 0)
        throw new ValueError(
          'fit: the training set gave no batches',
          'Is it empty, or an iterator that was used up? Pass a DataLoader or an array of batches.',
        );
      if (scheduleEach === 'epoch') schedule?.step();
      const scores = score.result();
      if (validation) {
        const measured = await evaluate(model, validation, { loss: lossOf, metrics });
        for (const [name, value] of Object.entries(measured)) scores[validationName(name)] = value;
        curves?.push({
          ...Object.fromEntries(Object.entries(measured).map(([name, value]) => [validationName(name), value])),
          step: losses.length,
          epoch,
        });
      }
      const record: EpochRecord = { epoch, steps: losses.length, seconds: seconds(start), scores };
      history.push(record);
      for (const callback of callbacks) await callback.onEpoch?.(record, run);
    }
  } finally {
    model.train(before);
    for (const callback of callbacks) await callback.onEnd?.(run);
    curves?.done();
  }
  return { epochs: history, losses, seconds: seconds(start), stopped };
}

async function curvesOf(
  wanted: boolean | Curves | undefined,
  steps: number | null,
  epochs: number,
): Promise<Curves | null> {
  if (!wanted) return null;
  if (wanted !== true) return wanted;
  const { livePlot } = await import('../display/live-plot.js');
  return livePlot({ epochs, ...(steps !== null && { steps }) });
}
