// In: Vega-Lite JSON. Out: an SVG picture, drawn in this process.
import { createHash } from 'node:crypto';
import type { TopLevelSpec } from 'vega-lite';
import { escapeMarkup } from '../bundle.js';
import type { Spec } from './theme.js';

/** Vega takes a fifth of a second to load, so it waits for the first picture. */
const load = () => Promise.all([import('vega'), import('vega-lite')]);
let loaded: ReturnType<typeof load> | undefined;

/** Starts to load what draws, so that the first picture comes sooner. */
export function warmUp(): void {
  loaded ??= load();
}

/**
 * Draws a plot. The same JSON gives the same text; ids inside are unique to it, so that several pictures fit one page.
 * @param description what a screen reader says; the first line is used.
 * @throws Error from Vega-Lite when the JSON is not a plot.
 */
export async function renderSvg(spec: Spec, description: string): Promise<string> {
  loaded ??= load();
  const [vega, vegaLite] = await loaded;
  const json = JSON.stringify(spec);
  const copy: TopLevelSpec = JSON.parse(json);
  const compiled = vegaLite.compile(copy, { logger: vega.logger(vega.Error) }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    await view.runAsync();
    vega.resetSVGDefIds();
    const mark = createHash('sha1').update(json).digest('hex').slice(0, 6);
    return describe(shorten(uniqueIds(await view.toSVG(), mark)), description.split('\n', 1)[0]!);
  } finally {
    view.finalize();
  }
}

const uniqueIds = (svg: string, mark: string): string =>
  svg.replace(/\bid="((?:clip|gradient_)[^"]*)"/g, `id="$1-${mark}"`).replace(/url\(#([^)]+)\)/g, `url(#$1-${mark})`);

/** Hundredths of a pixel are enough (texts between the tags keep theirs), and one description of the whole picture says more than one for each mark. */
const shorten = (svg: string): string =>
  svg
    .replace(/ (?:aria-label|aria-roledescription|aria-hidden|role)="[^"]*"/g, '')
    .replace(/<[^>]+>/g, (tag) =>
      tag.replace(/(?<=[\s",(a-zA-Z-])-?\d+\.\d{3,}/g, (digits) => String(Math.round(Number(digits) * 100) / 100)),
    );

const describe = (svg: string, text: string): string =>
  svg.replace('<svg ', `<svg role="img" aria-label="${escapeMarkup(text)}" `);
