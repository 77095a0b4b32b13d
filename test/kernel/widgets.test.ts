// Cells with widgets, and a front end's messages to them → messages of the widget protocol, values, outputs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CellRun, Client, type Json, type Message, withoutColours } from './client.js';

const NAMES =
  'button, checkbox, dropdown, hbox, imageView, interact, intRangeSlider, intSlider, jslink, label, link, logSlider, multiSelect, output, progressBar, slider, tabs, textInput, vbox';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
  expect((await kernel.run(`import { ${NAMES} } from 'gradlab/kernel'`)).error).toBe('');
});
afterAll(() => kernel.stop());

const VIEW = 'application/vnd.jupyter.widget-view+json';
const object = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? {}));
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The id of the widget that a cell's result shows. */
const idOf = ({ data }: CellRun): string => String(object(data?.[VIEW]).model_id);
const isUpdate = ({ type }: Message) => type === 'display_data' || type === 'update_display_data';

/** A front end's message to a widget, and what the kernel published for it. */
async function tell(id: string, data: Json, buffers: Buffer[] = []): Promise<Message[]> {
  const sent = kernel.send('shell', 'comm_msg', { comm_id: id, data }, { buffers });
  await kernel.until(
    ({ type, parent, content }) => parent === sent && type === 'status' && content.execution_state === 'idle',
  );
  return kernel.messages.filter(({ type, parent }) => parent === sent && type !== 'status');
}

const update = (id: string, state: Json) => tell(id, { method: 'update', state, buffer_paths: [] });
const value = async (code: string) => (await kernel.run(code)).result;
/** The last state that was sent of a widget under `key`. */
const lastSent = (id: string, key: string) =>
  kernel.messages
    .filter(({ content }) => content.comm_id === id)
    .map(({ content }) => object(object(content.data).state)[key])
    .findLast((state) => state !== undefined);

describe('a widget', () => {
  test('opens with all that it refers to before its view is shown, with text beside it', async () => {
    const run = await kernel.run(
      "slider({ label: 'rate', max: 2, value: 0.5, layout: { width: '50%', border: '1px solid' } })",
    );
    expect(run.outputs.map(({ type }) => type)).toEqual(['comm_open', 'comm_open', 'comm_open', 'execute_result']);
    expect(run.result).toBe('FloatSlider(rate): 0.5');
    const [layout, style, main] = run.outputs.map(({ content }) => object(content));
    expect(run.outputs[0]?.metadata).toEqual({ version: '2.1.0' });
    expect(main).toMatchObject({ target_name: 'jupyter.widget', comm_id: idOf(run) });
    const state = (message: Json | undefined) => object(object(message?.data).state);
    expect(state(main)).toMatchObject({
      _model_module: '@jupyter-widgets/controls',
      _model_module_version: '2.0.0',
      _model_name: 'FloatSliderModel',
      _view_name: 'FloatSliderView',
      ...{ min: 0, max: 2, step: 0.01, value: 0.5, description: 'rate', continuous_update: true },
      ...{ layout: `IPY_MODEL_${layout?.comm_id}`, style: `IPY_MODEL_${style?.comm_id}` },
    });
    expect(state(layout)).toMatchObject({
      _model_module: '@jupyter-widgets/base',
      width: '50%',
      border_left: '1px solid',
    });
    expect(object(run.data?.[VIEW])).toMatchObject({ version_major: 2, version_minor: 0 });
  });

  test('is shown twice and opened once', async () => {
    await kernel.run('const twice = checkbox()');
    expect((await kernel.run('display(twice); twice')).outputs.map(({ type }) => type).sort()).toEqual([
      'comm_open',
      'comm_open',
      'comm_open',
      'display_data',
      'execute_result',
    ]);
  });

  test('moves by messages, which are echoed at once', async () => {
    const run = await kernel.run(
      'const moved = intSlider(); const seen: number[][] = [];\nmoved.observe((now, before) => seen.push([now, before]));\nmoved',
    );
    const published = await update(idOf(run), { value: 7 });
    expect(published.map(({ type, content }) => [type, content.data])).toEqual([
      ['comm_msg', { method: 'echo_update', state: { value: 7 }, buffer_paths: [] }],
    ]);
    expect(await value('[moved.value, seen]')).toBe('[ 7, [ [ 7, 0 ] ] ]');
  });

  test('tells front ends what code sets, once', async () => {
    const run = await kernel.run('const set = textInput(); set');
    const { outputs } = await kernel.run(
      "set.value = 'a'; set.value = 'a'; set.set({ label: 'name', disabled: true }); set.get('label')",
    );
    const sent = outputs.filter(({ type }) => type === 'comm_msg');
    expect(sent.map(({ content }) => content)).toEqual([
      { comm_id: idOf(run), data: { method: 'update', state: { value: 'a' }, buffer_paths: [] } },
      {
        comm_id: idOf(run),
        data: { method: 'update', state: { description: 'name', disabled: true }, buffer_paths: [] },
      },
    ]);
  });

  test('keeps its value and sends it again where a front end asks for what it cannot be', async () => {
    const run = await kernel.run('const strict = intSlider({ value: 3 }); strict');
    for (const wish of ['x', 1.5, 1000, null]) {
      const published = await update(idOf(run), { value: wish });
      expect(published.map(({ content }) => object(content.data).method ?? content.ename)).toEqual([
        'echo_update',
        'update',
        'WidgetError',
      ]);
      expect(object(published[1]?.content.data).state).toEqual({ value: 3 });
    }
    expect(await value('strict.value')).toBe('3');
  });

  test('follows when its limits leave the value no room', async () => {
    await kernel.run('const room = slider({ value: 1 }); room.set({ max: 0.5 });');
    expect(await value('[room.value, room.get("max")]')).toBe('[ 0.5, 0.5 ]');
  });

  test('answers request_state and the control comm, so that a page that loads again finds it', async () => {
    const run = await kernel.run("const kept = hbox([slider({ value: 0.25 }), 'text']); kept");
    const [state] = await tell(idOf(run), { method: 'request_state' });
    expect(object(state?.content.data)).toMatchObject({ method: 'update', state: { _model_name: 'HBoxModel' } });

    const control = 'control-comm';
    kernel.send(
      'shell',
      'comm_open',
      { comm_id: control, target_name: 'jupyter.widget.control', data: {} },
      { metadata: { version: '1.0.0' } },
    );
    const [answer] = await tell(control, { method: 'request_states' });
    const { method, states } = object(answer?.content.data);
    expect(method).toBe('update_states');
    const hbox = object(object(states)[idOf(run)]);
    expect(hbox).toMatchObject({
      model_name: 'HBoxModel',
      model_module: '@jupyter-widgets/controls',
      model_module_version: '2.0.0',
    });
    const children = object(hbox.state).children as string[];
    const [first] = children.map((child) => object(object(states)[child.replace('IPY_MODEL_', '')]));
    expect(object(first?.state)).toMatchObject({ _model_name: 'FloatSliderModel', value: 0.25 });
  });

  test('sends bytes beside the state', async () => {
    const run = await kernel.run("imageView({ value: Buffer.from('iVBORw0KGgo=', 'base64') })");
    const open = run.outputs.find(({ content }) => content.comm_id === idOf(run));
    expect(object(open?.content.data).buffer_paths).toEqual([['value']]);
    expect(open?.buffers[0]?.toString('base64')).toBe('iVBORw0KGgo=');
    const [echo] = await tell(idOf(run), { method: 'update', state: {}, buffer_paths: [['value']] }, [
      Buffer.from('GIF89a'),
    ]);
    expect(echo?.buffers[0]?.toString()).toBe('GIF89a');
  });

  test('closes', async () => {
    const run = await kernel.run('const closed = label("x"); closed');
    expect((await kernel.run('closed.close()')).outputs.map(({ type, content }) => [type, content.comm_id])).toEqual([
      ['comm_close', idOf(run)],
    ]);
    expect((await kernel.run('closed.value = "y"')).error).toContain(
      'WidgetError: this widget was closed; make a new one',
    );
    expect(await update(idOf(run), { value: 'z' })).toEqual([]);
  });

  test.each([
    ['slider({ min: 2, max: 1 })', 'min is 2 and max is 1'],
    ['intSlider({ value: 0.5 })', 'must be a whole number, and is 0.5'],
    ['slider({ value: 3 })', 'must be between 0 and 1, and is 3'],
    ['intRangeSlider({ value: [5, 3] })', 'must be [low, high] in this order, and is [ 5, 3 ]'],
    ['dropdown({ options: [] })', 'there are no options'],
    ["dropdown({ options: ['a', 'b'] as string[], value: 'c' })", "'c' is none of its options, which are a, b"],
    ['imageView({ value: new Uint8Array(4) })', 'do not start like a PNG'],
    ["tabs({ a: 'x' }, { selected: 3 })", 'there is no page 3; pages are counted from 0 to 0'],
  ])('%s is refused', async (code, message) => {
    expect((await kernel.run(code)).error).toContain(message);
  });

  test('has a typed value', async () => {
    const typed =
      "const kind: 'sgd' | 'adam' = dropdown({ options: ['sgd', 'adam'] }).value; const rate: number = logSlider().value;";
    expect((await kernel.run(typed)).error).toBe('');
    expect((await kernel.run('const text: string = slider().value')).error).toContain(
      "'number' is not assignable to type 'string'",
    );
    expect((await kernel.run('slider({ maximum: 1 })')).error).toContain("'maximum' does not exist");
    expect((await kernel.run("dropdown({ options: ['sgd'], value: 'adam' })")).error).toContain('"adam"');
  });
});

test('selections have the values of their options', async () => {
  const run = await kernel.run('const chosen = dropdown({ options: { one: 1, two: 2, three: 3 } }); chosen');
  await update(idOf(run), { index: 2 });
  expect(await value('[chosen.value, chosen.label]')).toBe("[ 3, 'three' ]");
  await kernel.run('chosen.options = { two: 2, three: 3 };');
  expect([lastSent(idOf(run), '_options_labels'), lastSent(idOf(run), 'index')]).toEqual([['two', 'three'], 1]);
  expect(await value('chosen.value')).toBe('3');
  await kernel.run("const some = multiSelect({ options: ['a', 'b', 'c'] }); some.value = ['c', 'a'];");
  expect(await value('some.value')).toBe("[ 'c', 'a' ]");
});

test('a button tells its clicks', async () => {
  const run = await kernel.run(
    "let clicks = 0; const pressed = button({ label: 'go', onClick: () => console.log('click', ++clicks) }); pressed",
  );
  const published = await tell(idOf(run), { method: 'custom', content: { event: 'click' } });
  expect(published).toEqual([]);
  expect(kernel.streamOf(run.id)).toBe('click 1\n');
});

describe('listeners', () => {
  test('print under the cell that registered them, and their errors are told there', async () => {
    const run = await kernel.run(
      "const heard = slider();\nheard.observe((v) => { console.log('at', v); if (v > 0.5) throw new RangeError('too far'); });\nheard",
    );
    await update(idOf(run), { value: 0.4 });
    await kernel.run('1');
    await update(idOf(run), { value: 0.6 });
    expect(kernel.streamOf(run.id)).toBe('at 0.4\nat 0.6\n');
    const error = await kernel.until(({ type, parent }) => type === 'error' && parent === run.id);
    expect(error.content.evalue).toBe('too far');
    expect(withoutColours((error.content.traceback as string[]).join('\n'))).toMatch(/Cell \[\d+\], line 2/);
  });

  test('run while a cell awaits, and after it was stopped', async () => {
    const id = kernel.execute(
      "const during = slider();\nduring.observe((v) => console.log('at', v));\ndisplay(during);\nawait new Promise(() => {});",
    );
    const shown = await kernel.until(({ type, parent }) => type === 'display_data' && parent === id);
    const widget = String(object(object(shown.content.data)[VIEW]).model_id);
    await update(widget, { value: 0.1 });
    expect(kernel.streamOf(id)).toBe('at 0.1\n');
    await kernel.request('interrupt_request', {}, 'control');
    await kernel.finished(id);
    await update(widget, { value: 0.2 });
    expect(kernel.streamOf(id)).toBe('at 0.1\nat 0.2\n');
  });

  test('that never end are stopped, and the widget goes on', async () => {
    const run = await kernel.run(
      'const endless = slider();\nendless.observe((v) => { while (v < 0.5); console.log(v); });\nendless',
    );
    const stuck = update(idOf(run), { value: 0.1 });
    await sleep(100);
    await kernel.request('interrupt_request', {}, 'control');
    expect((await stuck).map(({ type, content }) => content.ename ?? type)).toEqual(['comm_msg', 'Interrupted']);
    await update(idOf(run), { value: 0.9 });
    expect(kernel.streamOf(run.id)).toBe('0.9\n');
    expect(await value('endless.value')).toBe('0.9');
  });

  test('end when asked', async () => {
    await kernel.run(
      'let calls = 0; const left = slider(); const stop = left.observe(() => calls++); left.value = 0.1; stop(); left.value = 0.2;',
    );
    expect(await value('calls')).toBe('1');
  });
});

test('links keep values equal, here and in the front end', async () => {
  const run = await kernel.run(
    'const [a, b, c] = [slider({ value: 0.3 }), slider(), label()]; link(a, b); link(a, c, (v) => "is " + v); vbox([a, b, c])',
  );
  expect(await value('[b.value, c.value]')).toBe("[ 0.3, 'is 0.3' ]");
  await kernel.run('b.value = 0.7;');
  expect(await value('[a.value, c.value]')).toBe("[ 0.7, 'is 0.7' ]");
  expect(run.result).toBe('VBox(FloatSlider: 0.3, FloatSlider: 0.3, Label: is 0.3)'.replace('is 0.3', "'is 0.3'"));
  const linked = await kernel.run('const stopLink = jslink(a, b);');
  const state = object(object(linked.outputs.at(-1)?.content.data).state);
  expect(state).toMatchObject({ _model_name: 'LinkModel', source: [expect.stringMatching(/^IPY_MODEL_/), 'value'] });
});

describe('an output widget', () => {
  test('holds what captured code prints and shows, also later, and the cell does not', async () => {
    const run = await kernel.run(
      "const place = output(); place.capture(() => { console.log('a'); console.log('b'); display(1); setTimeout(() => console.error('late'), 60); }); place",
    );
    expect(run.stdout).toBe('');
    await sleep(200);
    expect(lastSent(idOf(run), 'outputs')).toEqual([
      { output_type: 'stream', name: 'stdout', text: 'a\nb\n' },
      { output_type: 'display_data', data: { 'text/plain': '1' }, metadata: {} },
      { output_type: 'stream', name: 'stderr', text: 'late\n' },
    ]);
    await kernel.run("place.clear(); place.capture(() => { const h = display('x'); h.update('y'); });");
    expect(lastSent(idOf(run), 'outputs')).toEqual([
      { output_type: 'display_data', data: { 'text/plain': "'y'" }, metadata: {} },
    ]);
    await kernel.run('place.show(html`<b>shown</b>`)');
    expect(lastSent(idOf(run), 'outputs')).toMatchObject([{ data: { 'text/html': '<b>shown</b>' } }]);
  });

  test('takes 10,000 lines in a few messages', async () => {
    const run = await kernel.run(
      'const many = output(); display(many); many.capture(() => { for (let i = 0; i < 10000; i++) console.log(i); }); many',
    );
    const [{ text }] = lastSent(idOf(run), 'outputs') as [{ text: string }];
    expect(text.split('\n').length).toBe(10_001);
    expect(run.outputs.length).toBeLessThan(60);
  });
});

describe('interact', () => {
  const shownBy = (id: string) =>
    kernel.messages
      .filter((message) => message.parent === id && isUpdate(message))
      .map(({ type, content }) => [type, object(content.data)['text/plain'], object(content.transient).display_id]);
  /** The widget ids of a cell by their labels. */
  const controls = ({ outputs }: CellRun): { [label: string]: string } =>
    Object.fromEntries(
      outputs
        .filter(({ type }) => type === 'comm_open')
        .map(({ content }) => [object(object(content.data).state).description, content.comm_id]),
    );

  test('shows controls and the result, and redoes it in place', async () => {
    const run = await kernel.run(
      "interact(({ n, name, on, kind }) => { console.log(name, on, kind); return n * 2; }, { n: { min: 0, max: 10, step: 1, value: 4 }, name: 'x', on: true, kind: ['a', 'b'] });",
    );
    expect(run.error).toBe('');
    const [box, printed, result] = shownBy(run.id);
    expect(box?.[1]).toBe("VBox(FloatSlider(n): 4, Text(name): 'x', Checkbox(on): true, Dropdown(kind): 'a')");
    expect([printed?.[1], result?.[1]]).toEqual(['x true a\n', '8']);
    await update(controls(run).n ?? '', { value: 5 });
    await kernel.until(({ parent, content }) => parent === run.id && object(content.data)['text/plain'] === '10');
    expect(shownBy(run.id).slice(3)).toEqual([['update_display_data', '10', result?.[2]]]);
  });

  test('labels controls in words, with room for the longest', async () => {
    const run = await kernel.run('interact(() => 1, { lookAtTheMap: true, temperature: { min: 0, max: 1 } });');
    expect(Object.keys(controls(run))).toEqual(expect.arrayContaining(['look at the map', 'temperature']));
    const widths = run.outputs
      .filter(({ type }) => type === 'comm_open')
      .map(({ content }) => object(object(content.data).state).description_width)
      .filter((width) => width !== undefined);
    expect(widths).toEqual(['120px', '120px']);
  });

  test('cancels a run that is stale, whose output never shows', async () => {
    const run = await kernel.run(`const log: string[] = [];
interact(async ({ n }, signal) => {
  signal.addEventListener('abort', () => log.push('aborted ' + n));
  await new Promise((resolve) => setTimeout(resolve, 100));
  log.push('went on ' + n);
  return 'result ' + n;
}, { n: { min: 0, max: 10, step: 1, value: 1 } });`);
    const { n = '' } = controls(run);
    await update(n, { value: 2 });
    await sleep(30);
    await update(n, { value: 3 });
    await kernel.until(
      ({ parent, content }) => parent === run.id && String(object(content.data)['text/plain']).includes('result 3'),
    );
    expect(await value('log')).toBe("[ 'aborted 1', 'aborted 2', 'went on 3' ]");
    expect(
      shownBy(run.id)
        .map(([, text]) => text)
        .slice(1),
    ).toEqual(["'result 3'"]);
  });

  test('shows an error in place of the result, in terms of the cell, and goes on', async () => {
    const run = await kernel.run(
      "interact(({ n }) => {\n  if (n > 2) throw new RangeError('too large');\n  return n;\n}, { n: { min: 0, max: 4, value: 1, step: 1 } });",
    );
    const { n = '' } = controls(run);
    await update(n, { value: 3 });
    const failed = await kernel.until(
      ({ parent, content }) =>
        parent === run.id && String(object(content.data)['text/html']).includes('>RangeError</span>: too large'),
    );
    expect(object(failed.content.data)['text/plain']).toMatch(/^RangeError: too large\n\nCell \[\d+\], line 2\n/);
    await update(n, { value: 2 });
    await kernel.until(({ parent, content }) => parent === run.id && object(content.data)['text/plain'] === '2');
  });

  test('takes away what a later run does not show', async () => {
    const run = await kernel.run(
      "interact(({ on }) => { if (on) { display('first'); display('second'); } }, { on: true });",
    );
    await update(controls(run).on ?? '', { value: false });
    await kernel.until(({ parent, type }) => parent === run.id && type === 'update_display_data');
    await sleep(50);
    expect(
      shownBy(run.id)
        .map(([, text]) => text)
        .slice(1),
    ).toEqual(["'first'", "'second'", '', '']);
  });

  test('puts results into an output widget where it is given one', async () => {
    const run = await kernel.run(
      'const there = output(); interact(({ n }) => n + 1, { n: 4 }, { output: there }); there',
    );
    expect(lastSent(idOf(run), 'outputs')).toEqual([
      { output_type: 'display_data', data: { 'text/plain': '5' }, metadata: {} },
    ]);
  });

  test('refuses what is no control', async () => {
    expect((await kernel.run('interact(() => 1, { n: null as unknown as number })')).error).toContain(
      'interact: n is null; give a widget with a value',
    );
    expect((await kernel.run('interact(({ n }) => n.toUpperCase(), { n: 5 })')).error).toContain(
      "'toUpperCase' does not exist on type 'number'",
    );
  });
});

test('progress bars move', async () => {
  const run = await kernel.run(
    "const bar = progressBar({ max: 4, barStyle: 'info' }); display(bar); bar.value = 2; bar.set({ barStyle: 'success' }); bar",
  );
  expect([lastSent(idOf(run), 'value'), lastSent(idOf(run), 'bar_style')]).toEqual([2, 'success']);
});
