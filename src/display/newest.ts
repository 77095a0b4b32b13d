// In: tensors of step after step. Out: the newest of them, computed together with its step.
import { awaitBuffer } from '../boundary.js';
import type { Tensor } from '../tensor.js';

/** A place for one tensor of many; those that were replaced before their step ended are never computed. */
export class Newest {
  #tensor: Tensor | undefined;

  get tensor(): Tensor | undefined {
    return this.#tensor;
  }
  /** What the step boundary computes. */
  get node(): Tensor['node'] {
    return this.#tensor!.node;
  }
  /** Keeps the value of `tensor`, without its history. */
  set(tensor: Tensor): void {
    this.#tensor = tensor.detach();
    awaitBuffer(this);
  }
}
