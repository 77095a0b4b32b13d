// gradlab/io: tensors in files.
import '../backends.js';

export { type CheckpointParts, type CheckpointProgress, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export type { Json } from './json.js';
export { loadNpy, readNpy, saveNpy, writeNpy } from './npy.js';
export { loadNpz, type NpzOptions, readNpz, saveNpz, writeNpz } from './npz.js';
export { type OnnxOptions, saveOnnx, writeOnnx } from './onnx/export.js';
export {
  loadSafetensors,
  openSafetensors,
  readSafetensors,
  type Safetensors,
  SafetensorsFile,
  type SafetensorsOptions,
  saveSafetensors,
  writeSafetensors,
} from './safetensors.js';
export type { SafetensorsEntry } from './safetensors-header.js';
