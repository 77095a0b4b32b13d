// Tables of texts and numbers.
export { type Categories, type CsvOptions, loadCsv, readCsv, Table } from './csv.js';
export { Standardizer, standardizer } from './standardizer.js';
