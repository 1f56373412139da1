// What of a wish is checked by rule: its limits with their counts, who fails them, and the way from all items to the list.
// mountLimits(root, store, intents) stands under the wish; funnelLine(state, intents) above the list;
// limitMarks(item, result) and outside(item) belong to a row
import { h, fillWith, keepFocus, sr, styled } from '../../kit/dom.js';
import { asksSomething, contradictionOf, languageOf } from '../../kit/effect.js';
import { counted, plural, whole } from '../../kit/format.js';
import { liveClauses } from '../../kit/state.js';

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
  const ui = { open: '', form: null, fields: null, of: '' }; // open: the key of the limit that is being edited
  store.watch(['result', 'constraints', 'wish', 'clauses'], s => draw(s));

  function draw(s) {
    const found = asksSomething(s) ? (s.result?.constraints ?? []) : [];
    const notes = notesOf(s);
    root.hidden = !found.length && !notes.length && s.constraints === 'after';
    if (root.hidden) return fillWith(root);
    keepFocus(root, () =>
      fillWith(
        root,
        notes.map(text => h('p', { class: 'wish-note', role: 'note' }, text)),
        found.length || s.constraints !== 'after'
          ? [
              h('h2', {}, 'Checked by rule'),
              h('ul', { class: 'limits' }, found.map(c => chip(c, s))),
              hideToggle(s),
            ]
          : null,
      ),
    );
  }

  function hideToggle(s) {
    const hide = h('input', {
      type: 'checkbox',
      id: 'hide-failing',
      'data-key': 'hide',
      checked: s.constraints === 'hide',
      onchange: () => intents.setChoice('constraints', hide.checked ? 'hide' : 'after'),
    });
    return h('label', { class: 'check' }, hide, 'Hide those that fail');
  }

  function chip(c, s) {
    const clause = clauseOfLimit(s, c);
    const standing = s.result.clauses?.[c.clause]?.source === 'preference';
    const words = wordsOf(c);
    const key = `${c.field} ${c.text}`;
    const open = ui.open === key && !!clause && !!ui.form;
    const edit = h(
      'button',
      {
        type: 'button',
        class: 'limit-words',
        'data-key': `limit-${key}`,
        'aria-expanded': String(open),
        'aria-label': `Change the limit: ${words}`,
        onclick: async () => {
          ui.open = open ? '' : key;
          if (!open && !(await ready(s.catalog))) return;
          draw(store.get());
          if (!open) root.querySelector('.limit-form select')?.focus();
        },
      },
      words,
    );
    return h(
      'li',
      { class: c.negated ? 'limit less' : 'limit', title: `From \u201c${c.text}\u201d` },
      clause ? edit : h('span', { class: 'limit-words' }, words),
      h(
        'span',
        { class: 'limit-counts' },
        countsOf(c) || 'nothing to check',
        standing ? ' (a standing preference)' : '',
      ),
      clause
        ? h(
            'button',
            {
              type: 'button',
              class: 'quiet small gone',
              'aria-label': `Remove the limit: ${words}`,
              title: 'Remove this limit',
              onclick: () => {
                intents.dropLimit(c, clause.id);
                (root.querySelector('.limit-words') ?? document.getElementById('wish')).focus();
              },
            },
            '\u00d7',
          )
        : null,
      open
        ? ui.form(c, ui.fields ?? [], (form, type) => {
            ui.open = '';
            intents.editLimit(c, clause.id, form, type);
            document.getElementById('wish').focus({ preventScroll: true });
          })
        : null,
    );
  }

  // What an edit needs: its controls, and the fields that can be checked.
  async function ready(catalog) {
    try {
      await styled('views.css');
      ui.form ??= (await import('./limit_form.js')).limitForm;
    } catch (e) {
      intents.notLoaded(e);
      return false;
    }
    if (ui.of === catalog) return true;
    try {
      ui.fields = (await intents.fieldsOf(catalog)).fields ?? [];
      ui.of = catalog;
    } catch {
      ui.fields = null; // the limit's own field is enough
    }
    return true;
  }
}

// Which of the page's clauses a limit came from; null where a preference holds it, or the list is of another wish.
function clauseOfLimit(s, c) {
  const from = s.result?.clauses?.[c.clause];
  if (!from || from.source !== 'wish') return null;
  const text = from.text.trim();
  return liveClauses(s.clauses).find(x => x.text.trim() === text) ?? null;
}

// What a person should know of the wish itself: its language, and what cannot all be kept.
function notesOf(s) {
  const language = languageOf(s.result);
  const against = contradictionOf(s.result);
  return [
    against && `${against.charAt(0).toUpperCase()}${against.slice(1)}.`,
    language &&
      `Read as ${language}: limits and exclusions work, the rest is judged by a model that has read mostly English.`,
  ].filter(Boolean);
}

// "1,682 movies, 640 within your limits, 100 by your wish (embedding and BM25), 20 shown."
export function funnelLine(s, intents) {
  const f = s.result?.funnel;
  if (!f) return null;
  const word = s.surface?.item_word ?? 'item';
  const steps = [counted(f.items, word)];
  if (f.within < f.items) steps.push(`${whole(f.within)} within your limits`);
  if (f.ranked < f.within || f.failing_kept)
    steps.push([
      `${whole(f.ranked)} ranked`,
      f.by ? h('span', { class: 'found-by' }, ` (found by ${f.by})`) : '',
      f.failing_kept ? `, ${whole(f.failing_kept)} of them outside your limits` : '',
    ]);
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

// What was checked of a row: what it keeps, what it breaks, and what could not be checked.
export function limitMarks(item, result) {
  const all = result?.constraints ?? [];
  const marks = (item.outcomes ?? []).flatMap((outcome, i) => {
    if (!all[i]) return [];
    const field = all[i].field.replaceAll('_', ' ');
    const text = { holds: `${field} \u2713`, fails: `not ${wordsOf(all[i])}`, unknown: `${field} not known` };
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
