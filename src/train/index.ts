// gradlab/train: the training loop, metrics over whole sets.
export {
  type Batch,
  type Batches,
  type Callback,
  type Curves,
  type EpochRecord,
  evaluate,
  type FitOptions,
  fit,
  type History,
  type Loss,
  type Run,
  type Scores,
  type StepRecord,
} from './fit.js';
export { accuracy, type Metric } from './metrics.js';
