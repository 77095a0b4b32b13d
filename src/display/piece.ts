// In: a MIME bundle. Out: a piece of HTML that shows it among others.
import { type displayMethod, escapeMarkup, type MimeData } from './bundle.js';

/** A value that shows itself at once: a tensor, a table, pictures, a surface, a `peek`. Plots take longer; give them to `liveView`. */
export interface Drawable {
  [displayMethod](): MimeData;
}

/** The SVG picture of a bundle as an image. */
export const pictureOf = ({ 'image/svg+xml': svg, 'text/plain': text }: MimeData): string =>
  `<img alt="${escapeMarkup(String(text))}" style="max-width:100%" src="data:image/svg+xml;base64,${Buffer.from(String(svg)).toString('base64')}">`;

/** A bundle as HTML: its own, its picture, or its text. */
export function pieceOf(bundle: MimeData): string {
  const { 'text/html': html, 'image/svg+xml': svg, 'text/plain': text } = bundle;
  if (typeof html === 'string') return html;
  if (typeof svg === 'string') return pictureOf(bundle);
  return `<pre style="margin:0;white-space:pre;word-break:normal">${escapeMarkup(String(text))}</pre>`;
}
