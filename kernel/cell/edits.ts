// A text and edits of it go in; the edited text and the way back to the original offsets come out.

/** A run of the edited text: copied from the source (`copied`), or generated on behalf of the source offset `source`. */
export interface Segment {
  readonly output: number;
  readonly source: number;
  readonly copied: boolean;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly origin: number;
}

/**
 * Collects insertions and replacements. Of those at one offset, insertions come first, in the order in which they were
 * made, then the longest replacement. What lies inside a replaced range has no effect.
 */
export class Edits {
  readonly #source: string;
  readonly #edits: Edit[] = [];
  readonly #hoisted: Edit[] = [];
  #opening = '';

  constructor(source: string) {
    this.#source = source;
  }

  /** `origin`: the source offset which the inserted text stands for in stacks; where it is inserted by default. */
  insert(at: number, text: string, origin = at): void {
    this.#edits.push({ start: at, end: at, text, origin });
  }

  /** Puts `text` in place of a range. */
  replaceFlat(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text, origin: start });
  }

  /** Puts `text` in place of a range, with as many line ends as the range had, so that later lines stay where they are. */
  replace(start: number, end: number, text: string, origin = start): void {
    const lineEnds = this.#source.slice(start, end).match(/\n/g)?.length ?? 0;
    const own = text.match(/\n/g)?.length ?? 0;
    this.#edits.push({ start, end, text: text + '\n'.repeat(Math.max(0, lineEnds - own)), origin });
  }

  remove(start: number, end: number): void {
    if (end > start) this.replace(start, end, '');
  }

  /** Puts generated text before everything else. */
  prepend(text: string): void {
    this.#opening = text + this.#opening;
  }

  /** Puts text after the opening and before the source, in the order of the calls. */
  hoist(text: string, origin: number): void {
    this.#hoisted.push({ start: 0, end: 0, text, origin });
  }

  apply(): { text: string; segments: Segment[] } {
    const ordered = this.#edits
      .map((edit, order) => ({ edit, order }))
      .sort((a, b) => a.edit.start - b.edit.start || rank(a.edit) - rank(b.edit) || a.order - b.order);
    const segments: Segment[] = [];
    let text = this.#opening;
    let at = 0;
    segments.push({ output: 0, source: 0, copied: false });
    for (const { text: hoisted, origin } of this.#hoisted) {
      segments.push({ output: text.length, source: origin, copied: false });
      text += hoisted;
    }
    const copyTo = (end: number) => {
      if (end <= at) return;
      segments.push({ output: text.length, source: at, copied: true });
      text += this.#source.slice(at, end);
      at = end;
    };
    for (const { edit } of ordered) {
      if (edit.start < at) continue; // inside a range that was replaced as a whole
      copyTo(edit.start);
      if (edit.text !== '') {
        segments.push({ output: text.length, source: edit.origin, copied: false });
        text += edit.text;
      }
      at = edit.end;
    }
    copyTo(this.#source.length);
    return { text, segments };
  }
}

function rank({ start, end }: Edit): number {
  return end === start ? Number.NEGATIVE_INFINITY : start - end;
}

/** The source offset that an offset of the edited text came from. */
export function sourceOffset(segments: readonly Segment[], offset: number): number {
  const segment = segmentAt(segments, offset);
  if (segment === undefined) return 0;
  return segment.copied ? segment.source + Math.max(0, offset - segment.output) : segment.source;
}

function segmentAt(segments: readonly Segment[], offset: number): Segment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle]!.output <= offset) low = middle;
    else high = middle - 1;
  }
  return segments[low];
}

/** Where an offset of the source lies in the edited text; undefined inside replaced text. */
export function outputOffset(segments: readonly Segment[], text: string, offset: number): number | undefined {
  let found: number | undefined;
  segments.forEach((segment, index) => {
    if (!segment.copied || offset < segment.source) return;
    const length = (segments[index + 1]?.output ?? text.length) - segment.output;
    if (offset <= segment.source + length) found ??= segment.output + offset - segment.source;
  });
  return found;
}

/** The source offset that an offset of the edited text was copied from; undefined for generated text. */
export function copiedOffset(segments: readonly Segment[], offset: number): number | undefined {
  const segment = segmentAt(segments, offset);
  return segment?.copied ? segment.source + offset - segment.output : undefined;
}
