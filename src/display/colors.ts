// In: numbers. Out: colours that colour-blind readers tell apart, on light and on dark ground.

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Ten categories after Okabe and Ito (2008): a lighter blue, no black, so that each reads on white and on near-black; then brown, yellow, wine and grey. */
export const categories = [
  '#1f83c9',
  '#E69F00',
  '#009E73',
  '#D55E00',
  '#CC79A7',
  '#56B4E9',
  '#8C6D31',
  '#F0E442',
  '#A8326A',
  '#8F8F8F',
] as const;

/** For ways over a map in viridis: those that stand out from it come first. */
export const wayColors = [
  '#D55E00',
  '#56B4E9',
  '#CC79A7',
  '#E69F00',
  '#1f83c9',
  '#009E73',
  '#F0E442',
  '#8C6D31',
  '#A8326A',
  '#8F8F8F',
] as const;

/** Marks what went wrong. */
export const wrongColor = '#D55E00';
/** Marks what went right. */
export const rightColor = '#009E73';
/** NaN in pictures. */
export const nanColor: Rgb = [230, 0, 230];

const hex = (text: string): Rgb =>
  [0, 2, 4].map((i) => Number.parseInt(text.slice(i, i + 2), 16)) as [number, number, number];
const stops = (texts: string): readonly Rgb[] => texts.split(' ').map(hex);

/**
 * Colour maps as evenly spaced stops. `viridis` (Smith and van der Walt, 2015) for amounts, `diverging`
 * (ColorBrewer's RdBu reversed) for values around zero, `gray` for pictures.
 */
const maps = {
  gray: stops('000000 ffffff'),
  viridis: stops('440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725'),
  diverging: stops('2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b'),
  blues: stops('f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b'),
} as const;

/** Names of the colour maps. */
export type ColorMap = keyof typeof maps;
export const colorMaps = Object.keys(maps) as readonly ColorMap[];

/** The colour at `share` (0 to 1) of a map. */
export function colorAt(map: ColorMap, share: number): Rgb {
  const list = maps[map];
  const at = Math.min(Math.max(share, 0), 1) * (list.length - 1);
  const i = Math.min(Math.floor(at), list.length - 2);
  const [from, to] = [list[i]!, list[i + 1]!];
  const mix = (k: 0 | 1 | 2) => Math.round(from[k] + (to[k] - from[k]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}

export const cssColor = ([r, g, b]: Rgb): string =>
  `#${[r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('')}`;

/** A map as CSS colours. */
export const cssRange = (map: ColorMap): string[] => maps[map].map(cssColor);

/** Black or white, whichever reads better on `ground`. */
export const inkOn = ([r, g, b]: Rgb): string => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#000' : '#fff');
