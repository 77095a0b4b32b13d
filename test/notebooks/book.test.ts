// In: notebooks before and after a run. Out: what is written of them.
import { describe, expect, it } from 'vitest';
import { keepUnchanged } from '../../kernel/book/change.js';
import { type Book, tidy } from '../../kernel/book/tidy.js';

type Output = { [key: string]: unknown };
const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text: [text] });
const shown = (data: Output): Output => ({ output_type: 'display_data', metadata: {}, data });

let cellsMade = 0;
const cell = (outputs: Output[], { id = `c${cellsMade++}`, source = 'f()', tags = [] as string[] } = {}) => {
  return { cell_type: 'code', id, source: [source], metadata: { tags }, execution_count: 1, outputs };
};
const book = (...cells: Book['cells']): Book => ({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });
const outputs = ({ cells }: Book) => cells.map((each) => each.outputs);

describe('what a run changes', () => {
  it('is nothing where only times, rates, dates and ids differ', () => {
    const before = book(cell([stream('12 s, 70 steps/s on 2026-11-20, loss 0.5\n')], { id: 'a' }));
    const after = book(cell([stream('1 min 30 s, 3 steps/s on 2027-01-02, loss 0.5\n')], { id: 'a' }));
    expect(keepUnchanged(before, after)).toEqual([]);
  });

  it('is nothing where another program has sorted the keys or split the texts', () => {
    const spec = { mark: 'line', data: { values: [{ x: 1, y: 2 }] } };
    const other = { data: { values: [{ y: 2, x: 1 }] }, mark: 'line' };
    const before = { data: { 'text/plain': 'a\nb', vega: other }, metadata: {}, output_type: 'display_data' };
    const after = shown({ vega: spec, 'text/plain': ['a\n', 'b'] });
    expect(keepUnchanged(book(cell([before], { id: 'a' })), book(cell([after], { id: 'a' })))).toEqual([]);
  });

  it('is a number, a picture, a source, a cell that was not there', () => {
    const change = (from: Output, to: Output) =>
      keepUnchanged(book(cell([from], { id: 'a' })), book(cell([to], { id: 'a' })));
    expect(change(stream('loss 0.5'), stream('loss 0.6'))).toEqual([1]);
    expect(change(shown({ 'image/svg+xml': ['<svg/>'] }), shown({ 'image/svg+xml': ['<svg>1</svg>'] }))).toEqual([1]);
    expect(keepUnchanged(book(cell([], { id: 'a' })), book(cell([], { id: 'a', source: 'g()' })))).toEqual([1]);
    expect(keepUnchanged(book(), book(cell([])))).toEqual([1]);
  });

  it('leaves the other cells as they were, but renews tables of times', () => {
    const made = (loss: string, time: string) =>
      book(
        cell([stream(`in ${time} s\n`)], { id: 'same' }),
        cell([stream(loss)], { id: 'changed' }),
        cell([shown({ 'text/plain': [time] })], { id: 'measured', tags: ['measured'] }),
      );
    const after = made('0.6', '9');
    expect(keepUnchanged(made('0.5', '3'), after)).toEqual([2, 3]);
    expect(outputs(after)).toEqual([[stream('in 3 s\n')], [stream('0.6')], [shown({ 'text/plain': ['9'] })]]);
    expect(keepUnchanged(made('0.5', '3'), made('0.5', '9'))).toEqual([]);
  });
});

describe('a notebook that is to be saved', () => {
  const view = { 'application/vnd.jupyter.widget-view+json': { model_id: 'x' } };

  it('keeps what widgets say, without the widgets', () => {
    const made = book(
      cell([shown({ ...view, 'text/plain': ["VBox(FloatSlider(rate): 0.1, Dropdown(kind): 'sgd')"] })]),
      cell([shown({ ...view, 'text/html': ['<b>quiz</b>'], 'text/plain': ['quiz'] })]),
      cell([shown({ ...view, 'text/plain': ['Button'] }), shown({ 'text/plain': '' })]),
    );
    tidy(made);
    const [controls, quiz, rest] = outputs(made);
    expect(controls).toMatchObject([{ data: { 'text/plain': ["rate: 0.1 · kind: 'sgd'"] } }]);
    expect(quiz).toEqual([shown({ 'text/html': ['<b>quiz</b>'], 'text/plain': ['quiz'] })]);
    expect(rest).toEqual([]);
  });

  it('loses colour codes, the state of widgets and times of execution, and keeps tags and the kernel', () => {
    const made = book({ ...cell([stream('\u001b[31mred\u001b[0m\ntwo')]), metadata: { tags: ['t'], execution: {} } });
    made.metadata = { kernelspec: { name: 'gradlab' }, language_info: {}, widgets: {} };
    tidy(made);
    expect(made.metadata).toEqual({ kernelspec: { name: 'gradlab' }, language_info: {} });
    expect(made.cells[0]).toMatchObject({ metadata: { tags: ['t'] }, outputs: [{ text: ['red\n', 'two'] }] });
    expect(made.cells[0]?.metadata).not.toHaveProperty('execution');
  });
});
