// tslab's API (version 1.0.22) over this kernel's display: what `import * as tslab from 'tslab'` gives in cells.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Displayable, JUPYTER_DISPLAY } from '../display/bundle.js';
import { display as show, updateDisplay } from '../display/show.js';

/** This package's version in place of tslab's, and those of TypeScript and Node. */
export const versions: Versions = readVersions();

interface Versions {
  tslab: string;
  typescript: string;
  node: string;
}

/** Shows contents of one type each. Bytes are those of a file of that type. */
export interface Display {
  javascript(code: string): void;
  html(markup: string): void;
  markdown(text: string): void;
  latex(formula: string): void;
  svg(markup: string): void;
  png(bytes: Uint8Array): void;
  jpeg(bytes: Uint8Array): void;
  gif(bytes: Uint8Array): void;
  pdf(bytes: Uint8Array): void;
  text(text: string): void;
  /** Any type: text as it is, bytes in base64. */
  raw(contentType: string, content: string | Uint8Array): void;
}

/** A display whose contents each take the place of the one before. */
export function newDisplay(): Display {
  const id = randomUUID();
  let isShown = false;
  return displayWith((value) => {
    if (isShown) updateDisplay(id, value);
    else show(value, { id });
    isShown = true;
  });
}

/** Shows each content as an output of its own. */
export const display: Display = displayWith((value) => {
  show(value);
});

function displayWith(put: (value: Displayable) => void): Display {
  const raw = (contentType: string, content: string | Uint8Array): void => {
    const plain = contentType === 'text/plain' ? {} : { 'text/plain': `[${contentType}]` };
    put({ [JUPYTER_DISPLAY]: () => ({ ...plain, [contentType]: content }) });
  };
  return {
    javascript: (code) => raw('text/javascript', code),
    html: (markup) => raw('text/html', markup),
    markdown: (text) => raw('text/markdown', text),
    latex: (formula) => raw('text/latex', formula),
    svg: (markup) => raw('image/svg+xml', markup),
    png: (bytes) => raw('image/png', bytes),
    jpeg: (bytes) => raw('image/jpeg', bytes),
    gif: (bytes) => raw('image/gif', bytes),
    pdf: (bytes) => raw('application/pdf', bytes),
    text: (text) => raw('text/plain', text),
    raw,
  };
}

function readVersions(): Versions {
  const file = new URL('../../../package.json', import.meta.url);
  const { version, dependencies } = JSON.parse(readFileSync(file, 'utf8')) as {
    version: string;
    dependencies: { typescript: string };
  };
  return { tslab: version, typescript: dependencies.typescript, node: process.version };
}
