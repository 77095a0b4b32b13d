// The line thread's part: commands from the server → the main thread's inspector; its answers and events → the server.
import inspector from 'node:inspector';
import type { JsonObject } from '../contract.js';
import type { InspectorCommand, InspectorMessage } from './contract.js';

export class Relay {
  readonly #send: (message: InspectorMessage) => void;
  #session: inspector.Session | undefined;
  #paused = false;

  constructor(send: (message: InspectorMessage) => void) {
    this.#send = send;
  }

  /** Whether the main thread stands at a breakpoint. */
  get paused(): boolean {
    return this.#paused;
  }

  obey({ id, method, params }: InspectorCommand): void {
    this.#connected().post(method, params, (error, result) => {
      // It goes on without a word.
      if (method === 'Debugger.disable') this.#paused = false;
      this.#send(error ? { id, problem: error.message } : { id, result: (result ?? {}) as JsonObject });
    });
  }

  /** Leaves the breakpoint without running what stands behind it. Call when the termination was prepared. */
  async endPause(): Promise<void> {
    await this.#post('Debugger.resume', { terminateOnResume: true });
    this.#paused = false;
  }

  /** Whether code may stop at breakpoints; while it is being terminated it must not. */
  allowPauses(allowed: boolean): void {
    this.#session?.post('Debugger.setSkipAllPauses', { skip: !allowed });
  }

  #connected(): inspector.Session {
    if (this.#session) return this.#session;
    const session = new inspector.Session();
    session.connectToMainThread();
    session.on('inspectorNotification', (message) => this.#notice(message.method, message.params as JsonObject));
    this.#session = session;
    return session;
  }

  #notice(method: string, params: JsonObject): void {
    if (method === 'Debugger.paused') this.#paused = true;
    if (method === 'Debugger.resumed') this.#paused = false;
    if (!method.startsWith('Debugger.')) return;
    // Node has hundreds of scripts of its own, and so has every evaluation one.
    if (method === 'Debugger.scriptParsed' && (params.url === '' || String(params.url).startsWith('node:'))) return;
    this.#send({ method, params });
  }

  #post(method: string, params: object): Promise<void> {
    return new Promise((resolve) => this.#connected().post(method, params, () => resolve()));
  }
}
