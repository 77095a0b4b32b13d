// stub to be replaced
export async function run(_: readonly string[]): Promise<number> {
  throw new Error('not yet');
}
