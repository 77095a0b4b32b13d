// In: the system's Chromium. Out: a headless browser with an empty profile, or the reason why there is none.
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../kernel/setup/find.mjs';

const program = findChromium();

/** Why browser tests cannot run here, for `skip(reason)`; undefined when they can. */
export const noBrowser: string | undefined = program
  ? undefined
  : (process.env.GRADLAB_NO_CHROMIUM ??
    'no Chromium here: install Chromium or Chrome, or set GRADLAB_CHROMIUM to its path');

/** Playwright gives each browser its own empty profile, and removes it afterwards. */
export function launchBrowser(): Promise<Browser> {
  if (!program) throw new Error(noBrowser);
  return chromium.launch({
    executablePath: program,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
