// What was checked by rule of a row. limitMarks(item, result), outside(item)
import { h, sr } from '../../kit/dom.js';

const ORDER = ['fails', 'unknown', 'holds'];

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
    const name = heldOf(all[i], field);
    const text = { holds: `${name} \u2713`, fails: `${name} \u2717`, unknown: `${field} not known` };
    return [{ outcome, text: text[outcome] ?? text.unknown, words: wordsOf(all[i]) }];
  });
  // What fails stands first: a narrow row has no room for all.
  marks.sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  const seen = new Set();
  const once = marks.filter(({ text }) => !seen.has(text) && seen.add(text));
  return once.length
    ? h(
        'p',
        { class: 'limit-marks' },
        once.map(({ outcome, text, words }) =>
          h(
            'span',
            { class: `limit-mark ${outcome}`, title: `${words}: ${outcome === 'unknown' ? 'not known' : outcome}` },
            outcome === 'fails' ? [h('span', { 'aria-hidden': 'true' }, text), sr(`not ${words}`)] : text,
          ),
        ),
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
