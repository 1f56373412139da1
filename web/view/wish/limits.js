// What of a wish is checked by rule: its limits with their counts, under the wish. Loaded with the first list that has any.
// mountLimits(root, store, intents)
import { h, fillWith, keepFocus, styled } from '../../kit/dom.js';
import { asksSomething, notesOf } from '../../kit/effect.js';
import { whole } from '../../kit/format.js';
import { clauseOfLimit } from '../../kit/limit.js';
import { wordsOf } from '../results/limit_marks.js';

const OUTCOMES = [
  ['holds', n => (n === 1 ? 'holds' : 'hold')],
  ['fails', n => (n === 1 ? 'fails' : 'fail')],
  ['unknown', () => 'unknown'],
];

const countsOf = c =>
  OUTCOMES.filter(([key]) => c[key])
    .map(([key, word]) => `${whole(c[key])} ${word(c[key])}`)
    .join(', ');

export function mountLimits(root, store, intents) {
  const ui = { open: '', form: null, fields: null, of: '' }; // open: the key of the limit that is being edited
  store.watch(['result', 'constraints', 'wish', 'clauses'], s => draw(s));

  function draw(s) {
    const found = asksSomething(s) ? (s.result?.constraints ?? []) : [];
    const notes = notesOf(s.result);
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
