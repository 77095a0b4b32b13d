// Sets that come from a seed alone.
export { type Mnist1dOptions, mnist1d, type Signals } from './mnist-1d.js';
export { blobs, circles, moons, type Points, type PointsOptions, ringOfGaussians, spirals } from './points.js';
export { datesAsText, sumsAsText, type TextPair, type TextTaskOptions } from './text-tasks.js';
