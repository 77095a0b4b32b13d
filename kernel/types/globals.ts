// Nothing in; the declarations of what the session puts into every cell's reach come out, as the text of a .d.ts file.

/** Written beside the cells, where `gradlab` resolves to this package. */
export const GLOBAL_DECLARATIONS = `
type GradlabDisplay = typeof import('gradlab/kernel');
/** Shows a value as an output of the cell, at once. The handle it returns replaces the output later. */
declare const display: GradlabDisplay['display'];
/** Removes the cell's outputs so far; with \`{ wait: true }\` only when the next one arrives. */
declare const clearOutput: GradlabDisplay['clearOutput'];
/** A value that is shown as HTML, as a template or a function. */
declare const html: GradlabDisplay['html'];
/** A value that is shown as Markdown, as a template or a function. */
declare const md: GradlabDisplay['md'];
/** A value that is shown as SVG, as a template or a function. */
declare const svg: GradlabDisplay['svg'];
/** A value that is shown as LaTeX, as a template or a function. */
declare const latex: GradlabDisplay['latex'];
/** A value that is shown as an image. */
declare const image: GradlabDisplay['image'];
/** A value that is shown as a JSON tree. */
declare const json: GradlabDisplay['json'];
/** Asks the reader of the notebook for a line of text; \`{ password: true }\` hides it while it is typed. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
/** Asks the reader of the notebook for a line of text and waits for it; an empty answer stands for \`standard\`. */
declare function prompt(message?: string, standard?: string, options?: { password?: boolean }): string;
/** Asks the reader of the notebook a question and waits: whether the answer is yes. */
declare function confirm(message?: string): boolean;
/** Shows the reader of the notebook a message and waits until Enter is pressed. */
declare function alert(message?: unknown): void;
interface ImportMeta {
  /** The file URL of the notebook. */
  readonly url: string;
  /** The notebook's folder. */
  readonly dirname: string;
  readonly filename: string;
  /** The file URL that a module specifier means in the notebook. */
  resolve(specifier: string): string;
}
`;
