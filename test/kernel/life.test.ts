// How kernels start, end, and outlive their session.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './client.js';

/** A process that has ended and waits for its parent to take note is not alive. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/stat`;
  return !(existsSync(status) && / Z /.test(readFileSync(status, 'utf8')));
};

describe('when the session dies, the cell says why and a fresh one takes over', () => {
  let kernel: Client;
  beforeAll(async () => {
    kernel = await Client.start({ env: { GRADLAB_SESSION_OPTIONS: '--max-old-space-size=64' } });
  });
  afterAll(() => kernel.stop());

  test.each([
    ['process.exit(3)', 'exit code 3'],
    ['process.abort()', 'aborted'],
    ["process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {})", 'segmentation fault'],
    ["process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})", 'killed from outside'],
    ['const hoard: object[] = []; for (;;) hoard.push(new Array(1000).fill({}));', 'ran out of memory'],
  ])('%s', async (code, why) => {
    await kernel.run('let mine = 1; console.log("before")');
    const cell = kernel.execute(`console.log('last words');\n${code}`);
    const next = kernel.execute('2');
    const run = await kernel.finished(cell);
    expect(run.stdout).toBe('last words\n');
    expect(run.reply.ename).toBe('SessionEnded');
    expect(run.error).toContain(why);
    expect((await kernel.finished(next)).status).toBe('aborted');
    expect((await kernel.run('mine')).reply.evalue).toBe("Cannot find name 'mine'.");
    expect((await kernel.run('1 + 1')).result).toBe('2');
  });
});

test('a shutdown request ends both processes, even when the cell spins', async () => {
  const kernel = await Client.start();
  const session = Number((await kernel.run('process.pid')).result);
  expect(isAlive(session)).toBe(true);
  kernel.execute('for (;;);');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const ended = new Promise((resolve) => kernel.kernel.once('exit', resolve));
  const reply = await kernel.request('shutdown_request', { restart: true }, 'control');
  expect(reply.content).toEqual({ status: 'ok', restart: true });
  expect(await ended).toBe(0);
  await expect.poll(() => isAlive(session)).toBe(false);
  await kernel.stop();
});

test('a killed server takes the session along', async () => {
  const kernel = await Client.start();
  const session = Number((await kernel.run('process.pid')).result);
  kernel.execute('for (;;);');
  await new Promise((resolve) => setTimeout(resolve, 100));
  kernel.kernel.kill('SIGKILL');
  await expect.poll(() => isAlive(session), { timeout: 3000 }).toBe(false);
  await kernel.stop();
});

test('children of user code end with the kernel', async () => {
  const kernel = await Client.start();
  const run = await kernel.run("const child = require('node:child_process').spawn('sleep', ['1000']); child.pid");
  const child = Number(run.result);
  expect(isAlive(child)).toBe(true);
  await kernel.stop();
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('a kernel leaves nothing in the notebook’s folder', async () => {
  const kernel = await Client.start();
  await kernel.run('1');
  // The history, which goes to the user's data folder, comes when it comes; here that folder lies inside.
  expect(readdirSync(kernel.folder).filter((name) => name !== 'data')).toEqual(['connection.json']);
  await kernel.stop();
});

test('kernel_info names the language, the protocol and the file extension', async () => {
  const kernel = await Client.start();
  const { content } = await kernel.request('kernel_info_request', {}, 'control');
  expect(content).toMatchObject({
    status: 'ok',
    protocol_version: '5.5',
    implementation: 'gradlab',
    language_info: { name: 'typescript', file_extension: '.ts', mimetype: 'text/typescript' },
  });
  await kernel.stop();
});
