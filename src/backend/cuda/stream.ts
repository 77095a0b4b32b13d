// In: work for the GPU, in order. Out: one stream on which all of it runs, with page-locked memory through which bytes come and go.
import koffi from 'koffi';
import { constants, type Driver } from './driver.js';
import { Result } from './errors.js';

/** Page-locked memory: copies to and from it do not hold up the program. */
const stagingBytes = 8 << 20;
const alignment = 256;

/** Yields to the event loop, at first without delay. */
const turn = (rounds: number): Promise<void> =>
  new Promise((resolve) => {
    if (rounds < 50) setImmediate(resolve);
    else setTimeout(resolve, rounds < 500 ? 0 : 2);
  });

/** The order in which the GPU works. */
export class Stream {
  readonly #driver: Driver;
  readonly handle: number;
  readonly #staging: { readonly address: number; readonly bytes: Uint8Array };
  /** Staging memory below this may still be read by copies that wait. */
  #staged = 0;

  constructor(driver: Driver) {
    this.#driver = driver;
    this.handle = driver.get('cuStreamCreate', constants.CU_STREAM_NON_BLOCKING);
    const address = driver.get('cuMemHostAlloc', stagingBytes, 0);
    this.#staging = { address, bytes: new Uint8Array(koffi.view(BigInt(address), stagingBytes)) };
  }

  /** Waits until everything is done. @throws DeviceError where some of it failed */
  synchronize(): void {
    this.#driver.call('cuStreamSynchronize', this.handle);
    this.#staged = 0;
  }

  /** Copies to the device; `bytes` may change as soon as this returns. */
  write(to: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += stagingBytes) {
      const part = bytes.subarray(from, from + stagingBytes);
      const at = this.#stage(part.length);
      this.#staging.bytes.set(part, at);
      this.#driver.call('cuMemcpyHtoDAsync_v2', to + from, this.#staging.address + at, part.length, this.handle);
    }
  }

  /** Copies from the device, once what was asked for before is done; the last copies are waited for together. */
  read(...targets: readonly { readonly from: number; readonly bytes: Uint8Array }[]): void {
    const pending: { readonly part: Uint8Array; readonly at: number }[] = [];
    const land = (): void => {
      this.synchronize();
      for (const { part, at } of pending.splice(0)) part.set(this.#staging.bytes.subarray(at, at + part.length));
    };
    for (const { from, bytes } of targets)
      for (let done = 0; done < bytes.length; done += stagingBytes) {
        const part = bytes.subarray(done, done + stagingBytes);
        if (this.#staged + part.length > stagingBytes) land();
        const at = this.#stage(part.length);
        pending.push({ part, at });
        const to = this.#staging.address + at;
        this.#driver.call('cuMemcpyDtoHAsync_v2', to, from + done, part.length, this.handle);
      }
    land();
  }

  /** Fills words of the device's memory. */
  fill(to: number, word: number, count: number): void {
    this.#driver.call('cuMemsetD32Async', to, word, count, this.handle);
  }

  /** Resolves once everything asked for so far is done, without keeping the thread waiting. */
  async idle(): Promise<void> {
    const event = this.#driver.get('cuEventCreate', constants.CU_EVENT_DISABLE_TIMING);
    try {
      this.#driver.call('cuEventRecord', event, this.handle);
      for (let rounds = 0; ; rounds++) {
        const code = this.#driver.attempt('cuEventQuery', event);
        if (code === Result.success) return;
        if (code !== Result.notReady) throw this.#driver.error(code, 'cuEventQuery');
        await turn(rounds);
      }
    } finally {
      this.#driver.discard('cuEventDestroy_v2', event);
    }
  }

  /** A place in the staging memory that no copy uses any more. */
  #stage(bytes: number): number {
    if (this.#staged + bytes > stagingBytes) this.synchronize();
    const at = this.#staged;
    this.#staged += Math.ceil(bytes / alignment) * alignment;
    return at;
  }
}
