// Subshells: other queues of cells beside the notebook's, in the same session.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Client, type Json } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterEach(() => {
  kernel.onInput = undefined;
});
afterAll(() => kernel.stop());

const control = async (type: string, content: Json = {}): Promise<Json> =>
  (await kernel.request(type, content, 'control')).content;
const create = async (): Promise<string> => String((await control('create_subshell_request')).subshell_id);
const running = (id: string): Promise<unknown> =>
  kernel.until(({ type, parent }) => type === 'stream' && parent === id);

test('the kernel says that it has them; they are created, listed and deleted', async () => {
  const info = await kernel.request('kernel_info_request', {});
  expect(info.content.supported_features).toContain('kernel subshells');
  const [one, two] = [await create(), await create()];
  expect((await control('list_subshell_request')).subshell_id).toEqual([one, two]);
  expect((await control('delete_subshell_request', { subshell_id: one })).status).toBe('ok');
  expect((await control('list_subshell_request')).subshell_id).toEqual([two]);
  expect((await control('delete_subshell_request', { subshell_id: one })).ename).toBe('UnknownSubshell');
  expect((await control('delete_subshell_request', { subshell_id: two })).status).toBe('ok');
});

test('a request for an unknown subshell is an error', async () => {
  const run = await kernel.finished(kernel.execute('1', {}, 'nobody'));
  expect(run.reply).toMatchObject({ status: 'error', ename: 'UnknownSubshell' });
});

describe('a cell in a subshell', () => {
  let subshell: string;
  beforeAll(async () => {
    subshell = await create();
  });

  test('runs while one of the notebook awaits, and sees its variables', async () => {
    await kernel.run('let go: () => void = () => {}; let turns = 0;');
    const waiting = kernel.execute('console.log("waits"); await new Promise<void>((done) => { go = done; }); "went"');
    await running(waiting);
    const beside = await kernel.finished(
      kernel.execute('turns += 1; console.log("beside"); go(); turns', {}, subshell),
    );
    expect(beside).toMatchObject({ status: 'ok', result: '1', stdout: 'beside\n' });
    expect(await kernel.finished(waiting)).toMatchObject({ result: "'went'", stdout: 'waits\n' });
    expect((await kernel.run('turns')).result).toBe('1');
  });

  test('has a count and a history of its own', async () => {
    const other = await create();
    const first = await kernel.finished(kernel.execute('"of the other"', {}, other));
    expect(first.reply.execution_count).toBe(1);
    const range = { hist_access_type: 'range', session: 0, output: false, raw: true };
    const id = kernel.send('shell', 'history_request', range, { subshell: other });
    const { content } = await kernel.until(({ channel, parent }) => channel === 'shell' && parent === id);
    expect(content.history).toEqual([[0, 1, '"of the other"']]);
    await control('delete_subshell_request', { subshell_id: other });
  });

  test('fails by itself, with its own name', async () => {
    const failed = kernel.execute('throw new Error("beside")', {}, subshell);
    const aborted = kernel.execute('1', {}, subshell);
    const own = await kernel.run('2');
    expect((await kernel.finished(failed)).error).toMatch(/Cell \[\d+\] of subshell \w{4}, line 1/);
    expect((await kernel.finished(aborted)).status).toBe('aborted');
    expect(own.result).toBe('2');
  });

  test('asks and is answered apart from the notebook', async () => {
    kernel.onInput = (prompt) => (prompt === 'main?' ? undefined : 'beside');
    const main = kernel.execute('await input("main?")');
    const question = await kernel.until(({ content }) => content.prompt === 'main?');
    const beside = await kernel.finished(kernel.execute('await input("sub?")', {}, subshell));
    expect(beside.result).toBe("'beside'");
    kernel.reply(question, 'main');
    expect((await kernel.finished(main)).result).toBe("'main'");
  });

  test('ends with the others at a stop', async () => {
    const main = kernel.execute('console.log("main"); await new Promise(() => {})');
    const beside = kernel.execute('console.log("beside"); await null; for (;;);', {}, subshell);
    await Promise.all([running(main), running(beside)]);
    await control('interrupt_request');
    expect((await kernel.finished(main)).error).toContain('Interrupted');
    expect((await kernel.finished(beside)).error).toContain('Interrupted');
    expect((await kernel.finished(kernel.execute('turns', {}, subshell))).result).toBe('1');
  });

  test('that ends the session tells all cells that ran', async () => {
    const main = kernel.execute('console.log("main"); await new Promise(() => {})');
    await running(main);
    const beside = await kernel.finished(kernel.execute('process.exit(3)', {}, subshell));
    expect(beside.error).toContain('exit code 3');
    expect((await kernel.finished(main)).error).toContain('exit code 3');
    expect((await kernel.finished(kernel.execute('1 + 1', {}, subshell))).result).toBe('2');
  });
});
