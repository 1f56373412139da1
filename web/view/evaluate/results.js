// The figures of an experiment: a row for each method, a column for each cell; where there is no room for so
// many columns each method's figures stand in lines of their own. resultsTable(results, metric, columns) -> a table
import { h } from '../../kit/dom.js';
import { MODEL, markOf } from '../../kit/charts.js';
import { baselineName, duration, num, shortHash, NONE } from '../../kit/format.js';
import { METRICS, METRIC_SAYS, cellName, figuresOf } from '../../kit/experiment.js';

// How a baseline stands to the language model, by the interval of the paired difference.
const VERDICTS = { ahead: 'worse', level: 'as good', behind: 'better' };

// What the verdicts mean, for a table that has any: they are about the first metric.
export function verdictNote(results, metric) {
  const { cells, metrics } = figuresOf(results);
  const any = cells.some(c => Object.keys(c.result?.verdicts ?? {}).length);
  return any && metric === metrics[0]
    ? 'A baseline is better or worse than the language model when, case by case, the 95 % interval of the difference excludes 0. ' +
        'Where one is as good or better, the language model is not worth its cost. Cold is the first case of a cell, warm the others, for which answers and prefixes are in the caches.'
    : '';
}

const figure = (f, verdict) =>
  f
    ? [
        h('span', { class: 'mono' }, num(f.mean, 3)),
        h('span', { class: 'interval' }, ` ${num(f.lo, 2)}\u2013${num(f.hi, 2)}`),
        VERDICTS[verdict] ? h('span', { class: `verdict ${verdict}` }, VERDICTS[verdict]) : null,
      ]
    : NONE;

// The facts of a cell, below its figures.
const FACTS = [
  ['Cases', c => c.result?.cases ?? NONE],
  ['Cold, ms an item', c => num(c.result?.cold_ms_per_item ?? c.result?.ms_per_item, 1)],
  ['Warm, ms an item', c => num(c.result?.warm_ms_per_item, 1)],
  ['Took', c => (c.seconds ? duration(c.seconds * 1000) : NONE)],
  ['Code', c => (c.code ? h('span', { title: c.code }, shortHash(c.code)) : NONE)],
];

export function resultsTable(results, metric, columns) {
  const { cells, varies, metrics, baselines } = figuresOf(results);
  const names = cells.map(c =>
    varies.length
      ? cellName(c, varies)
      : String(c.settings.protocol ?? 'the one cell'),
  );
  const verdict = (c, b) => (metric === metrics[0] ? c.result?.verdicts?.[b] : null);
  const row = (cls, head, of) =>
    h(
      'tr',
      { role: 'row', class: cls },
      h('th', { role: 'rowheader', scope: 'row' }, head),
      cells.map((c, i) => h('td', { role: 'cell', 'data-cell': names[i] }, of(c))),
    );
  const own = c => (c.error ? h('span', { class: 'missing' }, c.error) : c.figures ? figure(c.figures[metric]) : c.state);
  return h(
    'table',
    { role: 'table', class: `ranks results-table${cells.length > columns ? ' stacked' : ''}` },
    h(
      'caption',
      {},
      `${METRICS[metric] ?? 'Results'}${METRIC_SAYS[metric] ? ` (${METRIC_SAYS[metric]})` : ''}: mean and 95 % interval`,
    ),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        h('th', { role: 'columnheader', scope: 'col' }, 'Method'),
        names.map(n => h('th', { role: 'columnheader', scope: 'col' }, n)),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      row('model', [markOf(MODEL), ' Language model'], own),
      baselines.map(b =>
        row('', [markOf(b), ' ', baselineName(b)], c => figure(c.baselines?.[b]?.[metric], verdict(c, b))),
      ),
      FACTS.map(([name, of]) => row('cell-fact', name, of)),
    ),
  );
}
