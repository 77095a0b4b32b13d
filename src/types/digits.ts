// In: whole numbers as literal types. Out: their sum, difference, product, quotient, remainder, computed digit by digit.

/** Digits, the last first: 784 is [4, 8, 7]. */
type Digits = readonly number[];

/** Tuples of 0 … 9 elements: what the arithmetic of single digits counts with. */
interface Unary {
  0: [];
  1: [0];
  2: [0, 0];
  3: [0, 0, 0];
  4: [0, 0, 0, 0];
  5: [0, 0, 0, 0, 0];
  6: [0, 0, 0, 0, 0, 0];
  7: [0, 0, 0, 0, 0, 0, 0];
  8: [0, 0, 0, 0, 0, 0, 0, 0];
  9: [0, 0, 0, 0, 0, 0, 0, 0, 0];
}
type Count<D> = D extends keyof Unary ? Unary[D] : [];
/** A tuple so many times over. */
interface Repeated<U extends readonly 0[]> {
  0: [];
  1: [...U];
  2: [...U, ...U];
  3: [...U, ...U, ...U];
  4: [...U, ...U, ...U, ...U];
  5: [...U, ...U, ...U, ...U, ...U];
  6: [...U, ...U, ...U, ...U, ...U, ...U];
  7: [...U, ...U, ...U, ...U, ...U, ...U, ...U];
  8: [...U, ...U, ...U, ...U, ...U, ...U, ...U, ...U];
  9: [...U, ...U, ...U, ...U, ...U, ...U, ...U, ...U, ...U];
}
type Repeat<U extends readonly 0[], Times> = Times extends keyof Unary ? Repeated<U>[Times] : [];

/** 47 elements are [7, 4]: the digit and what is carried. */
type Split<N> = `${N & number}` extends `${infer Tens extends number}${infer Ones extends number}`
  ? [Ones, Tens]
  : [N, 0];

type Read<Text extends string> = Text extends `${infer First extends number}${infer Rest}`
  ? [...Read<Rest>, First]
  : [];
type Write<N extends Digits> = N extends readonly [infer First extends number, ...infer Rest extends Digits]
  ? `${Write<Rest>}${First}`
  : '';
type WithoutZeros<Text extends string> = Text extends `0${infer Rest}` ? WithoutZeros<Rest> : Text;
type ToNumber<N extends Digits> = WithoutZeros<Write<N>> extends `${infer Value extends number}` ? Value : 0;

type AddDigits<A extends Digits, B extends Digits, Carry = 0> = A extends readonly [infer P, ...infer PS extends Digits]
  ? B extends readonly [infer Q, ...infer QS extends Digits]
    ? Carried<Split<[...Count<P>, ...Count<Q>, ...Count<Carry>]['length']>, PS, QS>
    : Carry extends 0
      ? A
      : AddDigits<A, [Carry & number]>
  : Carry extends 0
    ? B
    : B extends readonly []
      ? [Carry & number]
      : AddDigits<[Carry & number], B>;
type Carried<Sum, A extends Digits, B extends Digits> = Sum extends readonly [infer Digit extends number, infer Carry]
  ? [Digit, ...AddDigits<A, B, Carry>]
  : never;

/** A·digit, with what is carried in. */
type Scale<A extends Digits, Digit, Carry = 0> = A extends readonly [infer P, ...infer PS extends Digits]
  ? Split<[...Repeat<Count<P>, Digit>, ...Count<Carry>]['length']> extends readonly [
      infer Ones extends number,
      infer Tens,
    ]
    ? [Ones, ...Scale<PS, Digit, Tens>]
    : never
  : Carry extends 0
    ? []
    : [Carry & number];
type MultiplyDigits<A extends Digits, B extends Digits> = B extends readonly [infer Q, ...infer QS extends Digits]
  ? QS extends readonly []
    ? Scale<A, Q>
    : AddDigits<Scale<A, Q>, [0, ...MultiplyDigits<A, QS>]>
  : [];

/** A − B, or `null` where B is larger. */
type SubtractDigits<A extends Digits, B extends Digits, Borrow extends 0 | 1 = 0> = A extends readonly [
  infer P,
  ...infer PS extends Digits,
]
  ? B extends readonly [infer Q, ...infer QS extends Digits]
    ? Borrowed<Count<P>, [...Count<Q>, ...Count<Borrow>], PS, QS>
    : Borrow extends 0
      ? A
      : Borrowed<Count<P>, [0], PS, []>
  : B extends readonly [infer Q, ...infer QS extends Digits]
    ? Q extends 0
      ? SubtractDigits<[], QS, Borrow>
      : null
    : Borrow extends 0
      ? []
      : null;
type Borrowed<P extends readonly 0[], Q extends readonly 0[], A extends Digits, B extends Digits> = P extends readonly [
  ...Q,
  ...infer Left,
]
  ? Prepend<Left['length'], SubtractDigits<A, B, 0>>
  : [...Unary[9], 0, ...P] extends readonly [...Q, ...infer Left]
    ? Prepend<Left['length'], SubtractDigits<A, B, 1>>
    : never;
type Prepend<Digit extends number, Rest> = Rest extends Digits ? [Digit, ...Rest] : null;

/** Long division of the digits in `Text`: the quotient's digits, first first, as text, and the remainder. */
type DivideText<
  Text extends string,
  B extends Digits,
  Left extends Digits = [],
  Out extends string = '',
> = Text extends `${infer First extends number}${infer Rest}`
  ? Often<[First, ...Left], B> extends readonly [infer Digit extends number, infer Now extends Digits]
    ? DivideText<Rest, B, Now, `${Out}${Digit}`>
    : never
  : [Out, Left];
/** How often B fits into A (at most 9 times), and what is left. */
type Often<A extends Digits, B extends Digits, Times extends readonly 0[] = []> =
  SubtractDigits<A, B> extends infer Less extends Digits ? Often<Less, B, [...Times, 0]> : [Times['length'], A];

/** True for literal whole numbers ≥ 0 that can be computed with. */
export type IsCount<N> = N extends number
  ? number extends N
    ? false
    : `${N}` extends `${string}${'-' | '.' | 'e' | 'n' | 'y'}${string}`
      ? false
      : true
  : false;

/** A + B; `number` where either is unknown. */
export type Plus<A extends number, B extends number> = B extends 0
  ? A
  : A extends 0
    ? B
    : [IsCount<A>, IsCount<B>] extends [true, true]
      ? ToNumber<AddDigits<Read<`${A}`>, Read<`${B}`>>>
      : number;
/** A − B; `null` where that is negative, `number` where either is unknown. */
export type Minus<A extends number, B extends number> = B extends 0
  ? A
  : [IsCount<A>, IsCount<B>] extends [true, true]
    ? SubtractDigits<Read<`${A}`>, Read<`${B}`>> extends infer Left extends Digits
      ? ToNumber<Left>
      : null
    : number;
/** A · B; `number` where either is unknown. */
export type Times<A extends number, B extends number> = B extends 1
  ? A
  : A extends 1
    ? B
    : [IsCount<A>, IsCount<B>] extends [true, true]
      ? ToNumber<MultiplyDigits<Read<`${A}`>, Read<`${B}`>>>
      : number;
/** [⌊A / B⌋, A mod B]; numbers where either is unknown or B is 0. */
export type Divide<A extends number, B extends number> = B extends 1
  ? [A, 0]
  : B extends 0
    ? [number, number]
    : [IsCount<A>, IsCount<B>] extends [true, true]
      ? DivideText<`${A}`, Read<`${B}`>> extends readonly [infer Quotient extends string, infer Left extends Digits]
        ? [WithoutZeros<Quotient> extends `${infer Value extends number}` ? Value : 0, ToNumber<Left>]
        : never
      : [number, number];
/** ⌊A / B⌋. */
export type Quotient<A extends number, B extends number> = Divide<A, B>[0];
