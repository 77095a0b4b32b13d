// In: what the machine has. Out: this process set up for software Vulkan, if a driver of its own is missing; or why not.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import koffi from 'koffi';

/** Chromium's packages bring SwiftShader, a Vulkan driver that computes on the processor. */
const chromium = '/usr/lib/chromium';
const driver = `${chromium}/vk_swiftshader_icd.json`;
const loader = `${chromium}/libvulkan.so.1`;

/** Loaded once by its path, the loader is found by its name too, for as long as something holds it. */
const loaded: ReturnType<typeof koffi.load>[] = [];

/** Makes WebGPU find a device, for this process and those it starts. Returns what is missing, or null. */
export function useSoftwareVulkan(): string | null {
  try {
    createRequire(import.meta.url).resolve('webgpu');
  } catch {
    return 'the package webgpu is not installed';
  }
  if (process.env.VK_ICD_FILENAMES || process.platform !== 'linux') return null;
  if (!existsSync(driver) || !existsSync(loader)) return 'no software Vulkan: install the package chromium';
  process.env.VK_ICD_FILENAMES = driver;
  loaded.push(koffi.load(loader));
  return null;
}

/** What a process that is started needs to find the loader by its name. */
export const environment = (): { LD_LIBRARY_PATH?: string } =>
  process.env.VK_ICD_FILENAMES === driver ? { LD_LIBRARY_PATH: chromium } : {};
