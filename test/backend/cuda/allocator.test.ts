// The allocator on a pretended device: reuse, splitting, merging, giving back, and who is named when there is too little.
import { describe, expect, test } from 'vitest';
import { Allocator, type Block, OutOfMemory } from '../../../src/backend/cuda/allocator.js';
import { Generator } from '../../../src/random.js';

const MiB = 1 << 20;

/** A device with so many bytes that checks what it is given back. */
function device(total: number) {
  const taken = new Map<number, number>();
  let next = MiB;
  return {
    taken,
    take(bytes: number): number | null {
      const held = [...taken.values()].reduce((a, b) => a + b, 0);
      if (held + bytes > total) return null;
      const address = next;
      next += bytes + MiB;
      taken.set(address, bytes);
      return address;
    },
    give(address: number): void {
      if (!taken.delete(address)) throw new Error('given back twice');
    },
  };
}
const nothing = (): void => {};

describe('allocator', () => {
  test('a freed block serves the next request of its size', () => {
    const memory = new Allocator(device(100 * MiB), nothing);
    const first = memory.allocate(3 * MiB, 'a');
    memory.free(first);
    expect(memory.allocate(3 * MiB, 'b').address).toBe(first.address);
  });

  test('small blocks share what was taken, large ones are cut from larger', () => {
    const source = device(100 * MiB);
    const memory = new Allocator(source, nothing);
    for (let i = 0; i < 100; i++) memory.allocate(1000, 'small');
    memory.allocate(4 * MiB, 'large');
    memory.allocate(4 * MiB, 'large');
    expect([...source.taken.values()]).toEqual([2 * MiB, 20 * MiB]);
    expect(memory.used).toBe(100 * 1024 + 8 * MiB);
  });

  test('neighbours merge, in whatever order they come back', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 2],
    ]) {
      const source = device(20 * MiB);
      const memory = new Allocator(source, nothing);
      const blocks = [5, 6, 7].map((size) => memory.allocate(size * MiB, 'part'));
      for (const i of order) memory.free(blocks[i]!);
      expect(memory.allocate(20 * MiB, 'whole').bytes).toBe(20 * MiB);
    }
  });

  test('what is kept goes back to the device before a request fails', () => {
    const source = device(40 * MiB);
    const memory = new Allocator(source, nothing);
    memory.free(memory.allocate(30 * MiB, 'old'));
    expect(memory.allocate(36 * MiB, 'new').bytes).toBe(36 * MiB);
    expect(memory.reserved).toBe(36 * MiB);
  });

  test('unreachable blocks are looked for before a request fails', () => {
    let garbage: Block | null = null;
    const memory: Allocator = new Allocator(device(40 * MiB), () => {
      if (garbage) memory.free(garbage);
      garbage = null;
    });
    garbage = memory.allocate(30 * MiB, 'garbage');
    expect(memory.allocate(30 * MiB, 'next').bytes).toBe(30 * MiB);
  });

  test('a failed request says who holds how much', () => {
    const memory = new Allocator(device(40 * MiB), nothing);
    memory.allocate(12 * MiB, 'float32[3145728]');
    memory.allocate(12 * MiB, 'float32[3145728]');
    memory.allocate(2 * MiB, 'scratch');
    try {
      memory.allocate(30 * MiB, 'x');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemory);
      expect((error as OutOfMemory).held).toEqual([
        { what: 'float32[3145728]', count: 2, bytes: 24 * MiB },
        { what: 'scratch', count: 1, bytes: 2 * MiB },
      ]);
    }
  });

  test('a block is freed once', () => {
    const memory = new Allocator(device(40 * MiB), nothing);
    const block = memory.allocate(10, 'x');
    memory.free(block);
    expect(() => memory.free(block)).toThrow('twice');
  });

  test.each([true, false])('thousands of requests never overlap, and everything goes back (cache: %s)', (caching) => {
    const source = device(1 << 30);
    const memory = new Allocator(source, nothing, 256 * MiB, caching);
    const random = new Generator(7);
    const live: { block: Block; bytes: number }[] = [];
    for (let i = 0; i < 4000; i++) {
      if (live.length > 0 && random.next() < 0.5) {
        memory.free(live.splice(Math.floor(random.next() * live.length), 1)[0]!.block);
        continue;
      }
      const bytes = Math.floor(2 ** (random.next() * 23));
      const block = memory.allocate(bytes, 'x');
      expect(block.bytes).toBeGreaterThanOrEqual(bytes);
      live.push({ block, bytes });
    }
    const sorted = live.map(({ block }) => block).sort((a, b) => a.address - b.address);
    sorted.forEach((block, i) => {
      if (i > 0) expect(block.address).toBeGreaterThanOrEqual(sorted[i - 1]!.address + sorted[i - 1]!.bytes);
      const home = [...source.taken].find(([from, bytes]) => block.address >= from && block.address < from + bytes);
      expect(block.address + block.bytes).toBeLessThanOrEqual(home![0] + home![1]);
    });
    expect(memory.used).toBe(sorted.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { block } of live) memory.free(block);
    memory.release();
    expect([memory.used, memory.reserved, source.taken.size]).toEqual([0, 0, 0]);
  });
});
