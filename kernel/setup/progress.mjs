// In: a name and some work. Out: a line when the work starts and one, with the time it took, when it ends.
import { performance } from 'node:perf_hooks';

export async function step(name, work) {
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  console.log(`▸ ${name}`);
  try {
    const result = await work();
    console.log(`✓ ${name}  ${seconds()}`);
    return result;
  } catch (error) {
    console.log(`✗ ${name}  ${seconds()}`);
    throw error;
  }
}
