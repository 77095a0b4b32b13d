// A cell and a cursor go in; what the name there means comes out, as Markdown and as plain text.
import type ts from 'typescript-6';
import type { ParsedCell } from '../cell/parse.js';
import { typescript } from '../cell/typescript.js';
import type { Inspection } from './contract.js';
import type { Proposal } from './engine.js';

export interface InspectionRequest {
  readonly cell: ParsedCell;
  readonly cursor: number;
  readonly detail: 0 | 1;
  /** Markdown of the compiler's about an offset of the cell. */
  hover(offset: number): Promise<string | undefined>;
  /** The members of an expression's value. */
  members(expression: string): Promise<readonly Proposal[]>;
  readable(text: string): string;
}

const MEMBERS = 60;
const SIGNED_MEMBERS = 30;

export async function inspectCell(request: InspectionRequest): Promise<Inspection | undefined> {
  for (const name of namesAt(request.cell, request.cursor)) {
    const hover = await request.hover(name.getStart(request.cell.file));
    if (hover === undefined || hover.trim() === '') continue;
    const members = request.detail === 1 ? await membersOf(name, request) : '';
    const markdown = request.readable(`${hover.trim()}${members}`);
    return { markdown, text: plain(markdown) };
  }
  return undefined;
}

/** The name at the cursor or just before it, then the functions whose arguments the cursor stands in, innermost first. */
function namesAt({ file, source }: ParsedCell, cursor: number): ts.Node[] {
  const ts = typescript();
  const names: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (node.pos > cursor || endOf(node, source) < cursor) return;
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.end < cursor) {
      const { expression } = node;
      names.unshift(ts.isPropertyAccessExpression(expression) ? expression.name : expression);
    }
    ts.forEachChild(node, visit);
    const isName = ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword;
    if (isName && node.getStart(file) <= cursor) names.unshift(node);
  };
  ts.forEachChild(file, visit);
  return [...new Set(names)];
}

/** A call that is still being typed goes on through the space behind it. */
function endOf(node: ts.Node, source: string): number {
  const isOpen = source[node.end - 1] !== ')' && source[node.end - 1] !== '}' && source[node.end - 1] !== ';';
  return isOpen ? node.end + (/^\s*/.exec(source.slice(node.end))?.[0].length ?? 0) : node.end;
}

async function membersOf(name: ts.Node, { cell, members }: InspectionRequest): Promise<string> {
  const ts = typescript();
  const { parent } = name;
  const isProperty = ts.isPropertyAccessExpression(parent) && parent.name === name;
  const found = await members((isProperty ? parent : name).getText(cell.file));
  const proposals = found.filter(({ edit }) => edit === undefined);
  if (proposals.length === 0 || proposals.some((proposal) => proposal.name === 'globalThis')) return '';
  const shown = await Promise.all(
    proposals.slice(0, MEMBERS).map(async (proposal, index) => {
      const signature = index < SIGNED_MEMBERS ? await proposal.signature() : undefined;
      return signature?.replace(/\s+/g, ' ') ?? proposal.name;
    }),
  );
  const more = proposals.length > MEMBERS ? `\n… ${proposals.length - MEMBERS} more` : '';
  return `\n\n**Members**\n\`\`\`typescript\n${shown.join('\n')}${more}\n\`\`\``;
}

/** Markdown without its marks. */
function plain(markdown: string): string {
  return markdown
    .replace(/^```\w*\n?/gm, '')
    .replace(/\*\*?(@?\w+)\*\*?/g, '$1')
    .replace(/`([^`\n]+)`/g, '$1')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
