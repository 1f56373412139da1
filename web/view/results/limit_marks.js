// What was checked by rule of a row. limitMarks(item, result), outside(item)
import { h } from '../../kit/dom.js';

export const wordsOf = c => c.words || [c.field, c.op, c.value, c.unit].filter(Boolean).join(' ');

// A limit on tags holds in its own words, "without Children's"; any other is told by its field, "price".
const heldOf = (c, field) => (field === 'tags' ? wordsOf(c).replace(/ \(tags\)$/, '') : field);

// Whether an item breaks a limit of the wish.
export const outside = item => (item.outcomes ?? []).includes('fails');

// What was checked of a row: what it keeps, what it breaks, and what could not be checked.
export function limitMarks(item, result) {
  const all = result?.constraints ?? [];
  const marks = (item.outcomes ?? []).flatMap((outcome, i) => {
    if (!all[i]) return [];
    const field = all[i].field.replaceAll('_', ' ');
    const text = { holds: `${heldOf(all[i], field)} \u2713`, fails: `not ${wordsOf(all[i])}`, unknown: `${field} not known` };
    return [[outcome, text[outcome] ?? text.unknown]];
  });
  const seen = new Set();
  const once = marks.filter(([, text]) => !seen.has(text) && seen.add(text));
  return once.length
    ? h(
        'p',
        { class: 'limit-marks' },
        once.map(([outcome, text]) => h('span', { class: `limit-mark ${outcome}` }, text)),
      )
    : null;
}

// Stands before the first row that breaks a limit, in the order of ranks.
export const outsideRow = columns =>
  h(
    'tr',
    { role: 'row', class: 'outside' },
    h('td', { role: 'cell', colSpan: columns }, 'Outside your limits'),
  );
