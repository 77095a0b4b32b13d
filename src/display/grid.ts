// In: cells of text. Out: a table, aligned for terminals and as HTML that looks right on light and on dark.
import { escapeMarkup } from './bundle.js';

/** A column: its heading, and whether its cells are numbers, set to the right. */
export interface Column {
  heading: string;
  right: boolean;
}
/** A cell: what it says; `strong` stands out, `share` (0 to 1) draws a bar behind it, `indent` moves it in, `image` (an address) stands for the text in HTML. */
export interface Cell {
  text: string;
  strong?: boolean;
  share?: number;
  indent?: number;
  image?: string;
}

const line = 'rgba(128,128,128,.35)';
const barColor = 'rgba(31,131,201,.25)';

/** Columns padded to one width, a rule below the headings. */
export function gridText(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const words = rows.map((row) => row.map(({ text, indent = 0 }) => '  '.repeat(indent) + text));
  const widths = columns.map(({ heading }, i) => Math.max(heading.length, ...words.map((row) => row[i]!.length)));
  const set = (texts: readonly string[]) =>
    texts
      .map((text, i) => (columns[i]!.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, w) => sum + w + 2, -2));
  return [set(columns.map(({ heading }) => heading)), rule, ...words.map(set)].join('\n');
}

function cellHtml({ text, strong, share, indent = 0, image }: Cell, right: boolean): string {
  const bar =
    share === undefined
      ? ''
      : `;background:linear-gradient(90deg,${barColor} ${(share * 100).toFixed(1)}%,transparent 0)`;
  const style = `text-align:${right ? 'right' : 'left'};padding:3px 10px 3px ${10 + indent * 16}px;border:none;white-space:pre-line${bar}`;
  if (image) return `<td style="${style}"><img alt="${escapeMarkup(text)}" src="${image}" style="display:block"></td>`;
  const words = strong ? `<b>${escapeMarkup(text)}</b>` : escapeMarkup(text);
  return `<td style="${style}">${words}</td>`;
}

/** The same as an HTML table, scrolled sideways where it is wider than its cell. */
export function gridHtml(columns: readonly Column[], rows: readonly (readonly Cell[])[], caption = ''): string {
  const heads = columns.map(
    ({ heading, right }) =>
      `<th style="text-align:${right ? 'right' : 'left'};padding:3px 10px;border:none;border-bottom:1px solid ${line}">${escapeMarkup(heading)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map((cell, i) => cellHtml(cell, columns[i]!.right)).join('')}</tr>`);
  const below = caption ? `<div style="opacity:.7;margin-top:4px;font-size:12px">${escapeMarkup(caption)}</div>` : '';
  return (
    `<div style="overflow-x:auto"><table style="border-collapse:collapse;margin:0"><thead><tr>${heads.join('')}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table>${below}</div>`
  );
}
