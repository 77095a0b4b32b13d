// In: the folder GRADLAB_DATA or a seed. Out: a table of penguins: species, island, four measurements, sex, year.
import { Chance } from '../chance.js';
import { readCsv, Table } from '../tables/csv.js';
import { type Sourced, type SourceOptions, sourced } from './folder.js';

const columns = [
  'species',
  'island',
  'bill_length_mm',
  'bill_depth_mm',
  'flipper_length_mm',
  'body_mass_g',
  'sex',
  'year',
] as const;

interface Group {
  readonly species: string;
  readonly sex: string;
  readonly count: number;
  /** Mean and standard deviation of the four measurements, in the order of the columns. */
  readonly measures: readonly (readonly [mean: number, deviation: number])[];
}
/** Statistics of the Palmer penguins: K. Gorman, T. Williams, W. Fraser (2014), complete rows of palmerpenguins (CC0). */
const groups: readonly Group[] = [
  {
    species: 'Adelie',
    sex: 'male',
    count: 76,
    measures: [
      [40.4, 2.3],
      [19.1, 1],
      [192.4, 6.6],
      [4043.5, 346.8],
    ],
  },
  {
    species: 'Adelie',
    sex: 'female',
    count: 76,
    measures: [
      [37.3, 2],
      [17.6, 0.9],
      [187.8, 5.6],
      [3368.8, 269.4],
    ],
  },
  {
    species: 'Gentoo',
    sex: 'male',
    count: 62,
    measures: [
      [49.5, 2.7],
      [15.7, 0.7],
      [221.5, 5.7],
      [5484.8, 313.2],
    ],
  },
  {
    species: 'Gentoo',
    sex: 'female',
    count: 62,
    measures: [
      [45.6, 2.1],
      [14.2, 0.5],
      [212.7, 3.9],
      [4679.7, 281.6],
    ],
  },
  {
    species: 'Chinstrap',
    sex: 'male',
    count: 34,
    measures: [
      [51.1, 1.6],
      [19.3, 0.8],
      [199.9, 6],
      [3939, 362.1],
    ],
  },
  {
    species: 'Chinstrap',
    sex: 'female',
    count: 34,
    measures: [
      [46.6, 3.1],
      [17.6, 0.8],
      [191.7, 5.8],
      [3527.2, 285.3],
    ],
  },
];
const islands: Readonly<Record<string, readonly string[]>> = {
  Adelie: ['Torgersen', 'Biscoe', 'Dream'],
  Gentoo: ['Biscoe'],
  Chinstrap: ['Dream'],
};
/** Mean correlation of two measurements within a group. */
const correlation = 0.27;
/** Digits after the point. */
const digits = [1, 1, 0, 0] as const;
const unknownSex = 0.03;
const years = [2007, 2008, 2009] as const;

function drawTable(seed: number): Table {
  const chance = new Chance(seed);
  const rows: string[][] = [];
  for (const { species, sex, count, measures } of groups) {
    for (let i = 0; i < count; i++) {
      // What all measurements share, and what each has of its own.
      const build = chance.normal();
      const values = measures.map(([mean, deviation], k) => {
        const own = Math.sqrt(correlation) * build + Math.sqrt(1 - correlation) * chance.normal();
        return (mean + deviation * own).toFixed(digits[k]);
      });
      const known = chance.happens(unknownSex) ? 'NA' : sex;
      rows.push([species, chance.pick(islands[species]!), ...values, known, String(chance.pick(years))]);
    }
  }
  return new Table(
    columns,
    Array.from(chance.order(rows.length), (i) => rows[i]!),
    undefined,
    'penguins',
  );
}

/**
 * Penguins of three species: the 344 of palmerpenguins (`penguins/penguins.csv`), or as many drawn with the means, deviations
 * and correlation of each species and sex. Columns as there; fields may be missing.
 * @throws DataError where files are asked for and not there, or lack a column.
 */
export const penguins = (options: SourceOptions = {}): Promise<{ table: Table } & Sourced> =>
  sourced(
    { name: 'penguins', files: ['penguins.csv'] },
    options,
    (files): { table: Table } => {
      const table = readCsv(files['penguins.csv'], { name: 'penguins.csv' });
      for (const column of columns) table.texts(column);
      return { table };
    },
    (seed) => ({ table: drawTable(seed) }),
    {
      real: ({ table }) => `${table.length} Palmer penguins`,
      substitute: ({ table }, seed) => `${table.length} penguins drawn like the Palmer penguins, seed ${seed}`,
    },
  );
