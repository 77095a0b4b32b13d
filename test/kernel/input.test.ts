// input(), prompt(), confirm(), alert(): questions to the person at the front end, and what becomes of their answers.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Client, type Message } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterEach(() => {
  kernel.onInput = undefined;
});
afterAll(() => kernel.stop());

const echo = (prompt: string, password: boolean): string => `${prompt}/${password}`;
const asked = (prompt: string): Promise<Message> =>
  kernel.until(({ type, content }) => type === 'input_request' && content.prompt === prompt);

test('input() asks and gets the answer; without stdin it says so', async () => {
  kernel.onInput = echo;
  expect((await kernel.run('await input("Name? ")')).result).toBe("'Name? /false'");
  expect((await kernel.run('await input("Key? ", { password: true })')).result).toBe("'Key? /true'");
  kernel.onInput = undefined;
  expect((await kernel.run('await input("Name? ")')).error).toContain('InputUnavailable');
});

test('prompt(), confirm() and alert() wait in the middle of synchronous code', async () => {
  kernel.onInput = echo;
  const loop = 'const got: string[] = []; for (let i = 0; i < 3; i++) got.push(prompt(`${i}?`)); got';
  expect((await kernel.run(loop)).result).toBe("[ '0? /false', '1? /false', '2? /false' ]");
  expect((await kernel.run('prompt("Key?", "", { password: true })')).result).toBe("'Key? /true'");
  kernel.onInput = () => '';
  expect((await kernel.run('prompt("Size?", "42")')).result).toBe("'42'");
  expect((await kernel.run('alert("Mind the gap"); confirm("Sure?")')).result).toBe('false');
  kernel.onInput = () => 'Yes';
  expect((await kernel.run('confirm("Sure?")')).result).toBe('true');
});

test('where nobody can be asked, prompt() says so and alert() prints', async () => {
  expect((await kernel.run('prompt("Name?")')).error).toContain('InputUnavailable');
  expect((await kernel.run('alert("Mind the gap")')).stdout).toBe('Mind the gap\n');
});

test('what was printed before a question is there when it is asked', async () => {
  let printed = '';
  kernel.onInput = () => {
    printed = kernel.streamOf(cell);
    return '';
  };
  const cell = kernel.execute('console.log("before"); prompt("And?")');
  await kernel.finished(cell);
  expect(printed).toBe('before\n');
});

test.each(['prompt', 'await input'])('a stop ends %s, and its late answer goes nowhere', async (call) => {
  kernel.onInput = () => undefined;
  const cell = kernel.execute(`${call}("stopped by ${call}")`);
  const question = await asked(call === 'prompt' ? `stopped by ${call} ` : `stopped by ${call}`);
  kernel.send('control', 'interrupt_request', {});
  expect((await kernel.finished(cell)).error).toContain('Interrupted');
  const next = kernel.execute(`${call}("next after ${call}")`);
  const other = await asked(call === 'prompt' ? `next after ${call} ` : `next after ${call}`);
  kernel.reply(question, 'late');
  kernel.reply(other, 'in time');
  expect((await kernel.finished(next)).result).toBe("'in time'");
});

test('questions of one cell are asked one after the other', async () => {
  kernel.onInput = (prompt) => prompt.toUpperCase();
  const run = await kernel.run('await Promise.all([input("a"), input("b"), input("c")])');
  expect(run.result).toBe("[ 'A', 'B', 'C' ]");
});

test('an answer that names no question is for the oldest', async () => {
  kernel.onInput = () => undefined;
  const cell = kernel.execute('await input("anonymous")');
  await asked('anonymous');
  kernel.send('stdin', 'input_reply', { value: 'somebody' });
  expect((await kernel.finished(cell)).result).toBe("'somebody'");
});
