// A cell's text goes in; its syntax tree comes out, or an error that says where it stops being TypeScript.
import type ts from 'typescript-6';
import { CellSyntaxError } from './errors.js';
import { type LineTable, lineTable } from './lines.js';
import { typescript } from './typescript.js';

export interface ParsedCell {
  readonly source: string;
  readonly lines: LineTable;
  readonly file: ts.SourceFile;
  /** The cell's own statements. */
  readonly statements: readonly ts.Statement[];
  /** Whether the cell only parses with JSX. */
  readonly jsx: boolean;
}

interface Attempt {
  readonly file: ts.SourceFile;
  readonly errors: readonly ts.DiagnosticWithLocation[];
}

/** Makes any text a module, in which `await` is a keyword, without moving an offset. */
const MODULE_SUFFIX = '\nexport {};';
const REMEMBERED = 16;
const remembered = new Map<string, ParsedCell>();

/** Throws `CellSyntaxError`. A text that was parsed shortly before is not parsed again: checker and rewriter share trees. */
export function parseCell(source: string): ParsedCell {
  const known = remembered.get(source);
  if (known !== undefined) return known;
  const { errors, ...parsed } = parse(source);
  const error = errors[0];
  if (error !== undefined) {
    const message = typescript().flattenDiagnosticMessageText(error.messageText, '\n');
    const start = Math.min(error.start, source.length);
    throw new CellSyntaxError(message, parsed.lines, start, Math.min(error.start + error.length, source.length));
  }
  remembered.set(source, parsed);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value ?? source);
  return parsed;
}

/** Never throws: what cannot be parsed, as in a cell that is being typed, is the parser's best guess. */
export function parseUnfinishedCell(source: string): ParsedCell {
  const { errors: _, ...parsed } = parse(source);
  return parsed;
}

function parse(source: string): ParsedCell & Pick<Attempt, 'errors'> {
  const plain = attempt(source, MODULE_SUFFIX, false);
  const withJsx = plain.errors.length > 0 && source.includes('<') ? attempt(source, MODULE_SUFFIX, true) : undefined;
  const jsx = withJsx !== undefined && withJsx.errors.length < plain.errors.length;
  const { file, errors } = jsx ? withJsx : plain;
  const statements = file.statements.filter((statement) => statement.getStart(file) < source.length);
  return { source, lines: lineTable(source), file, statements, jsx, errors };
}

/** Parses `source + suffix`; never throws. */
export function attempt(source: string, suffix: string, jsx: boolean): Attempt {
  const ts = typescript();
  const name = jsx ? '/cell.tsx' : '/cell.ts';
  const file = ts.createSourceFile(name, source + suffix, ts.ScriptTarget.ESNext, true);
  // A program takes ten times as long as the parser; only for its messages is one needed.
  if (!isFlawed(file)) return { file, errors: [] };
  const program = ts.createProgram({
    rootNames: [name],
    options: { noLib: true, noResolve: true, types: [], jsx: ts.JsxEmit.Preserve, target: ts.ScriptTarget.ESNext },
    host: {
      getSourceFile: (wanted) => (wanted === name ? file : undefined),
      getDefaultLibFileName: () => '/lib.d.ts',
      writeFile: () => {},
      getCurrentDirectory: () => '/',
      getCanonicalFileName: (path) => path,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => '\n',
      fileExists: (path) => path === name,
      readFile: () => undefined,
      directoryExists: () => false,
    },
  });
  return { file, errors: program.getSyntacticDiagnostics(file) };
}

/** The parser marks each node in which it met an error. */
function isFlawed(node: ts.Node): boolean {
  const ts = typescript();
  return (node.flags & ts.NodeFlags.ThisNodeHasError) !== 0 || ts.forEachChild(node, isFlawed) === true;
}
