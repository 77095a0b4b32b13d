// Measures over whole sets.
export * from './bleu.js';
export * from './classification.js';
export type { Metric } from './metric.js';
export * from './ranking.js';
