// In: training loops against a clock of their own. Out: frames that are few, cheap and truthful, and a last one that stays.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { displayMethod, type MimeBundle } from '../../src/display/bundle.js';
import { imageGrid } from '../../src/display/image.js';
import { livePlot } from '../../src/display/live-plot.js';
import { liveView } from '../../src/display/live-view.js';
import { formatCount, formatSeconds, formatShare, formatShort } from '../../src/display/numbers.js';
import { histogram } from '../../src/display/plot/histogram.js';
import { renderSvg } from '../../src/display/plot/render.js';
import { table } from '../../src/display/table.js';
import { logTicks, ticks } from '../../src/display/ticks.js';
import { Track } from '../../src/display/track.js';
import { rand } from '../../src/index.js';

const port = Symbol.for('gradlab.display');
const cellPort = Symbol.for('gradlab.cell');

interface Shown {
  bundle: MimeBundle;
  displayId: string | undefined;
  update: boolean | undefined;
}

let shown: Shown[];
/** What the kernel would call when the user stops the cell. */
let stopListeners: Set<() => void>;
let time: number;
/** Milliseconds of a frame. */
let frameCost: number;
const now = () => time;

beforeEach(() => {
  shown = [];
  time = 0;
  frameCost = 1;
  Reflect.set(globalThis, port, {
    display(bundle: MimeBundle, { displayId, update }: { displayId?: string; update?: boolean } = {}) {
      time += frameCost;
      shown.push({ bundle, displayId, update });
    },
    clearOutput() {},
  });
  stopListeners = new Set();
  Reflect.set(globalThis, cellPort, {
    onStop(listener: () => void) {
      stopListeners.add(listener);
      return () => stopListeners.delete(listener);
    },
  });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, port);
  Reflect.deleteProperty(globalThis, cellPort);
});

/** A synchronous loop of `steps` steps of `each` milliseconds. */
function train(steps: number, each: number) {
  const plot = livePlot({ steps, epochs: 2, now });
  for (let step = 1; step <= steps; step++) {
    time += each;
    plot.push({ step, epoch: step <= steps / 2 ? 1 : 2, loss: 2 / step, accuracy: step / steps });
  }
  return plot;
}

describe('frames', () => {
  test.each([1, 20, 90])('come 4 to 10 times a second when a step takes %i ms', (each) => {
    train(2000 / each + 200, each);
    const perSecond = (shown.length / time) * 1000;
    expect(perSecond).toBeGreaterThanOrEqual(4);
    expect(perSecond).toBeLessThanOrEqual(10.1);
  });

  test('replace the first one in place', () => {
    train(100, 20);
    expect(new Set(shown.map(({ displayId }) => displayId)).size).toBe(1);
    expect(shown.map(({ update }) => update)).toEqual([false, ...shown.slice(1).map(() => true)]);
  });

  test('say how far the run is and how long it will take', () => {
    train(200, 50);
    const html = String(shown[Math.floor(shown.length / 2)]!.bundle.data['text/html']);
    expect(html).toMatch(/step \d+ of 200 · epoch [12] of 2 · (19|20|2\d)(\.\d)? steps\/s · [\d.]+ s left/);
    expect(html).toContain('<svg');
  });

  test('stay small however long the run is', () => {
    train(100_000, 0.05);
    for (const { bundle } of shown) expect(JSON.stringify(bundle).length).toBeLessThan(120_000);
  });

  test.each([1, 5, 9])('take less than 5 % of the time when one costs %i ms', (cost) => {
    frameCost = cost;
    train(4000, 5);
    expect((shown.length * cost) / time).toBeLessThan(0.05);
    expect((shown.length / time) * 1000).toBeGreaterThanOrEqual(3.9);
  });

  test('are drawn from as little as there is to draw', () => {
    const plot = livePlot({ steps: 2000, now });
    for (let step = 1; step <= 1000; step++)
      plot.push({ step, loss: 1 / step, validationLoss: 2 / step, accuracy: step / 1e6 });
    const frames = shown.length;
    const before = process.cpuUsage();
    for (let step = 1001; step <= 1040; step++) {
      time += 300;
      plot.push({ step, loss: 1 / step });
    }
    const { user, system } = process.cpuUsage(before);
    expect(shown.length - frames).toBe(40);
    console.log(`a frame takes ${((user + system) / 1000 / 40).toFixed(2)} ms of the processor`);
  });
});

describe('the last state', () => {
  test('keeps the legend of many curves within its panel', () => {
    const plot = livePlot();
    const names = ['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsProp', 'adam', 'adamW'];
    for (let step = 1; step < 4; step++)
      plot.push({ step, ...Object.fromEntries(names.map((name, i) => [`${name}Loss`, 1 / (step + i)])) });
    const svg = String(plot[displayMethod]()['image/svg+xml']);
    const keys = [...svg.matchAll(/<path d="M(-?[\d.]+) (-?[\d.]+)H/g)].filter(([, , y]) => Number(y) < 0);
    expect(keys).toHaveLength(names.length);
    for (const [, x] of keys) expect(Number(x)).toBeGreaterThanOrEqual(0);
    plot.done();
  });

  test('stays as an interactive plot with a static picture, at once', async () => {
    const plot = train(50, 10);
    plot.done();
    const { data } = shown.at(-1)!.bundle;
    expect(Object.keys(data)).toEqual(['application/vnd.vegalite.v5+json', 'image/svg+xml', 'text/plain']);
    expect(String(data['text/plain'])).toContain('step 50 of 50');
    expect(String(data['image/svg+xml'])).not.toContain(' left');
    const svg = await renderSvg(plot.plot().spec, 'test');
    expect(svg).toContain('accuracy 100.0 %');
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  test('counts as done once', () => {
    const plot = train(5, 10);
    plot.done();
    const count = shown.length;
    plot.done();
    expect(shown).toHaveLength(count);
    expect(() => plot.push({ loss: 1 })).toThrow(/push after done/);
  });

  test('survives NaN, single points and no points', () => {
    const plot = livePlot({ now, log: ['loss'] });
    expect(Object.keys(plot[displayMethod]())).toEqual(['text/plain']);
    plot.push({ loss: Number.NaN, accuracy: 0.5 });
    plot.push({ loss: 0 });
    plot.done();
    expect(String(shown.at(-1)!.bundle.data['image/svg+xml'])).not.toMatch(/"[^"]*NaN[^"]*"/);
    expect(plot.status).toContain('loss 0');
  });
});

describe('when the cell is stopped', () => {
  test('the last state stays, and says that it was stopped', () => {
    const plot = train(20, 10);
    for (const listener of stopListeners) listener();
    const { data } = shown.at(-1)!.bundle;
    expect(Object.keys(data)).toContain('application/vnd.vegalite.v5+json');
    expect(String(data['text/plain'])).toContain('step 20 of 20 · epoch 2 of 2 · stopped');
    const count = shown.length;
    plot.done();
    expect(shown).toHaveLength(count);
  });

  test('a run that ended before is left alone', () => {
    train(20, 10).done();
    expect(stopListeners.size).toBe(0);
  });
});

describe('a live view', () => {
  const follow = (make: () => ReturnType<typeof table>) => {
    const view = liveView({ now });
    let made = 0;
    for (let step = 0; step < 200; step++) {
      time += 10;
      view.show(() => {
        made++;
        return make();
      });
    }
    return { view, made };
  };

  test('asks for a value only when a frame is due, and shows it in place', () => {
    const { made } = follow(() => table([{ step: shown.length }]));
    expect(made).toBe(shown.length);
    expect(made).toBeGreaterThanOrEqual(8);
    expect(made).toBeLessThanOrEqual(21);
    expect(new Set(shown.map(({ displayId }) => displayId)).size).toBe(1);
    expect(String(shown.at(-1)!.bundle.data['text/html'])).toContain(String(shown.length - 1));
  });

  test('shows plots as drafts and leaves one with its picture', async () => {
    const view = liveView({ now });
    view.show(() => histogram(rand([100])));
    expect(Object.keys(shown[0]!.bundle.data)).toEqual(['application/vnd.vegalite.v5+json', 'text/plain']);
    await view.done();
    expect(Object.keys(shown[1]!.bundle.data)).toContain('image/svg+xml');
    expect(shown[1]!.update).toBe(true);
    expect(() => view.show(() => table([]))).toThrow(/show after done/);
  });

  test('keeps its last state when the cell is stopped', () => {
    follow(() => table([{ step: shown.length }]));
    const count = shown.length;
    for (const listener of stopListeners) listener();
    expect(shown).toHaveLength(count + 1);
  });

  test('has a place below the curves', () => {
    const plot = livePlot({ steps: 10, now, below: () => imageGrid(rand([2, 8, 8])) });
    plot.push({ loss: 1 });
    plot.done();
    for (const { bundle } of shown)
      expect(String(bundle.data['text/html']).match(/<img /g)?.length).toBeGreaterThanOrEqual(2);
    expect(String(shown.at(-1)!.bundle.data['text/plain'])).toContain('2 pictures of 8 × 8');
  });
});

describe('parts', () => {
  test('a track keeps means and extremes in constant memory', () => {
    const track = new Track();
    for (let i = 0; i < 10_000; i++) track.push(i, i % 2);
    expect(track.points.length).toBeLessThanOrEqual(256);
    const full = track.points.slice(0, -1);
    for (const point of full) expect(point).toMatchObject({ mean: 0.5, low: 0, high: 1 });
    expect(track.last).toBe(1);
    expect(track.points.at(-1)!.x).toBe(9999);
  });

  test('ticks are round and inside the axis', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 997, 5)).toEqual([200, 400, 600, 800]);
    expect(ticks(2, 2, 5)).toEqual([2]);
    expect(logTicks(0.05, 3)).toEqual([0.1, 0.3, 1, 3]);
    expect(logTicks(0.9, 8)).toEqual([1, 2, 5]);
  });

  test.each([
    [formatSeconds(0.42), '0.4 s'],
    [formatSeconds(59.7), '1 min'],
    [formatSeconds(200), '3 min 20 s'],
    [formatSeconds(7500), '2 h 5 min'],
    [formatCount(421642), '421.6 k'],
    [formatCount(9999), '9,999'],
    [formatCount(1.5e9, 'FLOPs'), '1.50 GFLOPs'],
    [formatShare(0.98614), '98.6 %'],
    [formatShare(0.99996), '100.00 %'],
    [formatShort(0.98614), '0.9861'],
    [formatShort(1.2e-7), '1.2e-7'],
    [formatShort(-12345.6), '-12346'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
