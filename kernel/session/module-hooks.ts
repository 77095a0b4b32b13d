// Imports of files in the user's own folders → the files as they are now: TypeScript as JavaScript, and anew when edited.
// Node runs this in its loader thread.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { dirname, extname, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { TranspileAnswer } from '../contract.js';
import { AGAIN } from './threads.js';

export interface HooksData {
  /** To the line thread, which has the server's TypeScript. */
  port: MessagePort;
  /** Where `gradlab` and `gradlab/…` are when the user's folder has none. */
  own: { [specifier: string]: string };
}

const TYPESCRIPT = new Set(['.ts', '.tsx', '.mts']);
const SCRIPTS = new Set([...TYPESCRIPT, '.js', '.mjs', '.jsx']);
/** What a specifier may leave out, or call by its name after compilation. */
const ENDINGS = ['.ts', '.tsx', '.mts', '.js', '.mjs', '/index.ts', '/index.js'];

let port: MessagePort;
let own: { [specifier: string]: string };
const waiting = new Map<number, (answer: TranspileAnswer) => void>();
let lastRequest = 0;

export const initialize: InitializeHook<HooksData> = (data) => {
  ({ port, own } = data);
  port.on('message', (answer: TranspileAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  port.unref();
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  const { parentURL } = context;
  if (/^(\.{0,2}\/|file:)/.test(specifier) && parentURL?.startsWith('file:')) {
    const asked = new URL(specifier, parentURL);
    const path = locate(fileURLToPath(asked));
    if (path && isLocal(path)) {
      const again = asked.searchParams.get(AGAIN) ?? new URL(parentURL).searchParams.get(AGAIN);
      const url = `${pathToFileURL(path).href}?v=${version(path, new Set())}`;
      return { url: again ? `${url}&${AGAIN}=${again}` : url, shortCircuit: true };
    }
  }
  try {
    return await next(specifier, context);
  } catch (error) {
    const url = own[specifier];
    if (url) return { url, shortCircuit: true };
    throw error;
  }
};

export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith('file:') || !TYPESCRIPT.has(extname(new URL(url).pathname))) return next(url, context);
  const path = fileURLToPath(url);
  const id = ++lastRequest;
  const answered = new Promise<TranspileAnswer>((answer) => waiting.set(id, answer));
  port.ref();
  port.postMessage({ id, url, path, source: readFileSync(path, 'utf8') });
  const { code, problem } = await answered;
  if (waiting.size === 0) port.unref();
  if (code === undefined) throw new SyntaxError(problem ?? `${path} cannot be compiled`);
  return { format: 'module', source: code, shortCircuit: true };
};

/** The user's own files can change while the kernel runs; packages are left alone. */
function isLocal(path: string): boolean {
  return SCRIPTS.has(extname(path)) && !path.includes('node_modules');
}

function locate(path: string): string | undefined {
  if (isFile(path)) return path;
  const bare = path.replace(/\.m?jsx?$/, '');
  return ENDINGS.map((ending) => bare + ending).find(isFile);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Changes when the file, or a local file that it imports, changes. */
function version(path: string, seen: Set<string>): string {
  seen.add(path);
  const source = readFileSync(path);
  const hash = createHash('sha1').update(source);
  // Text that only looks like an import costs one needless look at a file.
  for (const [, specifier = ''] of source.toString().matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g)) {
    const imported = locate(resolvePath(dirname(path), specifier));
    if (imported && isLocal(imported) && !seen.has(imported)) hash.update(version(imported, seen));
  }
  return hash.digest('hex').slice(0, 12);
}
