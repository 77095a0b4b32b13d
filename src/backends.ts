// In: the backends. Out: each registered under its name; every entry of the package imports this.
import { openCpu } from './backend/cpu/index.js';
import { openCuda } from './backend/cuda/index.js';
import { seemsPresent as seemsCuda } from './backend/cuda/libraries.js';
import { openReference } from './backend/reference/index.js';
import { openTfjs } from './backend/tfjs/index.js';
import { openWebgpu, seemsPresent as seemsWebgpu } from './backend/webgpu/index.js';
import { registerDevice } from './device.js';

// In the order in which they are chosen.
registerDevice('cuda', openCuda, seemsCuda);
registerDevice('webgpu', openWebgpu, seemsWebgpu);
registerDevice('cpu', openCpu);
registerDevice('reference', openReference);
registerDevice('tfjs', openTfjs, () => false);
