// What of a wish is checked by rule: its limits with their counts, who fails them, and the way from all items to the list.
// mountLimits(root, store, intents) stands under the wish; funnelLine(state, intents) above the list;
// limitMarks(item, result) and outside(item) belong to a row
import { h, fillWith, sr } from '../../kit/dom.js';
import { counted, plural, whole } from '../../kit/format.js';

const OUTCOMES = [
  ['holds', n => (n === 1 ? 'holds' : 'hold')],
  ['fails', n => (n === 1 ? 'fails' : 'fail')],
  ['unknown', () => 'unknown'],
];

export const countsOf = c =>
  OUTCOMES.filter(([key]) => c[key])
    .map(([key, word]) => `${whole(c[key])} ${word(c[key])}`)
    .join(', ');

export const wordsOf = c => c.words || [c.field, c.op, c.value, c.unit].filter(Boolean).join(' ');

// Whether an item breaks a limit of the wish.
export const outside = item => (item.outcomes ?? []).includes('fails');

export function mountLimits(root, store, intents) {
  store.watch(['result', 'constraints', 'wish'], s => {
    const found = s.wish.trim() ? (s.result?.constraints ?? []) : [];
    root.hidden = !found.length && s.constraints === 'after';
    if (root.hidden) return fillWith(root);
    const hide = h('input', {
      type: 'checkbox',
      id: 'hide-failing',
      checked: s.constraints === 'hide',
      onchange: () => intents.setChoice('constraints', hide.checked ? 'hide' : 'after'),
    });
    fillWith(
      root,
      h('h2', {}, 'Checked by rule'),
      h(
        'ul',
        { class: 'limits' },
        found.map(c =>
          h(
            'li',
            { class: c.negated ? 'limit less' : 'limit', title: `From "${c.text}"` },
            h('span', { class: 'limit-words' }, wordsOf(c)),
            h('span', { class: 'limit-counts' }, countsOf(c) || 'nothing to check'),
          ),
        ),
      ),
      h('label', { class: 'check' }, hide, 'Hide those that fail'),
    );
  });
}

// "1,682 movies, 640 within your limits, 100 by your wish (embedding and BM25), 20 shown."
export function funnelLine(s, intents) {
  const f = s.result?.funnel;
  if (!f) return null;
  const word = s.surface?.item_word ?? 'item';
  const steps = [counted(f.items, word)];
  if (f.within < f.items) steps.push(`${whole(f.within)} within your limits`);
  if (f.ranked < f.within || f.failing_kept)
    steps.push(
      `${whole(f.ranked)} ranked${f.by ? ` (found by ${f.by})` : ''}${f.failing_kept ? `, ${whole(f.failing_kept)} of them outside your limits` : ''}`,
    );
  const shown = s.result.items?.length ?? 0;
  if (shown < f.ranked) steps.push(`${whole(shown)} shown`);
  const more = f.ranked < f.items && s.retrieve !== 'all';
  return h(
    'p',
    { class: 'funnel', id: 'funnel' },
    steps.flatMap((text, i) =>
      i ? [h('span', { class: 'to', 'aria-hidden': 'true' }, ' \u2192 '), sr(', '), text] : [text],
    ),
    more
      ? [
          ' ',
          h(
            'button',
            {
              type: 'button',
              class: 'link',
              id: 'rank-all',
              title: 'Takes longer: the model reads each of them',
              onclick: () => intents.rankAll(),
            },
            `Rank all ${plural(word)}`,
          ),
        ]
      : null,
  );
}

// What a row breaks, and what could not be checked for it.
export function limitMarks(item, result) {
  const all = result?.constraints ?? [];
  const marks = (item.outcomes ?? []).flatMap((outcome, i) =>
    !all[i] || outcome === 'holds'
      ? []
      : [[outcome, outcome === 'fails' ? `not ${wordsOf(all[i])}` : `${all[i].field} not known`]],
  );
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
