// Entries go in; the newest of them stay, so that a long notebook costs no more than a short one.

/** A map that forgets its oldest entries. */
export class Recent<K, V> extends Map<K, V> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  /** Setting an entry again makes it the newest. */
  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#most) {
      const [oldest] = this.keys();
      this.delete(oldest as K);
    }
    return this;
  }
}
