// In: a model, its optimizer, the random stream and the loader. Out: all that is needed to go on to the same bits.
import type { Module, StateDict } from '../nn/module.js';
import type { Optimizer, OptimizerState } from '../optim/optimizer.js';
import { generator, manualSeed } from '../random.js';

/** The state of a training between two epochs. Its values do not change when training goes on. */
export interface Snapshot {
  readonly model: StateDict;
  readonly optimizer: OptimizerState;
  readonly random: { readonly seed: number; readonly state: number };
  /** Epochs that the loader has gone through. */
  readonly loaderEpoch: number | null;
}
/** What a snapshot is taken of, and restored into. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Pick<Optimizer<never>, 'stateDict' | 'loadStateDict'>;
  /** Decides the order of the batches. */
  readonly loader?: { epoch: number };
}

/** Takes a snapshot; call it between two steps, best at the end of an epoch. */
export function snapshot({ model, optimizer, loader }: Training): Snapshot {
  const { seed, state } = generator();
  return {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    random: { seed, state },
    loaderEpoch: loader?.epoch ?? null,
  };
}

/** Goes back to a snapshot: what follows repeats what followed then, bit by bit. */
export function restore(saved: Snapshot, { model, optimizer, loader }: Training): void {
  model.loadStateDict(saved.model);
  optimizer.loadStateDict(saved.optimizer);
  manualSeed(saved.random.seed).state = saved.random.state;
  if (loader && saved.loaderEpoch !== null) loader.epoch = saved.loaderEpoch;
}
