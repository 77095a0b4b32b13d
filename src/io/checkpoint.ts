// In: a training under way. Out: one file from which it goes on to the same bits, whole even if the machine dies meanwhile.
import { DataError, ValueError } from '../errors.js';
import type { Module, StateDict } from '../nn/module.js';
import type { OptimizerState } from '../optim/optimizer.js';
import { type Generator, manualSeed, generator as sharedGenerator } from '../random.js';
import type { Tensor } from '../tensor.js';
import { asList, asRecord, fromJson, type Json, toJson } from './json.js';
import { openSafetensors, type SafetensorsFile, saveSafetensors } from './safetensors.js';

/** What a training consists of. */
export interface CheckpointParts {
  model: Module;
  /** An optimizer of `gradlab/optim`. */
  optimizer?: { stateDict(): OptimizerState; loadStateDict(saved: OptimizerState): void };
  /** A schedule of `gradlab/optim`, made as it was at the start. */
  schedule?: { time: number };
  /** The stream of random numbers. Default: the shared one, see `manualSeed`; null leaves it alone. */
  generator?: Generator | null;
}
/** How far a training is. */
export interface CheckpointProgress {
  /** Updates so far. */
  step: number;
  /** Whatever else is needed to go on: the epoch, the best score, … */
  extra: Json;
}

const format = 'gradlab checkpoint 1';
const prefix = { model: 'model.', optimizer: 'optimizer.' } as const;

const named = (tensors: Readonly<StateDict>, before: string): StateDict =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [before + name, t]));
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/**
 * Saves a training between two steps: weights, buffers, what the optimizer remembers, the place in the stream of random
 * numbers, and `step`. It is a safetensors file, `model.` and `optimizer.` before the names. A crash while writing leaves
 * the old file. Gradients are not kept.
 * @throws DataError where the file cannot be written; ValueError for a step that is no whole number, or extra values that JSON cannot hold.
 * @example await saveCheckpoint('run.safetensors', { model, optimizer, step })
 */
export async function saveCheckpoint(
  path: string,
  training: CheckpointParts & Partial<CheckpointProgress>,
): Promise<void> {
  const { model, optimizer, schedule, generator = sharedGenerator(), step = 0, extra = null } = training;
  if (!isCount(step)) throw new ValueError(`saveCheckpoint: step ${step}`, 'Use a whole number from 0.');
  const saved = optimizer?.stateDict();
  const metadata: Record<string, string> = {
    format,
    step: String(step),
    extra: toJson(extra, 'saveCheckpoint: extra'),
  };
  if (generator) metadata.generator = toJson({ seed: generator.seed, state: generator.state }, 'generator');
  if (schedule) metadata.schedule = String(schedule.time);
  // As texts, because options may be infinite.
  const texts = (group: Readonly<Record<string, number>>): Record<string, string> =>
    Object.fromEntries(Object.entries(group).map(([name, value]) => [name, String(value)]));
  if (saved)
    metadata.optimizer = toJson({ steps: saved.steps, groups: saved.groups.map(texts) }, 'state of the optimizer');
  const tensors = { ...named(model.stateDict(), prefix.model), ...named(saved?.slots ?? {}, prefix.optimizer) };
  await saveSafetensors(path, tensors, { metadata });
}

/** A file's metadata, read one by one. */
class Reader {
  constructor(
    private readonly path: string,
    private readonly metadata: Readonly<Record<string, string>>,
  ) {
    if (metadata.format !== format)
      throw new DataError(
        `${path} is not a checkpoint that can be read: its format is ${metadata.format === undefined ? 'not given' : `'${metadata.format.slice(0, 40)}'`}`,
        'Load plain weights with model.loadStateDict(await loadSafetensors(path)).',
      );
  }
  has(name: string): boolean {
    return Object.hasOwn(this.metadata, name);
  }
  damaged(name: string): DataError {
    return new DataError(`${this.path}: damaged checkpoint: '${name}' makes no sense`, 'Use an earlier checkpoint.');
  }
  json(name: string): Json {
    const value = this.has(name) ? fromJson(this.metadata[name]!) : undefined;
    if (value === undefined) throw this.damaged(name);
    return value;
  }
  count(name: string): number {
    const value = this.json(name);
    if (!isCount(value)) throw this.damaged(name);
    return value;
  }
  /** @throws ValueError where the file was saved without. */
  wanted(name: string): void {
    if (!this.has(name))
      throw new ValueError(
        `loadCheckpoint: ${this.path} was saved without ${name}`,
        `${name === 'generator' ? 'Pass generator: null' : `Leave ${name} out`}, or save it with the checkpoint.`,
      );
  }
  generator(): { seed: number; state: number } {
    const { seed, state } = asRecord(this.json('generator')) ?? {};
    if (!isCount(seed) || !isCount(state)) throw this.damaged('generator');
    return { seed, state };
  }
  optimizer(): Pick<OptimizerState, 'steps' | 'groups'> {
    const { steps, groups } = asRecord(this.json('optimizer')) ?? {};
    const counts = asList(steps)?.filter(isCount);
    const options = asList(groups)?.map((group) => asRecord(group));
    if (!counts || counts.length !== asList(steps)?.length || !options) throw this.damaged('optimizer');
    return {
      steps: counts,
      groups: options.map((group) => {
        if (!group) throw this.damaged('optimizer');
        return Object.fromEntries(Object.entries(group).map(([name, text]) => [name, Number(text)]));
      }),
    };
  }
}

async function tensorsOf(file: SafetensorsFile, before: string): Promise<StateDict> {
  const found: [string, Tensor][] = [];
  for (const name of file.names)
    if (name.startsWith(before)) found.push([name.slice(before.length), await file.tensor(name)]);
  return Object.fromEntries(found);
}

/**
 * Takes a training up where `saveCheckpoint` left it. Make model, optimizer and schedule as they were made before; what is
 * left out is not restored. Either everything is taken over or, when something does not fit, nothing.
 * @returns the step, and the extra values.
 * @throws DataError for a file that is damaged or no checkpoint; ValueError or ShapeError where the parts do not fit it.
 * @example const { step } = await loadCheckpoint('run.safetensors', { model, optimizer })
 */
export async function loadCheckpoint(path: string, training: CheckpointParts): Promise<CheckpointProgress> {
  const { model, optimizer, schedule, generator = sharedGenerator() } = training;
  await using file = await openSafetensors(path);
  const reader = new Reader(path, file.metadata);
  const progress = { step: reader.count('step'), extra: reader.json('extra') };
  for (const name of ['optimizer', 'schedule', 'generator'] as const)
    if (name === 'generator' ? generator : training[name]) reader.wanted(name);
  const time = schedule ? reader.count('schedule') : 0;
  const stream = generator ? reader.generator() : null;
  if (training.generator && stream && training.generator.seed !== stream.seed)
    throw new ValueError(
      `loadCheckpoint: the generator has the seed ${training.generator.seed}, the one saved ${stream.seed}`,
      `Make it with new Generator(${stream.seed}).`,
    );
  const state = optimizer ? { ...reader.optimizer(), slots: await tensorsOf(file, prefix.optimizer) } : null;
  const weights = await tensorsOf(file, prefix.model);
  const before = model.stateDict();
  model.loadStateDict(weights);
  try {
    if (state) optimizer?.loadStateDict(state);
  } catch (error) {
    model.loadStateDict(before);
    throw error;
  }
  if (schedule) schedule.time = time;
  if (generator && stream) (generator.seed === stream.seed ? generator : manualSeed(stream.seed)).state = stream.state;
  return progress;
}
