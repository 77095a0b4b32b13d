// In: how many. Out: ports of this machine that nothing listens on.
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which the system takes ports for outgoing connections: a port from there may be gone by the time that it is
 * listened on, even to a connection that waits for it.
 */
const range = { from: 12_000, to: 32_000 };

const listening = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

/** Different ports, each of which was free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Map<number, Server>();
  while (found.size < count) {
    const port = randomInt(range.from, range.to);
    const server = await listening(port);
    if (server) found.set(port, server);
  }
  await Promise.all([...found.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  return [...found.keys()];
}
