export interface Python {
  program: string;
  version: string;
  hasVenv: boolean;
}
export function findPython(): { python: Python | undefined; tried: string[] };
export function findChromium(): string | undefined;
