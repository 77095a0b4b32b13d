// A cell, a cursor and a compiler's proposals go in; the completions that fit what is typed come out, best first.
import type ts from 'typescript-6';
import type { ParsedCell } from '../cell/parse.js';
import { typescript } from '../cell/typescript.js';
import { textBefore } from './before.js';
import type { CellCompletions, Completion } from './contract.js';
import type { Proposal } from './engine.js';
import { completePath } from './paths.js';

export interface CompletionRequest {
  readonly cell: ParsedCell;
  readonly cursor: number;
  readonly folder: string;
  readonly extraNames: readonly string[];
  /** Asks the compiler at the cursor, with all names of earlier cells that start with `prefix` in sight. */
  proposals(prefix: string | undefined): Promise<readonly Proposal[]>;
  /** Cleans a signature of our own paths. */
  readable(text: string): string;
}

const WORD_BEFORE = /[\p{ID_Continue}$#]*$/u;
/** Types are asked for one by one; more of them would be felt while typing. */
const SIGNATURES = 8;
const LONGEST_SIGNATURE = 200;

export async function completeCell(request: CompletionRequest): Promise<CellCompletions> {
  const { cell, cursor } = request;
  const literal = stringAt(cell, cursor);
  if (literal !== undefined) return completeString(request, literal);
  const typed = WORD_BEFORE.exec(textBefore(cell.source, cursor))?.[0] ?? '';
  const start = cursor - typed.length;
  const isMember = /(?:^|[^.])\.\s*$/.test(textBefore(cell.source, start));
  const proposals = await request.proposals(isMember ? undefined : typed);
  const isAnyName = proposals.some(({ name }) => name === 'globalThis');
  const extra = isAnyName ? request.extraNames.filter((name) => proposals.every((known) => known.name !== name)) : [];
  const fitting = fitted(proposals, typed, start, cell.source);
  const named: Fit[] = extra
    .filter((name) => startsWith(name, typed))
    .map((name) => ({ text: name, kind: 'variable', rank: '14' }));
  return finish(request, [...fitting.fits, ...named], fitting.start, typed);
}

interface Fit {
  readonly text: string;
  readonly kind: Completion['kind'];
  readonly rank: string;
  readonly proposal?: Proposal;
}

/** Where all proposals bring their own edit of one span (as `?.name` for `.name` does), that span is replaced. */
function fitted(
  proposals: readonly Proposal[],
  typed: string,
  start: number,
  source: string,
): { fits: Fit[]; start: number } {
  const fitting = proposals.filter(({ name }) => startsWith(name, typed));
  const spans = new Set(fitting.map(({ edit }) => edit?.start ?? start));
  const [span] = spans;
  const common = spans.size === 1 && span !== undefined ? span : start;
  const fits: Fit[] = [];
  for (const proposal of fitting) {
    const { name, kind, rank, edit } = proposal;
    if (edit === undefined) fits.push({ text: source.slice(common, start) + name, kind, rank, proposal });
    else if (edit.start === common) fits.push({ text: edit.text, kind, rank, proposal });
  }
  return { fits, start: common };
}

async function finish(request: CompletionRequest, fits: Fit[], start: number, typed: string): Promise<CellCompletions> {
  const exact = ({ text }: Fit) => (text.startsWith(typed) ? 0 : 1);
  fits.sort((a, b) => exact(a) - exact(b) || compare(a.rank, b.rank) || compare(a.text, b.text));
  const isKnown = new Set<string>();
  const distinct = fits.filter(({ text }) => !isKnown.has(text) && isKnown.add(text));
  const matches = await Promise.all(
    distinct.map(async ({ text, kind, proposal }, index): Promise<Completion> => {
      const signature = index < SIGNATURES && kind !== 'keyword' ? await proposal?.signature() : undefined;
      if (signature === undefined) return { text, kind };
      const line = oneLine(request.readable(signature));
      return { text, kind: declaredKind(line) ?? kind, signature: line };
    }),
  );
  return { matches, start, end: request.cursor };
}

async function completeString(request: CompletionRequest, literal: ts.StringLiteralLike): Promise<CellCompletions> {
  const { cell, cursor, folder } = request;
  const start = literal.getStart(cell.file) + 1;
  const content = cell.source.slice(start, cursor);
  const isSpecifier = isModuleSpecifier(literal);
  const isRelative = /^(?:\.{1,2}|~)?\//.test(content) || content === '.' || content === '..';
  if (isRelative) return completePath(folder, content, cursor, isSpecifier);
  const proposals = await request.proposals(undefined);
  if (proposals.length === 0)
    return isSpecifier ? { matches: [], start, end: cursor } : completePath(folder, content, cursor, false);
  // Compilers propose a whole specifier or only its part behind the last slash; an edit's span tells which.
  const span = proposals.find(({ edit }) => edit !== undefined)?.edit?.start;
  const isPart = proposals.every(({ name }) => !startsWith(name, content));
  const typed =
    span !== undefined
      ? cell.source.slice(span, cursor)
      : isPart
        ? content.slice(content.lastIndexOf('/') + 1)
        : content;
  const fitting = fitted(proposals, typed, cursor - typed.length, cell.source);
  return finish(request, fitting.fits, fitting.start, typed);
}

/** The string or template without substitutions that the cursor is in, closed or not. */
function stringAt({ file, source }: ParsedCell, cursor: number): ts.StringLiteralLike | undefined {
  const ts = typescript();
  let found: ts.StringLiteralLike | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos > cursor || node.end < cursor) return;
    if (ts.isStringLiteralLike(node)) {
      const start = node.getStart(file);
      const isClosed = node.end - start > 1 && source[node.end - 1] === source[start];
      if (cursor > start && (cursor < node.end || !isClosed)) found = node;
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

function isModuleSpecifier(literal: ts.StringLiteralLike): boolean {
  const ts = typescript();
  const { parent } = literal;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent))
    return true;
  if (ts.isLiteralTypeNode(parent)) return ts.isImportTypeNode(parent.parent);
  if (!ts.isCallExpression(parent)) return false;
  const { expression } = parent;
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

/** Names of earlier cells are aliases to the compiler; what they stand for, their declaration says. */
function declaredKind(signature: string): Completion['kind'] | undefined {
  const [word] = signature.split(' ');
  if (word === 'function' || word === 'class' || word === 'interface' || word === 'enum' || word === 'type')
    return word;
  return word === 'namespace' ? 'module' : undefined;
}

function startsWith(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase());
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_SIGNATURE ? `${line.slice(0, LONGEST_SIGNATURE - 1)}…` : line;
}
