// What the kernel says about itself.
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../contract.js';
import { PROTOCOL_VERSION } from '../wire/message.js';

const packageFile = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const { version, dependencies } = JSON.parse(packageFile) as { version: string; dependencies: { typescript: string } };

export const VERSION = version;
export const TYPESCRIPT_VERSION = dependencies.typescript;

/** What notebooks say that they are written in. As JavaScript, types are not looked at before a cell runs. */
export type NotebookLanguage = 'typescript' | 'javascript';

export const DISPLAY_NAMES = { typescript: 'TypeScript (gradlab)', javascript: 'JavaScript (gradlab)' } as const;

const LANGUAGES = {
  typescript: { version: TYPESCRIPT_VERSION, mimetype: 'text/typescript', file_extension: '.ts' },
  javascript: { version: process.versions.node, mimetype: 'text/javascript', file_extension: '.js' },
} as const;

export const kernelInfo = (name: NotebookLanguage): JsonObject => ({
  status: 'ok',
  protocol_version: PROTOCOL_VERSION,
  implementation: 'gradlab',
  implementation_version: VERSION,
  language_info: {
    name,
    ...LANGUAGES[name],
    pygments_lexer: name,
    codemirror_mode: name,
    nbconvert_exporter: 'script',
  },
  banner: `gradlab ${VERSION}: TypeScript ${TYPESCRIPT_VERSION} on Node ${process.versions.node}`,
  debugger: true,
  help_links: [
    { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
    { text: 'JavaScript', url: 'https://developer.mozilla.org/docs/Web/JavaScript' },
    { text: 'Node', url: 'https://nodejs.org/api/' },
  ],
  supported_features: ['debugger', 'kernel subshells'],
});
