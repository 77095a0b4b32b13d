// In: the environment. Out: whether chapters should train less, as tests ask them to.

/**
 * True where `GRADLAB_QUICK=1`: a chapter then trains less, leaves out no cell, and its promises are not checked.
 * @example const epochs = quick ? 1 : 5;
 */
export const quick: boolean = process.env.GRADLAB_QUICK === '1';
