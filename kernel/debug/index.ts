// What the server needs of the debugger. The session's two threads take theirs from `relay.js` and `session.js`.
export { CellCode } from './cell-code.js';
export type { InspectorCommand, InspectorMessage } from './contract.js';
export { Debugger } from './debugger.js';
