// A connection file → a running kernel, until it is asked to end or its client is gone.
import { readConnection } from '../wire/connection.js';
import type { NotebookLanguage } from './info.js';
import { Sockets } from './sockets.js';

/** Resolves when the kernel has ended in an orderly way. */
export async function serve(connectionFile: string, language: NotebookLanguage): Promise<void> {
  const connection = readConnection(connectionFile);
  const sockets = new Sockets(connection.key);
  await sockets.bind(connection);
  // Clients that look for the sockets find them while the rest is still loaded; what they ask waits in there.
  const [{ Kernel }, { historyPath }] = await Promise.all([import('./kernel.js'), import('./history.js')]);
  let ask: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const kernel = new Kernel({
    outbox: sockets,
    ports: connection.ports,
    folder: process.cwd(),
    historyPath: historyPath(),
    language,
    onShutdown: ask,
  });
  process.on('exit', () => void kernel.close());
  process.on('SIGINT', () => kernel.interrupt());
  process.on('SIGTERM', ask);
  process.on('SIGHUP', ask);
  // A fault in the kernel must not take the user's variables with it.
  process.on('uncaughtException', (error) => console.error('kernel fault:', error));
  process.on('unhandledRejection', (error) => console.error('kernel fault:', error));
  sockets.receive({
    request: (channel, message) => void kernel.handle(channel, message),
    input: (message) => kernel.handleInput(message),
    hold: (held) => kernel.hold(held),
  });
  await asked;
  await kernel.close();
  await sockets.close();
}
