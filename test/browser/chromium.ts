// In: the system's Chromium. Out: a headless browser with an empty profile.
import { type Browser, chromium } from 'playwright-core';
import { chromiumProgram, missing } from './needs.js';

/** Playwright gives each browser its own empty profile, and removes it afterwards. */
export function launchBrowser(): Promise<Browser> {
  if (!chromiumProgram) throw new Error(missing);
  return chromium.launch({
    executablePath: chromiumProgram,
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
