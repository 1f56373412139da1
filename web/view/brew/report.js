// What a brew was worth: before and after on what was kept out.
import { h } from '../../kit/dom.js';
import { num, signed, whole } from '../../kit/format.js';
import { reportLines, verdictOf } from './words.js';

export function reportTable(report) {
  const lines = reportLines(report);
  if (!lines.length) return h('p', { class: 'fact' }, 'Nothing was kept out, so nothing was measured.');
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Before and after' },
    h(
      'table',
      { class: 'results-table' },
      h('caption', {}, `On ${whole(report.lists?.wishes ?? 0)} lists that were kept out; a change with its 95 % interval`),
      h('thead', {}, h('tr', {}, ['Measure', 'Before', 'After', 'Change', 'Verdict'].map(t => h('th', { scope: 'col' }, t)))),
      h(
        'tbody',
        {},
        lines.map(l =>
          h(
            'tr',
            { class: l.fell ? 'fell' : null },
            h('th', { scope: 'row' }, l.name),
            h('td', {}, num(l.before.mean, 3)),
            h('td', {}, num(l.after.mean, 3)),
            h('td', {}, `${signed(l.change.mean, 3)} (${signed(l.change.lo, 3)} to ${signed(l.change.hi, 3)})`),
            h('td', {}, verdictOf(l)),
          ),
        ),
      ),
    ),
  );
}
