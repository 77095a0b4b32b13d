// complete, inspect and is_complete requests → replies; positions between code points and UTF-16.
import type { JsonObject } from '../contract.js';
import { completeRequest, inspectRequest, isCompleteRequest } from '../wire/requests.js';
import type { Language } from './language.js';
import { blankMagics, MAGIC_NAMES } from './magics.js';
import { toCodePoints, toUtf16 } from './position.js';

export class Assist {
  readonly #language: Language;
  readonly #names: () => readonly string[];

  /** `names`: what the running session knows. */
  constructor(language: Language, names: () => readonly string[]) {
    this.#language = language;
    this.#names = names;
  }

  async complete(content: JsonObject): Promise<JsonObject> {
    const { code, cursor } = completeRequest(content);
    const at = toUtf16(code, cursor);
    const magic = /(?:^|\n)\s*(%\w*)$/.exec(code.slice(0, at))?.[1];
    if (magic) return completeMagic(magic, cursor);
    const checker = await this.#language.checker();
    const { matches, start, end } = await checker.complete(blankMagics(code), at, { extraNames: this.#names() });
    const from = toCodePoints(code, start);
    const to = toCodePoints(code, end);
    const types = matches.map(({ text, kind, signature }) => ({ text, type: kind, signature, start: from, end: to }));
    return {
      status: 'ok',
      matches: matches.map(({ text }) => text),
      cursor_start: from,
      cursor_end: to,
      metadata: { _jupyter_types_experimental: types },
    };
  }

  async inspect(content: JsonObject): Promise<JsonObject> {
    const { code, cursor, detail } = inspectRequest(content);
    const checker = await this.#language.checker();
    const found = await checker.inspect(blankMagics(code), toUtf16(code, cursor), detail);
    if (!found) return { status: 'ok', found: false, data: {}, metadata: {} };
    const data = { 'text/markdown': found.markdown, 'text/plain': found.text };
    return { status: 'ok', found: true, data, metadata: {} };
  }

  async isComplete(content: JsonObject): Promise<JsonObject> {
    const { code } = isCompleteRequest(content);
    const typescript = blankMagics(code);
    if (typescript.trim() === '') return { status: 'complete' };
    const { isComplete } = await this.#language.cell();
    return { ...isComplete(typescript) };
  }
}

function completeMagic(typed: string, cursor: number): JsonObject {
  const matches = MAGIC_NAMES.filter((name) => name.startsWith(typed));
  const start = cursor - typed.length;
  const types = matches.map((text) => ({ text, type: 'magic', start, end: cursor }));
  const metadata = { _jupyter_types_experimental: types };
  return { status: 'ok', matches, cursor_start: start, cursor_end: cursor, metadata };
}
