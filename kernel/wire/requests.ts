// The contents of requests → typed values; what a client may leave out has the protocol's default.
import type { JsonObject } from '../contract.js';
import { Fields, isObject } from './json.js';

export interface ExecuteRequest {
  code: string;
  silent: boolean;
  storeHistory: boolean;
  userExpressions: { [key: string]: string };
  allowStdin: boolean;
  stopOnError: boolean;
}

export function executeRequest(content: JsonObject): ExecuteRequest {
  const fields = new Fields(content, 'execute_request');
  const silent = fields.boolean('silent', false);
  const userExpressions: { [key: string]: string } = {};
  for (const [key, code] of Object.entries(fields.object('user_expressions', {}))) {
    if (typeof code === 'string') userExpressions[key] = code;
  }
  return {
    code: fields.string('code'),
    silent,
    storeHistory: !silent && fields.boolean('store_history', true),
    userExpressions,
    allowStdin: fields.boolean('allow_stdin', true),
    stopOnError: fields.boolean('stop_on_error', true),
  };
}

export interface CodeAndCursor {
  code: string;
  /** In Unicode code points. */
  cursor: number;
}

export function completeRequest(content: JsonObject): CodeAndCursor {
  const fields = new Fields(content, 'complete_request');
  const code = fields.string('code');
  return { code, cursor: fields.number('cursor_pos', Number.MAX_SAFE_INTEGER) };
}

export function inspectRequest(content: JsonObject): CodeAndCursor & { detail: 0 | 1 } {
  const fields = new Fields(content, 'inspect_request');
  const code = fields.string('code');
  const cursor = fields.number('cursor_pos', Number.MAX_SAFE_INTEGER);
  return { code, cursor, detail: fields.number('detail_level', 0) === 1 ? 1 : 0 };
}

export function isCompleteRequest(content: JsonObject): { code: string } {
  return { code: new Fields(content, 'is_complete_request').string('code') };
}

export interface HistoryRequest {
  access: 'range' | 'tail' | 'search';
  output: boolean;
  session: number;
  start: number;
  stop: number;
  count: number;
  pattern: string;
  unique: boolean;
}

export function historyRequest(content: JsonObject): HistoryRequest {
  const fields = new Fields(content, 'history_request');
  const access = fields.string('hist_access_type', 'tail');
  return {
    access: access === 'range' || access === 'search' ? access : 'tail',
    output: fields.boolean('output', false),
    session: fields.number('session', 0),
    start: fields.number('start', 0),
    stop: fields.number('stop', Number.MAX_SAFE_INTEGER),
    count: fields.number('n', 100),
    pattern: fields.string('pattern', '*'),
    unique: fields.boolean('unique', false),
  };
}

export interface CommContent {
  id: string;
  target: string;
  data: JsonObject;
}

export function commContent(content: JsonObject): CommContent {
  const fields = new Fields(content, 'comm message');
  return { id: fields.string('comm_id'), target: fields.string('target_name', ''), data: fields.object('data', {}) };
}

export function commInfoRequest(content: JsonObject): { target: string | undefined } {
  return { target: typeof content.target_name === 'string' ? content.target_name : undefined };
}

export function shutdownRequest(content: JsonObject): { restart: boolean } {
  return { restart: new Fields(content, 'shutdown_request').boolean('restart', false) };
}

export function deleteSubshellRequest(content: JsonObject): { subshell: string } {
  return { subshell: new Fields(content, 'delete_subshell_request').string('subshell_id') };
}

export function inputReply(content: JsonObject): { value: string } {
  const value = content.value;
  return { value: typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : '' };
}
