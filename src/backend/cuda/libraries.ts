// In: this machine's folders. Out: the CUDA libraries that are there, found by name when the program runs.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { DeviceError } from '../../errors.js';

/** A library that was loaded, and where from: a path, or a bare name that the system's loader knew. */
export interface Library {
  readonly path: string;
  readonly handle: LibraryHandle;
}

type Environment = Readonly<Record<string, string | undefined>>;

const folders = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Folders of the `nvidia-*` packages of a Python environment: those of CUDA 13 share one, those of CUDA 12 have one each. */
function packaged(environment: string): string[] {
  return folders(join(environment, 'lib'))
    .filter((name) => name.startsWith('python3'))
    .map((name) => join(environment, 'lib', name, 'site-packages', 'nvidia'))
    .flatMap((nvidia) => folders(nvidia).map((part) => join(nvidia, part, 'lib')));
}

/** The environment whose `python3` a shell would start. */
function python(path: string): string[] {
  const found = path
    .split(delimiter)
    .map((folder) => join(folder, 'python3'))
    .find(existsSync);
  return found ? [dirname(dirname(found)), dirname(dirname(realpathSync(found)))] : [];
}

/** Where CUDA's libraries may lie, in the order in which they are tried; the system's loader comes last. */
export function places(env: Environment = process.env, cwd = process.cwd()): string[] {
  const { GRADLAB_CUDA_PATH: own, VIRTUAL_ENV, CONDA_PREFIX, CUDA_HOME, CUDA_PATH, PATH = '' } = env;
  const given = own ? [own, join(own, 'lib64'), join(own, 'lib')] : [];
  const environments = [VIRTUAL_ENV, CONDA_PREFIX, join(cwd, '.venv'), ...python(PATH)].filter((e) => e !== undefined);
  const toolkits = [CUDA_HOME, CUDA_PATH, '/usr/local/cuda'].filter((t) => t !== undefined);
  const all = [
    ...given,
    ...environments.flatMap(packaged),
    ...(CONDA_PREFIX ? [join(CONDA_PREFIX, 'lib')] : []),
    ...toolkits.flatMap((toolkit) => [join(toolkit, 'lib64'), join(toolkit, 'lib')]),
  ];
  return [...new Set(all)].filter(existsSync);
}

/** Drivers outside of the loader's folders: in containers, and in the Linux of Windows. */
const driverPlaces = ['/usr/local/nvidia/lib64', '/usr/lib/wsl/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib64'];
const driverName = 'libcuda.so.1';

/** A look, without loading anything, whether this machine seems to have an NVIDIA GPU. */
export function seemsPresent(env: Environment = process.env): boolean {
  const own = env.GRADLAB_CUDA_PATH;
  return (
    existsSync('/dev/nvidiactl') || existsSync('/dev/dxg') || (own !== undefined && existsSync(join(own, driverName)))
  );
}

/** Tries each; says why none of them loads. */
function first(candidates: readonly string[]): Library | string {
  let reason = 'no such file';
  for (const path of candidates) {
    try {
      return { path, handle: koffi.load(path) };
    } catch (error) {
      if (existsSync(path) || !path.includes('/')) reason = error instanceof Error ? error.message : String(error);
    }
  }
  return reason;
}

/** The driver's own library, which comes with the driver. @throws DeviceError where there is none */
export function loadDriver(env: Environment = process.env): Library {
  const own = env.GRADLAB_CUDA_PATH;
  const candidates = [
    ...(own ? [join(own, driverName)] : []),
    driverName,
    ...driverPlaces.map((folder) => join(folder, driverName)),
  ];
  const found = first(candidates);
  if (typeof found !== 'string') return found;
  throw new DeviceError(
    `cuda: no NVIDIA driver is installed here (${driverName}: ${found})`,
    "Install NVIDIA's driver (then nvidia-smi lists the GPU), or choose device('webgpu') or device('cpu').",
  );
}

/** One of CUDA's libraries, and how to get it. */
interface Wanted {
  /** As in libNAME.so. */
  readonly name: string;
  readonly purpose: string;
  /** Its package for each major version of CUDA. */
  readonly packages: Readonly<Record<number, string>>;
}

export const nvrtc: Wanted = {
  name: 'nvrtc',
  purpose: 'the compiler of kernels',
  packages: { 12: 'nvidia-cuda-nvrtc-cu12', 13: 'nvidia-cuda-nvrtc' },
};
export const cublasLt: Wanted = {
  name: 'cublasLt',
  purpose: 'large matrix products',
  packages: { 12: 'nvidia-cublas-cu12', 13: 'nvidia-cublas' },
};

/**
 * A library that fits the driver: of the driver's major version of CUDA, or of an older one.
 * @param major the newest version of CUDA that the driver supports.
 * @throws DeviceError where there is none
 */
export function loadLibrary(wanted: Wanted, major: number, env: Environment = process.env): Library {
  const { name, purpose, packages } = wanted;
  const versions = Object.keys(packages)
    .map(Number)
    .sort((a, b) => b - a);
  const fitting = versions.filter((version) => version <= major);
  const found = places(env);
  const reasons: string[] = [];
  for (const version of fitting) {
    const file = `lib${name}.so.${version}`;
    const candidates = [...found.map((folder) => join(folder, file)).filter(existsSync), file];
    if (name === 'nvrtc') preload(candidates);
    const library = first(candidates);
    if (typeof library !== 'string') return library;
    reasons.push(library);
  }
  const newer = versions.filter((version) => version > major).map((version) => `lib${name}.so.${version}`);
  const tooNew = found.flatMap((folder) => newer.map((file) => join(folder, file))).find(existsSync);
  if (tooNew)
    throw new DeviceError(
      `cuda: the driver supports CUDA ${major}, and ${purpose} that is here is newer (${tooNew})`,
      `Update NVIDIA's driver, or: pip install ${packages[fitting[0] ?? 12]}.`,
    );
  throw new DeviceError(
    `cuda: there is a driver, but not ${purpose} (lib${name}: ${reasons.join('; ') || 'no version fits'})`,
    `pip install ${packages[fitting[0] ?? 12]}; or set GRADLAB_CUDA_PATH to the folder that has lib${name}.so.`,
  );
}

/** NVRTC opens its built-in functions by bare name, which only finds them if they are loaded already. */
function preload(candidates: readonly string[]): void {
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    const folder = dirname(path);
    const builtins = folders(folder).find((name) => name.startsWith('libnvrtc-builtins.so.'));
    if (!builtins) continue;
    const loaded = first([join(folder, builtins)]);
    if (typeof loaded !== 'string') koffi.load(loaded.path, { global: true });
    return;
  }
}
