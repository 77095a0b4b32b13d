// Cursor positions: the protocol counts Unicode code points, JavaScript counts UTF-16 units.

export function toUtf16(text: string, codePoints: number): number {
  let at = 0;
  for (let count = 0; count < codePoints && at < text.length; count++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

export function toCodePoints(text: string, utf16: number): number {
  let count = 0;
  for (let at = 0; at < utf16 && at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}
