// Requests of the debug adapter protocol, inside `debug_request` → typed arguments; answers → replies and events.
import type { JsonObject } from '../contract.js';
import { Fields, isObject } from '../wire/json.js';
import type { Wanted } from './breakpoints.js';
import type { Variable } from './contract.js';

export interface Request {
  seq: number;
  command: string;
  arguments: JsonObject;
}

export function parseRequest(content: JsonObject): Request {
  const fields = new Fields(content, 'debug_request');
  return { seq: fields.number('seq', 0), command: fields.string('command'), arguments: fields.object('arguments', {}) };
}

/** The one thread of a session. */
export const THREAD = 1;

export const CAPABILITIES: JsonObject = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsSetVariable: true,
  supportsEvaluateForHovers: true,
  supportsExceptionInfoRequest: true,
  supportsModulesRequest: true,
  supportsDelayedStackTraceLoading: true,
  exceptionBreakpointFilters: [
    { filter: 'raised', label: 'Raised Exceptions', default: false, description: 'Stop wherever an error is thrown' },
    {
      filter: 'uncaught',
      label: 'Uncaught Exceptions',
      default: true,
      description: 'Stop where an error is thrown that no try statement of the running functions catches',
    },
  ],
};

/** `breakpoints` of setBreakpoints; its older form has `lines` alone. */
export function wantedBreakpoints(args: JsonObject): Wanted[] {
  const lines = Array.isArray(args.lines) ? args.lines.map((line: unknown) => ({ line })) : [];
  const given: unknown[] = Array.isArray(args.breakpoints) ? args.breakpoints : lines;
  return given.filter(isObject).map((each) => {
    const fields = new Fields(each, 'breakpoint');
    const condition = fields.string('condition', '').trim();
    const logMessage = fields.string('logMessage', '');
    return {
      line: fields.number('line'),
      ...(condition ? { condition } : {}),
      ...(logMessage ? { logMessage } : {}),
    };
  });
}

/** JupyterLab shows the values of those types that Python has, and of all others the type alone. */
export function forJupyterLab(variable: Variable): Variable {
  const type = PYTHON_TYPES.get(variable.type);
  if (variable.type === 'number') return { ...variable, type: /^-?\d{1,15}$/.test(variable.value) ? 'int' : 'float' };
  return type ? { ...variable, type } : variable;
}

const PYTHON_TYPES = new Map([
  ['string', 'str'],
  ['boolean', 'bool'],
  // Shown as they are written.
  ['bigint', 'str'],
  ['symbol', 'str'],
]);
