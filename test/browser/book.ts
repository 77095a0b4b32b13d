// In: cells as text. Out: the JSON of a notebook, format 4.5.

export const kernels = {
  gradlab: { name: 'gradlab', display_name: 'TypeScript (gradlab)', language: 'typescript' },
  python: { name: 'python3', display_name: 'Python 3 (ipykernel)', language: 'python' },
} as const;

/** A notebook with one code cell per text; a text that starts with `# ` becomes a Markdown cell. */
export function book(kernel: keyof typeof kernels, sources: string[]): string {
  const cells = sources.map((source, index) => {
    const common = { id: `cell-${index}`, metadata: {}, source };
    return source.startsWith('# ')
      ? { ...common, cell_type: 'markdown' }
      : { ...common, cell_type: 'code', execution_count: null, outputs: [] };
  });
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: kernels[kernel] }, cells });
}
