// In: what the CUDA driver answered. Out: typed errors with the driver's name for it and the cure.
import { DeviceError } from '../../errors.js';

/** Answers of the driver that we treat specially; the numbers are those of `CUresult` in cuda.h. */
export const Result = {
  success: 0,
  outOfMemory: 2,
  noDevice: 100,
  invalidDevice: 101,
  invalidImage: 200,
  noBinary: 209,
  uncorrectable: 214,
  notReady: 600,
  illegalAddress: 700,
  launchFailed: 719,
} as const;

/** After these the GPU forgets everything that the process had on it, and answers nothing else. */
const fatal = new Map<number, string>([
  [Result.uncorrectable, 'The memory of the GPU has a fault that it could not correct: see nvidia-smi -q -d ECC.'],
  [220, 'The link between GPUs failed: see nvidia-smi nvlink -e.'],
  [Result.illegalAddress, 'A kernel left its memory, which is a defect of gradlab; please report it.'],
  [702, 'A kernel ran longer than the driver of a display allows: compute less at a time.'],
  [709, 'Something else in this process gave the GPU back.'],
  [710, 'A kernel failed an assertion, which is a defect of gradlab; please report it.'],
  [714, 'The GPU reported a fault: see the system log for Xid messages.'],
  [715, 'A kernel held an illegal instruction, which is a defect of gradlab; please report it.'],
  [716, 'A kernel read a misaligned address, which is a defect of gradlab; please report it.'],
  [717, 'A kernel left its memory, which is a defect of gradlab; please report it.'],
  [718, 'A kernel left its code, which is a defect of gradlab; please report it.'],
  [Result.launchFailed, 'A kernel failed while it ran: see the system log for Xid messages.'],
]);

const cures = new Map<number, string>([
  [
    Result.outOfMemory,
    'Too little memory is left on the GPU: close other programs that nvidia-smi lists, or take smaller batches.',
  ],
  [3, 'The driver did not start: nvidia-smi says more; after an update of the driver, restart the machine.'],
  [34, 'This libcuda.so is the stub of a toolkit: put the folder of the driver first in LD_LIBRARY_PATH.'],
  [46, 'Another program has the GPU for itself: nvidia-smi lists who uses it.'],
  [Result.noDevice, 'The driver sees no GPU: look at nvidia-smi, and at CUDA_VISIBLE_DEVICES, which may hide it.'],
  [Result.invalidDevice, 'The driver sees no such GPU: look at nvidia-smi and CUDA_VISIBLE_DEVICES.'],
  [Result.noBinary, 'The compiler of kernels does not know this GPU: pip install --upgrade nvidia-cuda-nvrtc.'],
  [222, "The driver is older than the compiler of kernels: update NVIDIA's driver."],
  [227, "The driver is older than the libraries: update NVIDIA's driver."],
  [802, 'The fabric of the GPUs is not up yet: is nvidia-fabricmanager running?'],
  [803, 'The driver was updated while it ran: restart the machine.'],
  [804, 'The driver is too old, and this GPU cannot use the compatibility package: update the driver.'],
  [
    999,
    'The driver failed without saying why: nvidia-smi and the system log say more; restart the machine if it fails too.',
  ],
]);

/** True where nothing that was on the GPU can be reached any more. */
export const isFatal = (code: number): boolean => fatal.has(code);

/**
 * What went wrong, for people.
 * @param name the driver's, as CUDA_ERROR_ILLEGAL_ADDRESS.
 * @param doing what was asked of the driver: the function's name.
 */
export function deviceError(code: number, name: string, doing: string): DeviceError {
  const reason = fatal.get(code);
  if (reason)
    return new DeviceError(
      `cuda: the GPU was lost (${name} in ${doing}); what lay on it is gone`,
      `${reason} Restart the kernel or the program, or go on with device('cpu').`,
    );
  return new DeviceError(
    `cuda: ${doing} answered ${name}`,
    cures.get(code) ?? 'This is a defect of gradlab or of the driver; please report it with the output of nvidia-smi.',
  );
}

/** `1.5 GB`, as sizes are written in messages. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const step = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** step).toPrecision(3))} ${units[step]}`;
}
