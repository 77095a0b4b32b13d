// An error of a function that widgets call → how notebooks show errors, as an output that can be replaced.
import { stripVTControlCharacters } from 'node:util';
import { FAILURE_MIME, type MimeBundle } from '../contract.js';
import { escapeHtml } from '../display/table.js';
import { cellPort } from '../ports.js';

/** By colour code; the notebook's own colours, elsewhere the ones behind them. */
const STYLES: Readonly<Record<string, string>> = {
  '1;31': 'font-weight:bold;color:var(--jp-error-color1, #c62828)',
  '36': 'color:var(--jp-info-color0, #00838f)',
  '2': 'opacity:0.6',
};
const FRAME =
  'background:var(--jp-rendermime-error-background, #fdd);margin:0;padding:8px;overflow:auto;white-space:pre';

/** Notebooks show the HTML; whoever runs them without a reader learns by the last one that something failed. */
export async function failure(error: unknown): Promise<MimeBundle> {
  const traceback = await cellPort().explain(error);
  const text = traceback.join('\n');
  const plain = stripVTControlCharacters(text);
  return { data: { 'text/html': toHtml(text), 'text/plain': plain, [FAILURE_MIME]: { traceback } } };
}

function toHtml(text: string): string {
  const [first = '', ...coloured] = text.split('\u001b[');
  const spans = coloured.map((part) => {
    const [, code = '', content = ''] = /^([\d;]*)m(.*)$/s.exec(part) ?? [];
    const style = STYLES[code];
    return style === undefined ? escapeHtml(content) : `<span style="${style}">${escapeHtml(content)}</span>`;
  });
  return `<pre style="${FRAME}">${escapeHtml(first)}${spans.join('')}</pre>`;
}
