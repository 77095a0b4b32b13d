// The connection file that the client wrote → where to bind, and the key.
import { readFileSync } from 'node:fs';
import { Fields, MalformedMessage, parseObject } from './json.js';

export const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Connection {
  /** What to bind for each channel, and nothing else. */
  endpoint(channel: Channel): string;
  /** `shell_port` and so on, as the file has them. */
  ports: { readonly [name: string]: number };
  /** Empty where the client asked for unsigned messages. */
  key: string;
}

/** @throws MalformedMessage when a field is missing or asks for what this kernel does not speak. */
export function readConnection(path: string): Connection {
  const fields = new Fields(parseObject(readFileSync(path), `connection file ${path}`), `connection file ${path}`);
  const transport = fields.string('transport', 'tcp');
  const ip = fields.string('ip', '127.0.0.1');
  const key = fields.string('key', '');
  const scheme = fields.string('signature_scheme', 'hmac-sha256');
  if (key !== '' && scheme !== 'hmac-sha256') {
    throw new MalformedMessage(
      `connection file ${path}: signature_scheme "${scheme}"; this kernel signs with hmac-sha256`,
    );
  }
  if (transport !== 'tcp' && transport !== 'ipc') {
    throw new MalformedMessage(`connection file ${path}: transport "${transport}"; this kernel binds tcp and ipc`);
  }
  const ports = new Map(CHANNELS.map((channel) => [channel, fields.number(`${channel}_port`)]));
  const separator = transport === 'ipc' ? '-' : ':';
  return {
    key,
    ports: Object.fromEntries([...ports].map(([channel, port]) => [`${channel}_port`, port])),
    endpoint: (channel) => `${transport}://${ip}${separator}${ports.get(channel)}`,
  };
}
