// What a brew was worth: before and after on what was kept out.
import { h } from '../../kit/dom.js';
import { METRIC_SAYS } from '../../kit/experiment.js';
import { num, signed, whole } from '../../kit/format.js';
import { reportLines, verdictOf } from './words.js';

const HEAD = ['Before', 'After', 'Change', 'Verdict'];
const SAYS = [
  ['NDCG at 10', METRIC_SAYS.ndcg10],
  ['AUC', METRIC_SAYS.auc],
  ['Precision at 5', METRIC_SAYS.p5],
];
// On a phone each measure's numbers stand below its name.
const isNarrow = () => matchMedia('(max-width: 640px)').matches;

const cellsOf = l => [
  num(l.before.mean, 3),
  num(l.after.mean, 3),
  `${signed(l.change.mean, 3)} (${signed(l.change.lo, 3)} to ${signed(l.change.hi, 3)})`,
  verdictOf(l),
];

export function reportTable(report) {
  const lines = reportLines(report);
  if (!lines.length) return h('p', { class: 'fact' }, 'Nothing was kept out, so nothing was measured.');
  const table = h(
    'table',
    { role: 'table', class: `results-table${isNarrow() ? ' stacked' : ''}` },
    h(
      'caption',
      {},
      `On ${whole(report.lists?.wishes ?? 0)} lists that were kept out; a change with its 95 % interval`,
    ),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ['Measure', ...HEAD].map(t => h('th', { role: 'columnheader', scope: 'col' }, t)),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      lines.map(l =>
        h(
          'tr',
          { role: 'row', class: l.fell ? 'fell' : null },
          h('th', { role: 'rowheader', scope: 'row' }, l.name),
          cellsOf(l).map((text, i) => h('td', { role: 'cell', 'data-cell': HEAD[i] }, text)),
        ),
      ),
    ),
  );
  const known = SAYS.filter(([name]) => lines.some(l => l.name === name));
  return [
    h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Before and after' }, table),
    known.length ? h('p', { class: 'fact' }, `${known.map(([name, says]) => `${name}: ${says}`).join('. ')}.`) : null,
  ];
}
