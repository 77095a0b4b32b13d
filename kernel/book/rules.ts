// What the book holds its chapters to.

export const limits = {
  cellSeconds: 30,
  chapterSeconds: 120,
  /** Of a saved notebook. */
  bytes: 1_500_000,
} as const;

/** What counts as a problem. */
export interface Rules {
  promises: boolean;
  times: boolean;
}
