// How the ranking is made: readout, candidates, length, seed, history, baselines.
// mountSettings(root, store, intents)
import { h, put, fillWith, fold } from './dom.js';
import { READOUTS, RETRIEVERS, baselineName } from './format.js';
import { BASELINES } from './state.js';

export function mountSettings(root, store, intents) {
  const explain = h('p', { class: 'fact', id: 'readout-says' });
  const readout = pick(
    store,
    intents,
    'readout',
    'Readout',
    Object.keys(READOUTS).map(k => [k, k]),
  );
  readout.querySelector('select').setAttribute('aria-describedby', 'readout-says');
  store.watch(['readout'], s => {
    explain.textContent = READOUTS[s.readout] ?? '';
  });
  const history = amount(store, intents, 'history', 'Past interactions used', 0, 200);
  store.watch(['member'], s => {
    history.hidden = !s.member;
  });
  fillWith(
    root,
    fold(
      'Ranked by',
      readout,
      explain,
      h(
        'details',
        { class: 'tuning' },
        h('summary', {}, 'Candidates, length, baselines'),
        h(
          'div',
          { class: 'pair' },
          pick(store, intents, 'retrieve', 'Candidates by', Object.entries(RETRIEVERS)),
          amount(store, intents, 'count', 'How many', 1, 500),
        ),
        h(
          'div',
          { class: 'pair' },
          amount(store, intents, 'top', 'Show the first', 1, 500),
          amount(store, intents, 'seed', 'Seed', 0, 2 ** 31 - 1),
        ),
        history,
        baselines(store, intents),
      ),
    ),
  );
}

function pick(store, intents, key, label, options) {
  const select = h(
    'select',
    { id: key, onchange: () => intents.setChoice(key, select.value) },
    options.map(([value, text]) => h('option', { value }, text)),
  );
  store.watch([key], s => {
    if (![...select.options].some(o => o.value === s[key]))
      select.append(h('option', { value: s[key] }, s[key]));
    select.value = s[key];
  });
  return h('div', { class: 'field' }, h('label', { htmlFor: key }, label), select);
}

function amount(store, intents, key, label, min, max) {
  const input = h('input', {
    id: key,
    type: 'number',
    min,
    max,
    step: 1,
    inputMode: 'numeric',
    onchange: () => {
      const n = Math.round(Number(input.value));
      if (input.value !== '' && n >= min && n <= max) intents.setChoice(key, n);
      else input.value = store.get()[key];
    },
  });
  store.watch([key], s => put(input, 'value', String(s[key])));
  return h('div', { class: 'field' }, h('label', { htmlFor: key }, label), input);
}

function baselines(store, intents) {
  const boxes = BASELINES.map(b =>
    h('input', {
      type: 'checkbox',
      id: `baseline-${b}`,
      value: b,
      onchange: () =>
        intents.setChoice(
          'baselines',
          BASELINES.filter((_, i) => boxes[i].checked),
        ),
    }),
  );
  store.watch(['baselines'], s =>
    boxes.forEach(b => {
      b.checked = s.baselines.includes(b.value);
    }),
  );
  return h(
    'fieldset',
    { class: 'checks' },
    h('legend', {}, 'Compare with'),
    boxes.map(b => h('label', {}, b, baselineName(b.value))),
  );
}
