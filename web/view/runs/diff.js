// What differs between two saved runs: what was asked, and the two orders. diffOf(a, b) -> elements; askedDiff is pure
import { h } from '../../kit/dom.js';
import { agreementWords } from '../../kit/effect.js';
import { num, signed, whole, NONE } from '../../kit/format.js';
import { kendallTau, overlapAt } from '../../kit/orders.js';

const FIRST = 10,
  MOST = 20;

const clauseText = c => `${c.sign < 0 ? 'less' : 'more'} ${c.text} \u00d7 ${num(c.weight ?? 1, 1)}`;
const ASKED = [
  ['Wish', r => r.request.instruction],
  ['Read as', r => (r.clauses ?? []).map(clauseText).join('; ')],
  ['Catalogue', r => r.request.catalog],
  ['Member', r => r.request.member],
  ['Examples', r => (r.request.examples ?? []).map(e => `${e.label} ${e.item ?? e.text}`).join('; ')],
  ['Asked', r => r.readout?.used],
  ['Model', r => r.model?.id ?? r.model?.name],
  ['Words', r => r.surface],
  ['Limits', r => r.request.constraints],
  ['Ranked', r => r.funnel && `${whole(r.funnel.ranked)} of ${whole(r.funnel.items)}`],
];

// [[name, of the first, of the second]] of what is not the same.
export const askedDiff = (a, b) =>
  ASKED.map(([name, of]) => [name, of(a) || NONE, of(b) || NONE]).filter(([, x, y]) => x !== y);

const orderOf = r => new Map(r.items.map(i => [i.item, i.rank]));

// The rows of both lists, those that moved the farthest first; what only one list has comes last.
export function movesOf(a, b) {
  const [x, y] = [orderOf(a), orderOf(b)];
  const titles = new Map([...a.items, ...b.items].map(i => [i.item, i.title || i.item]));
  return [...titles]
    .map(([item, title]) => ({ item, title, a: x.get(item), b: y.get(item) }))
    .filter(m => m.a !== m.b)
    .sort((m, n) => far(n) - far(m) || (m.a ?? m.b) - (n.a ?? n.b));
}
const far = m => (m.a && m.b ? Math.abs(m.a - m.b) : 0);

const table = (cls, caption, head, rows) =>
  h(
    'table',
    { class: `ranks ${cls}` },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, head.map(t => h('th', { scope: 'col' }, t)))),
    h(
      'tbody',
      {},
      rows.map(([name, ...cells]) => h('tr', {}, h('th', { scope: 'row' }, name), cells.map(c => h('td', {}, c)))),
    ),
  );

export function diffOf(a, b) {
  const [x, y] = [orderOf(a), orderOf(b)];
  const { same, of } = overlapAt(x, y, FIRST);
  const tau = kendallTau(x, y);
  const moves = movesOf(a, b);
  const asked = askedDiff(a, b);
  return [
    h('h3', {}, 'What differs'),
    h(
      'p',
      {},
      `${same} of the first ${of} are the same`,
      tau === null ? '.' : `: ${agreementWords(tau)} among what both lists have (Kendall\u2019s \u03c4 ${num(tau)}).`,
    ),
    asked.length
      ? table('diff-asked', 'What was asked', ['Asked', 'First run', 'Second run'], asked)
      : h('p', { class: 'fact' }, 'The same was asked.'),
    moves.length
      ? table(
          'diff-moves',
          moves.length > MOST ? `The ${MOST} rows that differ most, of ${moves.length}` : 'The rows that differ',
          ['Title', 'First run', 'Second run', 'Moved'],
          moves
            .slice(0, MOST)
            .map(m => [m.title, m.a ?? NONE, m.b ?? NONE, m.a && m.b ? signed(m.a - m.b) : m.a ? 'gone' : 'new']),
        )
      : h('p', { class: 'fact' }, 'The same rows in the same order.'),
  ];
}
