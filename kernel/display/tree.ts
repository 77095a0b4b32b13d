// A large or nested value → an HTML tree that opens part by part, bounded in depth and size. No code of the value runs.
import { inspect, types } from 'node:util';
import { indexedCount, indexedParts, namedParts, type Part, textOf, typeOf } from '../debug/values.js';
import { escapeHtml } from './table.js';

/** Text up to this size needs no tree. */
const MOST_LINES = 12;
/** All parts that a tree holds, over all its levels; the upper levels come first. */
const MOST_PARTS = 1500;
const MOST_OF_ONE = 100;
/** More than these of one value stay closed, so that a long list does not fill the screen. */
const MOST_OPEN = 20;
const MOST_LEVELS = 10;
const PREVIEW = 80;
const MOST_TEXT = 500;

/** Whether a value, whose text is `text`, is easier to read as a tree. */
export function deservesTree(value: unknown, text: string): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Error || types.isProxy(value)) return false;
  // It says itself how it wants to be read.
  if (inspect.custom in value) return false;
  const isCut = /\[[\w$]+\]|\d more items?/.test(text);
  if (!isCut && text.split('\n', MOST_LINES + 1).length <= MOST_LINES) return false;
  return !isListOfAtoms(value) && partsOf(value, 1).parts.length > 0;
}

export function tree(value: object): string {
  const root = grown(value);
  return `<div class="gradlab-tree" data-lm-suppress-shortcuts="true"><style>${STYLE}</style>${render(root, true)}</div>`;
}

interface Node {
  readonly part: Part;
  readonly parent: Node | undefined;
  readonly level: number;
  /** Undefined while, or because, it stays closed. */
  children?: Node[];
  /** Parts that are not listed. */
  omitted: number;
}

/** Level by level, so that what lies deep does not take the room of what lies above. */
function grown(value: object): Node {
  const root: Node = { part: { name: '', path: '', value }, parent: undefined, level: 0, omitted: 0 };
  let room = MOST_PARTS;
  for (let level = [root]; level.length > 0 && room > 0; ) {
    const next: Node[] = [];
    for (const node of level) {
      const { part } = node;
      if (!('value' in part) || !isHolder(part.value) || node.level >= MOST_LEVELS || isCircular(node)) continue;
      const { parts, total } = partsOf(part.value, Math.min(room, MOST_OF_ONE));
      if (total === 0) continue;
      if (parts.length === 0) break;
      room -= parts.length;
      node.omitted = total - parts.length;
      node.children = parts.map((each) => ({ part: each, parent: node, level: node.level + 1, omitted: 0 }));
      next.push(...node.children);
    }
    level = next;
  }
  return root;
}

function partsOf(value: object, limit: number): { parts: Part[]; total: number } {
  const indexed = indexedCount(value) ?? 0;
  const named = namedParts(value, '');
  const items = indexedParts(value, '', 0, Math.min(indexed, limit));
  return { parts: [...items, ...named].slice(0, limit), total: indexed + named.length };
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !types.isProxy(value);
}

function isCircular({ part, parent }: Node): boolean {
  for (let at = parent; at; at = at.parent) {
    if ('value' in part && 'value' in at.part && at.part.value === part.value) return true;
  }
  return false;
}

/** Numbers and the like in rows read better as text. */
function isListOfAtoms(value: object): boolean {
  const count = indexedCount(value);
  if (count === undefined || types.isMap(value)) return false;
  return indexedParts(value, '', 0, Math.min(count, MOST_OF_ONE)).every(
    (part) => 'value' in part && !isHolder(part.value),
  );
}

function render(node: Node, isOpen: boolean): string {
  const { part, children, omitted } = node;
  const label = part.name === '' ? '' : `<b>${escapeHtml(part.name)}</b>: `;
  if (!('value' in part)) return `<div>${label}<i>(…)</i></div>`;
  const line = label + (isCircular(node) ? '<i>[Circular]</i>' : preview(part.value, children === undefined));
  if (children === undefined) return `<div>${line}</div>`;
  return `<details${isOpen ? ' open' : ''}><summary>${line}</summary><div>${list(children, omitted)}</div></details>`;
}

function list(children: readonly Node[], omitted: number): string {
  const lines = children.map((child) => render(child, false));
  const unlisted = omitted > 0 ? `<div><i>… ${omitted} more</i></div>` : '';
  if (lines.length <= MOST_OPEN + 1) return lines.join('') + unlisted;
  const rest = children.length - MOST_OPEN + omitted;
  const closed = `<summary><i>… ${rest} more</i></summary>${lines.slice(MOST_OPEN).join('')}${unlisted}`;
  return `${lines.slice(0, MOST_OPEN).join('')}<details>${closed}</details>`;
}

/** One line, with a colour for each kind of atom. `isClosed`: it cannot be opened, so the line says more. */
function preview(value: unknown, isClosed: boolean): string {
  if (!isHolder(value)) return atom(value);
  const name = typeOf(value, true);
  if (indexedCount(value) === undefined && namedParts(value, '').length === 0 && name !== 'Object') return atom(value);
  const { parts, total } = partsOf(value, isClosed ? 8 : 5);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value) || types.isSet(value);
  let text = '';
  let shown = 0;
  for (const part of parts) {
    const brief = 'value' in part ? briefly(part.value) : '(…)';
    const next = `${shown > 0 ? ', ' : ''}${isList ? brief : `${part.name}: ${brief}`}`;
    if (text.length + next.length > PREVIEW) break;
    text += next;
    shown++;
  }
  if (shown < total) text += shown > 0 ? ', …' : '…';
  const head = name === 'Object' ? '' : `${name} `;
  return `${escapeHtml(head)}<span>${escapeHtml(isList ? `[${text}]` : `{${text}}`)}</span>`;
}

function briefly(value: unknown): string {
  if (!isHolder(value)) return cut(atomText(value), 30);
  const name = typeOf(value, true);
  return name === 'Object' ? '{…}' : name;
}

function atom(value: unknown): string {
  const kind = value === null ? 'null' : typeof value;
  return `<span class="${kind}">${escapeHtml(cut(atomText(value), MOST_TEXT))}</span>`;
}

function atomText(value: unknown): string {
  if (typeof value === 'function') return `${typeOf(value, true) === 'class' ? '' : 'ƒ '}${textOf(value, true)}`;
  const options = { depth: 0, customInspect: false, showProxy: true, maxStringLength: MOST_TEXT, maxArrayLength: 5 };
  return inspect(value, { ...options, breakLength: Number.POSITIVE_INFINITY }).replaceAll(/\s*\n\s*/g, ' ');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** JupyterLab's own variables, so that it fits every theme; each has a value for other front ends. */
const STYLE = [
  '.gradlab-tree{font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);line-height:1.5;white-space:pre-wrap}',
  '.gradlab-tree summary{cursor:pointer;width:fit-content}',
  '.gradlab-tree summary:focus-visible{outline:2px solid var(--jp-brand-color1,#1976d2)}',
  '.gradlab-tree details>div{margin-left:.45em;padding-left:1em;border-left:1px solid var(--jp-border-color2,#9994)}',
  '.gradlab-tree details>div>div{padding-left:1em}',
  '.gradlab-tree b{font-weight:inherit;color:var(--jp-mirror-editor-property-color,var(--jp-content-link-color,#1976d2))}',
  '.gradlab-tree i,.gradlab-tree .undefined,.gradlab-tree .null{color:var(--jp-ui-font-color2,#777)}',
  '.gradlab-tree .string{color:var(--jp-mirror-editor-string-color,#b22)}',
  '.gradlab-tree .number,.gradlab-tree .bigint{color:var(--jp-mirror-editor-number-color,#080)}',
  '.gradlab-tree .boolean{color:var(--jp-mirror-editor-atom-color,#88f)}',
  '.gradlab-tree .function,.gradlab-tree .symbol{color:var(--jp-mirror-editor-def-color,#00f)}',
].join('\n');
