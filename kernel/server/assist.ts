// complete, inspect and is_complete requests → replies; positions between code points and UTF-16.
import type { JsonObject, Member } from '../contract.js';
import { textBefore } from '../types/before.js';
import type { CellCompletions, Completion } from '../types/index.js';
import { completeRequest, inspectRequest, isCompleteRequest } from '../wire/requests.js';
import type { Language } from './language.js';
import { blankMagics, MAGIC_NAMES } from './magics.js';
import { toCodePoints, toUtf16 } from './position.js';

/** What the running session knows. */
export interface Known {
  names(): readonly string[];
  /** Of the value at a path of names; undefined while the session is busy. */
  members(path: string[]): Promise<readonly Member[] | undefined>;
}

export class Assist {
  readonly #language: Language;
  readonly #known: Known;

  constructor(language: Language, known: Known) {
    this.#language = language;
    this.#known = known;
  }

  async complete(content: JsonObject): Promise<JsonObject> {
    const { code, cursor } = completeRequest(content);
    const at = toUtf16(code, cursor);
    const magic = /(?:^|\n)\s*(%\w*)$/.exec(textBefore(code, at))?.[1];
    if (magic) return completeMagic(magic, cursor);
    const checker = await this.#language.checker();
    const found = await checker.complete(blankMagics(code), at, { extraNames: this.#known.names() });
    const { matches, start, end } = found.matches.length > 0 ? found : await this.#completeValue(code, at, found);
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

  /** Where types know nothing, as of `any`, the value may. */
  async #completeValue(code: string, at: number, nothing: CellCompletions): Promise<CellCompletions> {
    const [, path, typed = ''] = MEMBER.exec(textBefore(code, at)) ?? [];
    const members = path === undefined ? [] : ((await this.#known.members(namesOf(path))) ?? []);
    const fitting = members.filter(({ name }) => name.toLowerCase().startsWith(typed.toLowerCase()));
    if (fitting.length === 0) return nothing;
    const matches = fitting.map(
      ({ name, kind, type }): Completion =>
        type ? { text: name, kind, signature: `${name}: ${type}` } : { text: name, kind },
    );
    return { matches, start: at - typed.length, end: at };
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
    const { isComplete, objectInParentheses } = await this.#language.cell();
    return { ...isComplete(objectInParentheses(typescript)) };
  }
}

const NAME = '[\\p{ID_Start}$_][\\p{ID_Continue}$]*';
const INDEX = `\\[(?:\\d+|'[^'\\\\]*'|"[^"\\\\]*")\\]`;
/** A path of names and literal indices, a dot, and what is typed of a member's name. */
const MEMBER = new RegExp(
  `(?<![.)\\]\\p{ID_Continue}$])(${NAME}(?:\\??\\.${NAME}|(?:\\?\\.)?${INDEX})*)\\s*\\??\\.\\s*([\\p{ID_Continue}$]*)$`,
  'u',
);

function namesOf(path: string): string[] {
  const parts = path.matchAll(new RegExp(`${NAME}|\\d+|'[^']*'|"[^"]*"`, 'gu'));
  return [...parts].map(([part]) => part.replace(/^['"]|['"]$/g, ''));
}

function completeMagic(typed: string, cursor: number): JsonObject {
  const matches = MAGIC_NAMES.filter((name) => name.startsWith(typed));
  const start = cursor - typed.length;
  const types = matches.map((text) => ({ text, type: 'magic', start, end: cursor }));
  const metadata = { _jupyter_types_experimental: types };
  return { status: 'ok', matches, cursor_start: start, cursor_end: cursor, metadata };
}
