// In: nothing. Out: a Chromium for the browser tests, from the system's packages where we may install it, or why there is none.
import { run } from './command.mjs';
import { findChromium, programsNamed } from './find.mjs';
import { step } from './progress.mjs';

/** Resolves to `{ program }` or to `{ missing }`, the reason in words. */
export async function provideChromium() {
  const program = findChromium();
  if (program) return { program };
  const remedy = 'install Chromium or Chrome, or set GRADLAB_CHROMIUM to its path';
  const [apt] = programsNamed('apt-get');
  if (!apt || process.getuid?.() !== 0) return { missing: `no Chromium here: ${remedy}` };
  try {
    await step('Install Chromium with apt-get', async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run(apt, ['update', '-q'], { env });
      await run(apt, ['install', '-q', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { env });
    });
  } catch (error) {
    return { missing: `no Chromium here, and apt-get could not install it (${error.tail(1)}): ${remedy}` };
  }
  // Ubuntu's package only points to a snap, which does not run in a container.
  const installed = findChromium();
  return installed ? { program: installed } : { missing: `apt-get installed no Chromium that runs: ${remedy}` };
}
