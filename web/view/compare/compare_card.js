// The head of a column in the compare view: what the column is, how to change it, and how near it is to the first.
// columnCard(column, actions) returns an element; column.say(text), column.made(result) and
// column.progress(event) write into it
import { h } from '../../kit/dom.js';
import { ASKED } from '../../kit/effect.js';
import { READOUTS, readoutName, baselineName, counted, modelDetail, modelName, progressLine } from '../../kit/format.js';
import { POLICIES, liveClauses, clausesTouched } from '../../kit/state.js';
import { toHash } from '../../kit/url.js';

export const columnName = c =>
  c.baseline ? baselineName(c.baseline) : c.choices.wish.trim() || 'No wish';

// What a setting has beyond its wish and readout.
function facts(c) {
  return [
    clausesTouched(c.clauses) &&
      liveClauses(c.clauses)
        .map(x => `${x.sign < 0 ? 'less' : 'more'} ${x.text} \u00d7 ${x.weight}`)
        .join(', '),
    c.examples.length && counted(c.examples.length, 'example'),
    c.member && `member ${c.member}`,
    !c.standing && 'without standing preferences',
  ]
    .filter(Boolean)
    .join('; ');
}

const pick = (label, value, options, onchange) => {
  const select = h(
    'select',
    { 'aria-label': label, onchange: () => onchange(select.value) },
    options.map(([v, text]) => h('option', { value: v, selected: v === value }, text)),
  );
  return select;
};

export function columnCard(c, { number, last, base, models, remove, edit }) {
  const first = number === 1;
  const own = first ? 'Its candidates are those of every column.' : '';
  const says = h('p', { class: 'fact' }, own);
  const bar = h('progress', { max: 1, hidden: true, 'aria-label': `Progress of column ${number}` });
  c.say = text => {
    bar.hidden = !c.job;
    if (!c.job) says.textContent = text ?? own;
  };
  c.progress = p => {
    const { share, text } = progressLine(p, 'item');
    bar.hidden = false;
    if (share !== null) bar.value = share;
    says.textContent = text;
  };
  const body = c.baseline
    ? [
        h('p', { class: 'column-name' }, columnName(c)),
        h('p', { class: 'fact' }, 'A baseline: no language model.'),
      ]
    : setting(c, edit, base, models);
  return h(
    'section',
    { class: 'compare-card', 'aria-label': `Column ${number}: ${columnName(c)}` },
    h('div', { class: 'card-body' }, body),
    bar,
    says,
    first || last
      ? null
      : h('button', { type: 'button', class: 'quiet small', onclick: remove }, 'Remove'),
  );
}

function setting(c, edit, base, models) {
  const wish = h('textarea', {
    rows: 2,
    maxLength: 20000,
    'aria-label': 'Wish of this column',
    value: c.choices.wish,
    oninput: () => edit({ wish: wish.value, clauses: [] }),
  });
  const more = facts(c.choices);
  const made = h('p', { class: 'fact' });
  c.made = r => {
    const how = [r.model?.precision, r.model?.backend].filter(Boolean).join(' on ');
    made.textContent = [r.readout?.used && `asked ${ASKED[r.readout.used] ?? r.readout.used}`, modelName(r.model), how].filter(Boolean).join(', ');
    made.title = modelDetail(r.model);
  };
  if (c.result) c.made(c.result);
  const open = h('a', { href: '#/', class: 'fact' }, 'Open as a ranking');
  open.addEventListener('click', () => {
    open.href = toHash({ ...c.choices, catalog: base.choices.catalog });
  });
  return [
    wish,
    h(
      'div',
      { class: 'pair' },
      pick(
        'Readout',
        c.choices.readout,
        Object.keys(READOUTS).map(r => [r, readoutName(r)]),
        readout => edit({ readout }),
      ),
      c.choices.member
        ? pick('History chosen by', c.choices.policy, Object.entries(POLICIES), policy =>
            edit({ policy }),
          )
        : null,
    ),
    models.length > 2
      ? pick('Model', c.choices.modelId ?? '', models, modelId => edit({ modelId }))
      : null,
    more ? h('p', { class: 'fact' }, more) : null,
    made,
    open,
  ];
}
