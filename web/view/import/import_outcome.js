// What became of an import: counts, faults by line, and the next step.
import { h } from '../../kit/dom.js';
import { counted, whole } from '../../kit/format.js';

export const faultNotice = e =>
  h(
    'div',
    { class: 'notice error', role: 'alert' },
    h(
      'div',
      { class: 'notice-text' },
      h('p', {}, e.message),
      e.field || e.line
        ? h(
            'p',
            { class: 'where' },
            [e.field && `Field: ${e.field}`, e.line && `Line: ${e.line}`]
              .filter(Boolean)
              .join(' \u00b7 '),
          )
        : null,
      e.hint ? h('p', { class: 'hint' }, h('strong', {}, 'What to do: '), e.hint) : null,
    ),
  );

// The first faults of a report, each with its line.
export const lineErrors = r => [
  h(
    'ol',
    { class: 'line-errors' },
    (r.errors ?? []).map(e =>
      h(
        'li',
        {},
        h('span', { class: 'mono' }, e.line ? `line ${whole(e.line)}` : 'the file'),
        ` ${e.message}`,
      ),
    ),
  ),
  (r.errors ?? []).some(e => /has \d+ cells/.test(e.message))
    ? h('p', { class: 'fact' }, 'Too many cells: a text that holds the separator itself must stand in quotes.')
    : null,
  r.rejected > (r.errors ?? []).length
    ? h('p', { class: 'fact' }, `and ${whole(r.rejected - r.errors.length)} more`)
    : null,
];

// button: {id, text, act} or null
export const outcome = (r, button) =>
  h(
    'div',
    { class: `notice ${r.stored ? 'note' : 'error'}` },
    h(
      'div',
      { class: 'notice-text' },
      h('h3', {}, r.stored ? 'Stored' : 'Nothing was stored'),
      h(
        'p',
        { class: 'counts' },
        [
          ['read', r.read],
          ['kept', r.stored ? r.kept : 0],
          ['rejected', r.rejected],
        ].map(([word, n]) => h('span', {}, h('strong', { class: 'mono' }, whole(n)), ` ${word} `)),
      ),
      r.refused ? h('p', {}, r.refused.message) : null,
      r.values_lost
        ? h(
            'p',
            {},
            `${counted(r.values_lost, 'value')} could not be read; the rows are kept without.`,
          )
        : null,
      (r.errors ?? []).length ? lineErrors(r) : null,
    ),
    button
      ? h(
          'button',
          { type: 'button', class: 'primary', id: button.id, onclick: button.act },
          button.text,
        )
      : null,
  );
