// In: nothing. Out: how people write the ten digits, as the paths of the pen.

/** A point that the pen passes: x to the right, y down, both about 0 to 1; `corner` where it turns sharply. */
export interface PathPoint {
  readonly x: number;
  readonly y: number;
  readonly corner: boolean;
}
/** One movement of the pen, from landing to lifting. */
export type Path = readonly PathPoint[];

/** One way of writing a digit. */
export interface Skeleton {
  /** How often it is met among the ways of writing this digit. */
  readonly weight: number;
  readonly paths: readonly Path[];
}

/** A path from `'x,y x,y …'` in hundredths; `!` marks a corner. */
const path = (points: string): Path =>
  points.split(' ').map((point) => {
    const [x, y] = point.replace('!', '').split(',').map(Number) as [number, number];
    return { x: x / 100, y: y / 100, corner: point.endsWith('!') };
  });
const way = (weight: number, ...paths: string[]): Skeleton => ({ weight, paths: paths.map(path) });

/** Ways of writing the digits 0 to 9. */
export const skeletons: readonly (readonly Skeleton[])[] = [
  // 0: a closed loop; one whose end runs past its start; a slim one.
  [
    way(5, '52,2 24,14 12,50 26,88 52,98 78,86 88,48 76,12 50,2'),
    way(3, '62,6 34,6 14,40 18,80 46,98 76,84 88,46 74,12 44,4 34,10'),
    way(2, '50,2 32,16 26,50 34,86 50,98 68,84 74,50 66,14 50,3'),
  ],
  // 1: a stick; with a flag; with flag and foot.
  [
    way(5, '54,2 51,50 48,98'),
    way(3, '30,24 43,14 54,2! 52,50 51,98'),
    way(1, '32,20 44,12 53,2! 52,50 52,96', '26,97 52,96 78,97'),
  ],
  // 2: a hook on a flat foot; with a loop at the foot; round, its foot a wave.
  [
    way(4, '16,24 32,5 58,2 78,16 76,40 50,68 14,96! 50,95 88,94'),
    way(3, '18,20 40,3 68,8 76,32 56,64 30,90 14,92 16,78 34,78 58,92 88,92'),
    way(2, '20,28 28,8 54,1 76,16 68,46 40,74 16,94 34,88 60,97 86,88'),
  ],
  // 3: two bows; a flat top and one bow; bows that meet in a small loop.
  [
    way(5, '20,12 44,2 72,10 74,32 42,47! 74,56 82,78 54,97 18,90'),
    way(2, '18,6 50,5 78,4! 60,22 44,40! 74,50 82,74 58,96 18,90'),
    way(2, '22,16 44,2 70,10 68,34 46,48 36,48 46,44 76,56 78,82 50,98 18,86'),
  ],
  // 4: open, in two strokes; closed at the top; open and in one stroke.
  [
    way(5, '26,4 20,30 16,56! 50,56 86,53', '72,6 68,50 64,98'),
    way(3, '64,2 40,32 12,64! 50,64 90,63', '64,2 64,50 63,98'),
    way(2, '24,6 18,36 30,54 56,48 76,28! 70,60 64,98'),
  ],
  // 5: body and then hat; in one stroke; rounded like an s.
  [
    way(4, '28,6 25,24 22,44! 52,38 80,54 78,82 50,97 16,90', '28,7 54,5 84,4'),
    way(3, '82,4 56,5 30,6! 26,24 22,46! 50,40 78,54 80,80 52,97 16,92'),
    way(2, '82,5 52,4 28,18 32,38 62,50 78,70 62,93 34,97 14,88'),
  ],
  // 6: a bow into a loop; a straight stem; a wide belly, the loop left open.
  [
    way(5, '68,3 38,22 20,56 24,86 50,98 76,84 74,60 52,52 26,68'),
    way(2, '40,2 26,36 20,70 34,95 62,96 78,76 64,58 40,60 22,76'),
    way(2, '74,10 50,6 24,30 16,66 34,95 64,94 80,74 66,56 46,60'),
  ],
  // 7: a bar and a slope; crossed; with a barb at the left; bent like a hook.
  [
    way(5, '14,7 48,6 84,5! 64,44 42,98'),
    way(2, '16,7 50,6 84,5! 62,46 42,98', '32,52 56,50 80,49'),
    way(1, '16,22 17,7! 50,7 82,5! 60,46 48,98'),
    way(2, '14,14 42,6 76,10 76,34 60,66 50,98'),
  ],
  // 8: an s that closes itself; two rings; started in the middle.
  [
    way(5, '72,12 46,2 24,16 34,38 66,56 78,80 52,98 24,84 34,58 64,40 76,18 66,8'),
    way(2, '50,46 28,34 32,10 54,2 74,14 70,38 50,46', '50,46 22,60 22,86 50,98 80,86 78,60 50,46'),
    way(2, '50,48 24,30 36,5 66,6 74,28 50,48 26,68 30,94 62,97 76,74 52,50'),
  ],
  // 9: a ring on a stick; a ring on a hook; a ring that runs into a bow.
  [
    way(4, '74,18 50,3 24,16 22,40 44,50 70,36 76,14! 73,54 66,98'),
    way(2, '74,20 52,3 26,14 20,38 42,50 68,38 77,12! 78,56 66,92 40,97 22,86'),
    way(3, '70,34 44,48 24,32 34,8 60,4 76,22 74,52 58,80 40,98'),
  ],
];
