// Messages at the border: what is unsigned, replayed, malformed or huge is dropped and logged; nothing dies of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MalformedMessage } from '../../kernel/wire/json.js';
import { decode, Encoder } from '../../kernel/wire/message.js';
import { Signer } from '../../kernel/wire/signature.js';
import { Client } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterAll(() => kernel.stop());

const EXECUTE = { silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true };

function frames(code: string, id: string): Buffer[] {
  const header = { msg_id: id, msg_type: 'execute_request', session: 's', username: 'u', date: '', version: '5.3' };
  return [header, {}, {}, { code, ...EXECUTE }].map((part) => Buffer.from(JSON.stringify(part)));
}

/** The kernel answers a request that was sent after the bad one, and has run nothing meanwhile. */
async function isUnmoved(): Promise<void> {
  expect((await kernel.run('globalThis.hacked ?? "safe"')).result).toBe("'safe'");
}

test('an unsigned message is dropped and logged', async () => {
  kernel.sendFrames('shell', ['<IDS|MSG>', '', ...frames('globalThis.hacked = 1', 'unsigned')]);
  await isUnmoved();
  expect(kernel.log).toContain('shell: dropped a message: the signature does not fit the key');
});

test('a message signed with another key is dropped', async () => {
  const parts = frames('globalThis.hacked = 1', 'other');
  kernel.sendFrames('shell', ['<IDS|MSG>', new Signer('another key').sign(parts), ...parts]);
  await isUnmoved();
});

test('a replayed message runs once', async () => {
  const parts = frames('globalThis.times = (globalThis.times ?? 0) + 1', 'replay');
  for (let i = 0; i < 3; i++) kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(parts), ...parts]);
  expect((await kernel.run('globalThis.times')).result).toBe('1');
  expect(kernel.log).toContain('this message was received before');
});

test('bytes that are no message are dropped, on every channel', async () => {
  const bad = [Buffer.from('{"msg_id": 1}'), Buffer.from('[]'), Buffer.from('not json'), Buffer.from('{}')];
  for (const channel of ['shell', 'control', 'stdin'] as const) {
    kernel.sendFrames(channel, ['']);
    kernel.sendFrames(channel, ['<IDS|MSG>']);
    kernel.sendFrames(channel, ['<IDS|MSG>', '00', '{}']);
    kernel.sendFrames(channel, ['<IDS|MSG>', kernel.sign(bad), ...bad]);
  }
  await isUnmoved();
});

test('the key is never logged', () => {
  expect(kernel.log).not.toContain(kernel.key);
});

test('a huge message is no problem', async () => {
  const run = await kernel.run(`"${'x'.repeat(5_000_000)}".length`);
  expect(run.result).toBe('5000000');
});

test('a type that nobody knows gets its idle status', async () => {
  const id = kernel.send('shell', 'no_such_request', {});
  await kernel.until(
    ({ type, parent, content }) => type === 'status' && parent === id && content.execution_state === 'idle',
  );
});

describe('the encoder and the decoder', () => {
  const signer = new Signer('key');
  const parent = { headerBytes: Buffer.from('{"msg_id":"p"}'), identities: [] };
  const encode = (content: object) =>
    new Encoder(signer)
      .encode({ type: 't', identities: ['client'], parent, content: { ...content }, buffers: [Buffer.from('b')] })
      .map((frame) => Buffer.from(frame));

  test('agree', () => {
    const message = decode(encode({ text: 'ü😀' }), new Signer('key'));
    expect(message).toMatchObject({ type: 't', parentId: 'p', content: { text: 'ü😀' } });
    expect(message.buffers.map(String)).toEqual(['b']);
    expect(message.identities.map(String)).toEqual(['client']);
  });

  test('notice any changed byte', () => {
    const original = encode({ n: 1 });
    for (const index of [3, 4, 5, 6]) {
      const changed = original.map((frame) => Buffer.from(frame));
      const frame = changed[index] ?? Buffer.alloc(0);
      frame[0] = (frame[0] ?? 0) ^ 1;
      expect(() => decode(changed, new Signer('key'))).toThrow(MalformedMessage);
    }
  });
});
