// A cell and a cursor go in; the end of what stands before it comes out.

/** No name that somebody types is longer; searching further back in a cell full of data would take minutes. */
const LONGEST_NAME = 2000;

/** What stands before the cursor, as far as a name and what it is a member of may reach. */
export function textBefore(source: string, cursor: number): string {
  return source.slice(Math.max(0, cursor - LONGEST_NAME), cursor);
}
