// In: a heading, paragraphs and a fold. Out: one framed piece of HTML for light and dark ground, and the same as text.
import { displayMethod, escapeMarkup, type MimeData } from '../bundle.js';

/** What a card says: something is right, wrong, still to be done, or to be read. */
export type Tone = 'right' | 'wrong' | 'open' | 'note';

/** A part that opens when it is pressed. */
export interface Fold {
  readonly summary: string;
  readonly code?: string;
  readonly text?: string;
}

/** One paragraph, or lines of code. */
export type Part = { readonly text: string } | { readonly code: string };

export interface Card {
  readonly tone: Tone;
  readonly heading: string;
  readonly parts?: readonly Part[];
  readonly folds?: readonly Fold[];
  /** Small, at the end. */
  readonly footer?: string;
}

/** For light and dark ground. No variables of JupyterLab: it takes those out of notebooks that it does not trust yet. */
const colors: Readonly<Record<Tone, string>> = {
  right: '#2e9e4f',
  wrong: '#e07b00',
  open: '#1f83c9',
  note: '#8a8a8a',
};

const marks: Readonly<Record<Tone, string>> = { right: '✓', wrong: '✗', open: '○', note: '›' };

const codeStyle =
  'margin:6px 0;padding:6px 10px;white-space:pre-wrap;overflow-x:auto;border-radius:4px;background:rgba(128,128,128,.14);' +
  'color:inherit;font-family:var(--jp-code-font-family, monospace);font-size:var(--jp-code-font-size, 13px);line-height:1.4';

/** Backticks, `**strong**` and `*emphasis*`; `$formulas$` are left to the notebook. */
export function inline(markdown: string): string {
  return markdown
    .split(/(`[^`]+`|\$[^$]+\$)/)
    .map((piece, i) => {
      if (i % 2 === 1 && piece.startsWith('`'))
        return `<code style="background:rgba(128,128,128,.14);color:inherit;padding:0 3px;border-radius:3px">${escapeMarkup(piece.slice(1, -1))}</code>`;
      if (i % 2 === 1) return escapeMarkup(piece);
      return escapeMarkup(piece)
        .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
        .replace(/\*([^*\s][^*]*)\*/g, '<i>$1</i>');
    })
    .join('');
}

/** Paragraphs, and fenced code, as HTML. */
export function markdownHtml(markdown: string): string {
  return markdown
    .trim()
    .split(/^```\w*\n([\s\S]*?)^```$/m)
    .map((piece, i) => (i % 2 === 1 ? codeHtml(piece.trimEnd()) : paragraphs(piece)))
    .join('');
}

const paragraphs = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => `<p style="margin:4px 0">${inline(part.trim())}</p>`)
    .join('');

const codeHtml = (code: string): string => `<pre style="${codeStyle}">${escapeMarkup(code)}</pre>`;

function foldHtml({ summary, code, text }: Fold): string {
  const inside = (text ? markdownHtml(text) : '') + (code ? codeHtml(code) : '');
  return `<details style="margin:6px 0"><summary style="cursor:pointer">${inline(summary)}</summary><div style="margin:4px 0 4px 16px">${inside}</div></details>`;
}

const partHtml = (part: Part): string => ('code' in part ? codeHtml(part.code) : markdownHtml(part.text));

/** The card as HTML; screen readers say it when it appears. */
export function cardHtml({ tone, heading, parts = [], folds = [], footer }: Card): string {
  const color = colors[tone];
  const small = footer ? `<div style="margin-top:4px;font-size:85%;opacity:.75">${inline(footer)}</div>` : '';
  return (
    `<div role="status" aria-live="polite" style="border-left:4px solid ${color};padding:4px 12px;margin:4px 0;max-width:80ch;line-height:1.5">` +
    `<div style="font-weight:600"><span aria-hidden="true" style="color:${color}">${marks[tone]}</span> ${inline(heading)}</div>` +
    `${parts.map(partHtml).join('')}${folds.map(foldHtml).join('')}${small}</div>`
  );
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

/** The card for terminals. Folds are left out unless `open`. */
export function cardText({ tone, heading, parts = [], folds = [], footer }: Card, open = true): string {
  const lines = parts.map((part) => indented('code' in part ? part.code : part.text.trim().replace(/\n +/g, '\n')));
  const folded = open
    ? folds.map(({ summary, text, code }) => `${summary}:\n${indented([text, code].filter(Boolean).join('\n'))}`)
    : [];
  return [`${marks[tone]} ${heading}`, ...lines, ...folded, ...(footer ? [footer] : [])].join('\n');
}

export const cardBundle = (card: Card): MimeData => ({ 'text/html': cardHtml(card), 'text/plain': cardText(card) });

/** What shows itself as a card: in a notebook, in a terminal, as text. */
export abstract class Shown {
  protected abstract get card(): Card;

  /** What a terminal shows. */
  get text(): string {
    return cardText(this.card);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return cardBundle(this.card);
  }
}
