// In: this machine. Out: why browser tests cannot run here, for `skip(missing)`; undefined when they can.
import { existsSync } from 'node:fs';
import { findChromium } from '../../kernel/setup/find.mjs';
import { jupyterLab } from '../../kernel/setup/jupyterlab.mjs';

export const chromiumProgram = findChromium();

const noChromium = () =>
  process.env.GRADLAB_NO_CHROMIUM ??
  'no Chromium here: install Chromium or Chrome, or set GRADLAB_CHROMIUM to its path';
const noLab = () => process.env.GRADLAB_NO_LAB ?? 'no JupyterLab in .venv: npm test and npm start install it';

export const missing: string | undefined = chromiumProgram
  ? existsSync(jupyterLab('.', []).program)
    ? undefined
    : noLab()
  : noChromium();
