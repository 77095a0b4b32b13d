// Real sets, or what stands in for them.
export { cora } from './cora.js';
export { type FashionOptions, fashionMnist, type Pictures } from './fashion-mnist.js';
export type { Sourced, SourceOptions } from './folder.js';
export { penguins } from './penguins.js';
export { names, tinyShakespeare } from './texts.js';
