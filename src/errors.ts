// Typed errors: what was asked, what was found, what to do.

/** Base of every error that this library throws. `message` is `problem` followed by `cure`. */
export class GradlabError extends Error {
  constructor(
    /** What was asked and what was found. */
    readonly problem: string,
    /** What to do about it. */
    readonly cure: string,
    options?: ErrorOptions,
  ) {
    super(cure ? `${problem}. ${cure}` : problem, options);
    // Consoles list enumerable properties after the message, which says all of this already.
    for (const [key, value] of Object.entries({ name: new.target.name, problem, cure }))
      Object.defineProperty(this, key, { value, enumerable: false });
  }
}

/** Shapes do not fit each other or the operation. */
export class ShapeError extends GradlabError {}
/** An element type does not exist or does not fit the operation. */
export class DTypeError extends GradlabError {}
/** An index, a label or an axis lies outside its range. */
export class IndexError extends GradlabError {}
/** A value does not make sense where it was given (a negative size, an unknown option). */
export class ValueError extends GradlabError {}
/** Gradients were asked for where none can be had. */
export class GradientError extends GradlabError {}
/** A tensor's value can no longer be computed. */
export class ExpiredError extends GradlabError {}
/** A device does not exist here, or two devices meet in one operation. */
export class DeviceError extends GradlabError {}
/** A file or a download is not what it should be. */
export class DataError extends GradlabError {}

/** `[2, 3]`, as shapes are written in messages. */
export const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
