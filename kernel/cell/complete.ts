// The text typed so far goes in; whether it is a whole cell comes out, and how to indent the next line if not.
import { attempt } from './parse.js';
import { isAmbient } from './scopes.js';
import { typescript } from './typescript.js';

export interface Completeness {
  readonly status: 'complete' | 'incomplete' | 'invalid' | 'unknown';
  /** The next line's indentation, when the status is `incomplete`. */
  readonly indent?: string;
}

/** Makes the text a module without adding anything to its end. */
const MODULE_PREFIX = 'export{};';
const STEP = '  ';
/** Unterminated template, comment, JSX element and fragment: more lines can end them, though the error stands earlier. */
const OPEN_ENDED: ReadonlySet<number> = new Set([1160, 1010, 17008, 17014]);
/** Unterminated string and regular expression: these end with their line. */
const CLOSED: ReadonlySet<number> = new Set([1002, 1161]);

/** Decided by the parser: a text is incomplete when it fails only because it ends. */
export function isComplete(source: string): Completeness {
  const ts = typescript();
  const { file, errors: plain } = attempt(MODULE_PREFIX + source, '', false);
  if (plain.length === 0) {
    const last = file.statements.at(-1);
    const lacksBody =
      last !== undefined && ts.isFunctionDeclaration(last) && last.body === undefined && !isAmbient(last);
    return lacksBody ? { status: 'incomplete', indent: nextIndent(source) } : { status: 'complete' };
  }
  const withJsx = source.includes('<') ? attempt(MODULE_PREFIX + source, '', true).errors : plain;
  if (withJsx.length === 0) return { status: 'complete' };
  const end = MODULE_PREFIX.length + source.trimEnd().length;
  for (const [error] of [plain, withJsx]) {
    if (error === undefined || CLOSED.has(error.code)) continue;
    if (error.start >= end || OPEN_ENDED.has(error.code)) return { status: 'incomplete', indent: nextIndent(source) };
  }
  return { status: 'invalid' };
}

function nextIndent(source: string): string {
  const ts = typescript();
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, source);
  let last = ts.SyntaxKind.Unknown;
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) last = kind;
  const line = source.trimEnd().split('\n').at(-1) ?? '';
  const current = /^[ \t]*/.exec(line)?.[0] ?? '';
  const opens =
    last === ts.SyntaxKind.OpenBraceToken ||
    last === ts.SyntaxKind.OpenParenToken ||
    last === ts.SyntaxKind.OpenBracketToken ||
    last === ts.SyntaxKind.TemplateHead ||
    last === ts.SyntaxKind.ColonToken ||
    last === ts.SyntaxKind.EqualsGreaterThanToken ||
    last === ts.SyntaxKind.EqualsToken;
  return opens ? current + STEP : current;
}
