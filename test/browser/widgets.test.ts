// In: notebooks with widgets. Out: whether JupyterLab draws them, moves them both ways, and finds them again.
import { describe, expect, it } from 'vitest';
import { book } from './book.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

const gallery = [
  `import {
  accordion, button, checkbox, colorPicker, comboBox, dropdown, grid, hbox, htmlView, imageView, intInput, intRangeSlider,
  intSlider, label, logSlider, multiSelect, numberInput, output, passwordInput, play, progressBar, radio, rangeSlider,
  select, selectionSlider, slider, tabs, textArea, textInput, toggle, toggleButtons, vbox, interact, jslink, link,
} from 'gradlab/kernel';`,
  `const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC', 'base64');
const beside = output();
beside.capture(() => console.log('printed into the output widget'));
beside.capture(() => display(html\`<b>shown there, too</b>\`));
tabs({
  Sliders: vbox([
    slider({ label: 'slider', value: 0.25 }),
    intSlider({ label: 'intSlider', value: 40, style: { handleColor: 'tomato' } }),
    rangeSlider({ label: 'rangeSlider', value: [0.2, 0.7] }),
    intRangeSlider({ label: 'intRange', value: [20, 70] }),
    logSlider({ label: 'logSlider', value: 1e-3 }),
    selectionSlider({ label: 'selection', options: ['small', 'medium', 'large'], value: 'medium' }),
    progressBar({ label: 'progress', value: 0.6, barStyle: 'success' }),
    hbox([play({ interval: 50 }), label('formula $x^2$'), htmlView('<i>html</i>')]),
  ]),
  Choices: grid([
    dropdown({ label: 'dropdown', options: { one: 1, two: 2 } }),
    radio({ label: 'radio', options: ['sgd', 'adam'] }),
    select({ label: 'select', options: ['a', 'b', 'c'], rows: 3 }),
    multiSelect({ label: 'multi', options: ['a', 'b', 'c'], value: ['a', 'c'], rows: 3 }),
    toggleButtons({ label: 'toggles', options: ['x', 'y'] }),
    checkbox({ label: 'checkbox', value: true }),
    toggle({ label: 'toggle', icon: 'check', value: true }),
    button({ label: 'button', buttonStyle: 'primary', icon: 'play' }),
  ]),
  Inputs: vbox([
    textInput({ label: 'text', value: 'typed' }),
    passwordInput({ label: 'password', value: 'secret' }),
    textArea({ label: 'area', value: 'two\\nlines', rows: 2 }),
    comboBox({ label: 'combo', options: ['alpha', 'beta'] }),
    numberInput({ label: 'number', value: 1.5 }),
    intInput({ label: 'int', value: 3, min: 0, max: 9 }),
    colorPicker({ label: 'color', value: '#3366cc' }),
    imageView({ value: dot, width: 40 }),
    beside,
  ]),
}, { layout: { width: '700px' } })`,
  `accordion({ First: vbox([slider(), 'text in a box']), Second: 'closed' }, { selected: 0, layout: { border: '1px solid gray' } })`,
];

const plotted = [
  `import { interact, slider } from 'gradlab/kernel';
import { line } from 'gradlab/display';`,
  `const wave = (n: number) => Array.from({ length: 100 }, (_, i) => Math.sin((n * i) / 10));
interact(({ frequency }) => {
  console.log('frequency', frequency);
  return line(wave(frequency), { width: 400, height: 150 });
}, { frequency: slider({ min: 1, max: 9, step: 0.5, value: 2 }) });`,
];

const linked = [
  `import { interact, link, output, progress, slider, vbox } from 'gradlab/kernel';
const [first, second] = [slider({ label: 'first' }), slider({ label: 'second' })];
second.observe((value) => console.log('moved to', value));
link(first, second);
const place = output();
place.show(html\`<b>kept</b>\`);
vbox([first, second, place])`,
  `for (const epoch of progress(2, { label: 'epoch' }))
  for await (const batch of progress((async function* () {
    for (let i = 0; i < 5; i++) yield await new Promise<number>((resolve) => setTimeout(resolve, 30, i));
  })(), { label: 'batch', total: 5 }));
for (const step of progress(100, { label: 'stopped early' })) if (step === 42) break;`,
  `interact(({ n }) => {
  if (n > 2) throw new RangeError('too large: ' + n);
  return Math.sqrt(n);
}, { n: { min: 0, max: 4, value: 3, step: 1 } });`,
  'await new Promise((resolve) => setTimeout(resolve, 60_000));',
];

/** Runs in the page, so it is text: milliseconds from the next key to the next change of the plot's line. */
const TIME_TO_REDRAW = `new Promise((resolve) => {
  let pressed = 0;
  const path = () => document.querySelector('svg.marks .mark-line path')?.getAttribute('d');
  const before = path();
  document.addEventListener('keydown', () => { pressed = performance.now(); }, { capture: true, once: true });
  const observer = new MutationObserver(() => {
    const now = path();
    if (pressed === 0 || now === undefined || now === before) return;
    observer.disconnect();
    resolve(performance.now() - pressed);
  });
  observer.observe(document.body, { childList: true, subtree: true, attributes: true });
})`;

describe('widgets in JupyterLab', () => {
  const made = setting({
    'gallery.ipynb': book('gradlab', gallery),
    'plotted.ipynb': book('gradlab', plotted),
    'linked.ipynb': book('gradlab', linked),
  });

  it('draws every kind', async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'gallery.ipynb');
    await notebook.runAll();
    expect((await notebook.cells()).flatMap(({ errors }) => errors)).toEqual([]);
    const tab = notebook.output(1).locator('.lm-TabBar-tab');
    await tab.first().waitFor();
    for (const [index, name] of ['sliders', 'choices', 'inputs'].entries()) {
      await tab.nth(index).click();
      await notebook.page.waitForTimeout(300);
      await notebook.screenshot(`widgets-${name}`);
    }
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });

  it('redraws a plot as a slider moves', async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'plotted.ipynb');
    await notebook.runAll();
    expect((await notebook.cells()).flatMap(({ errors }) => errors)).toEqual([]);
    const cell = notebook.output(1);
    await notebook.svgs(1).waitFor();
    await notebook.screenshot('widgets-interact');
    const handle = cell.locator('.noUi-handle');
    const times: number[] = [];
    for (let step = 0; step < 12; step += 1) {
      const drawn = notebook.page.evaluate<number>(TIME_TO_REDRAW);
      await handle.focus();
      await handle.press('ArrowRight');
      times.push(await drawn);
    }
    console.log(`from a slider to the redrawn plot: ${times.map(Math.round).join(', ')} ms; 100 are allowed`);
    const [, shown] = await notebook.cells();
    expect(shown?.text).toMatch(/frequency 8\n/);
    await notebook.screenshot('widgets-interacted');
    await notebook.close();
  });

  it('moves linked sliders while a cell runs, and shows them again when the page is loaded again', async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'linked.ipynb');
    const { page } = notebook;
    const running = notebook.runAll({ timeout: 120_000 });
    const handles = notebook.output(0).locator('.noUi-handle');
    await notebook.output(2).locator('.noUi-handle').waitFor();
    await page.waitForFunction("jupyterapp.shell.currentWidget.content.widgets[3].model.executionState === 'running'");
    await handles.first().focus();
    for (let step = 1; step <= 3; step += 1) {
      await handles.first().press('ArrowRight');
      await page.getByText(`moved to 0.0${step}`).waitFor();
    }
    expect(await handles.nth(1).getAttribute('aria-valuetext')).toBe('0.03');
    await notebook.output(0).getByText('kept').waitFor();
    await page.evaluate('jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" })');
    await page.waitForTimeout(1000);
    await notebook.screenshot('widgets-dark');
    await page.evaluate('jupyterapp.commands.execute("notebook:interrupt-kernel")');
    await running;
    expect((await notebook.cells())[3]?.errors).toEqual(['Interrupted: the cell was stopped']);

    await page.evaluate('jupyterapp.shell.currentWidget.context.save()');
    await page.reload();
    await handles.first().waitFor({ timeout: 60_000 });
    expect(await handles.first().getAttribute('aria-valuetext')).toBe('0.03');
    await notebook.output(0).getByText('kept').waitFor();
    await handles.first().focus();
    await handles.first().press('ArrowRight');
    await expect.poll(() => handles.nth(1).getAttribute('aria-valuetext')).toBe('0.04');
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
