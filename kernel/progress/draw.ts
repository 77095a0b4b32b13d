// Loops and how far they are → bars in HTML, and one line of text.
import { escapeHtml } from '../display/table.js';
import type { Row } from './row.js';

const TEXT_WIDTH = 20;
/** The notebook's own colours, so that bars fit its light and dark themes; elsewhere the ones behind them. */
const COLOURS = {
  running: 'var(--jp-brand-color1, #1976d2)',
  done: 'var(--jp-success-color1, #388e3c)',
  stopped: 'var(--jp-warn-color1, #f57c00)',
} as const;
const TRACK = 'var(--jp-layout-color3, #bdbdbd)';
const NUMBERS = 'font-variant-numeric:tabular-nums;white-space:nowrap';

/** A grid, so that the bars of nested loops stand below each other. */
export function drawHtml(rows: readonly Row[]): string {
  const isNamed = rows.some(({ label }) => label !== '');
  const name = ({ label }: Row): string => (isNamed ? `<span>${escapeHtml(label)}</span>` : '');
  const cells = rows.map((row) => `${name(row)}${bar(row)}<span>${row.facts}</span>`).join('');
  const columns = `${isNamed ? 'fit-content(30%) ' : ''}minmax(80px, 300px) 1fr`;
  const style = `display:grid;grid-template-columns:${columns};gap:2px 10px;align-items:center;${NUMBERS}`;
  return `<div style="${style}">${cells}</div>`;
}

function bar({ share, state, label }: Row): string {
  const percent = share === undefined ? undefined : Math.floor(share * 1000) / 10;
  const value = percent === undefined ? '' : ` aria-valuenow="${percent}" aria-valuemin="0" aria-valuemax="100"`;
  const name = label === '' ? 'progress' : escapeHtml(label);
  const width = percent ?? (state === 'running' ? 0 : 100);
  const fill = `<div style="height:100%;width:${width}%;background:${COLOURS[state]}"></div>`;
  const style = `height:10px;border-radius:5px;overflow:hidden;background:${TRACK}`;
  return `<div role="progressbar" aria-label="${name}"${value} style="${style}">${fill}</div>`;
}

export function drawText(rows: readonly Row[]): string {
  return rows.map(textOf).join(' | ');
}

function textOf({ label, share, facts }: Row): string {
  const parts = label === '' ? [] : [label];
  if (share !== undefined) {
    const filled = Math.floor(share * TEXT_WIDTH);
    parts.push(`${String(Math.floor(share * 100)).padStart(3)} %`);
    parts.push(`[${'#'.repeat(filled)}${'.'.repeat(TEXT_WIDTH - filled)}]`);
  }
  return [...parts, facts].join(' ');
}
