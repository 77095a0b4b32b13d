// Names of options ⇄ names on the wire.

/** On the wire, the text beside a widget, or on a button, is its description. */
const RENAMED: Readonly<Record<string, string>> = { label: 'description' };

/** `readoutFormat` → `readout_format`. */
export function snakeCase(name: string): string {
  return RENAMED[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `readout_format` → `readoutFormat`. */
export function camelCase(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
