// How the ranking is made: readout, model, candidates, length, seed, history, baselines.
// mountSettings(root, store, intents)
import { h, put, fillWith, fold, keepFocus } from '../../kit/dom.js';
import { modelPicker } from '../models.js';
import { READOUTS, readoutName, RETRIEVERS, baselineName } from '../../kit/format.js';
import { BASELINES, COUNT_MAX, POLICIES } from '../../kit/state.js';

export function mountSettings(root, store, intents) {
  const explain = h('p', { class: 'fact', id: 'readout-says' });
  const readout = pick(
    store,
    intents,
    'readout',
    'How the model is asked',
    Object.keys(READOUTS).map(k => [k, readoutName(k)]),
  );
  readout.querySelector('select').setAttribute('aria-describedby', 'readout-says');
  store.watch(['readout'], s => {
    explain.textContent = READOUTS[s.readout]?.[1] ?? '';
  });
  const history = h(
    'div',
    { class: 'pair' },
    amount(store, intents, 'history', 'Past interactions used', 0, 200),
    pick(store, intents, 'policy', 'Chosen by', Object.entries(POLICIES)),
  );
  store.watch(['member'], s => {
    history.hidden = !s.member;
  });
  fillWith(
    root,
    fold(
      'Ranked by',
      readout,
      explain,
      modelPicker(store, intents),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet small',
          id: 'open-surface',
          onclick: () => intents.openSurface(),
        },
        'Edit the words of the prompt',
      ),
      h(
        'details',
        { class: 'tuning' },
        h('summary', {}, 'Candidates, length, baselines'),
        h(
          'div',
          { class: 'pair' },
          pick(store, intents, 'retrieve', 'Candidates by', Object.entries(RETRIEVERS)),
          amount(store, intents, 'count', 'How many', 1, COUNT_MAX),
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

// All that the catalogue has, until a person leaves some out.
function baselines(store, intents) {
  const box = h('fieldset', { class: 'checks' });
  store.watch(['baselines', 'known'], s => {
    const names = BASELINES.filter(b => s.known.includes(b) || s.baselines?.includes(b));
    const on = b => !s.baselines || s.baselines.includes(b);
    box.hidden = !names.length;
    const choose = (b, checked) => {
      const chosen = names.filter(n => (n === b ? checked : on(n)));
      intents.setChoice('baselines', chosen.length === names.length ? null : chosen);
    };
    keepFocus(box, () =>
      fillWith(
        box,
        h('legend', {}, 'Compare with'),
        names.map(b => {
          const check = h('input', {
            type: 'checkbox',
            id: `baseline-${b}`,
            'data-key': b,
            checked: on(b),
            onchange: () => choose(b, check.checked),
          });
          return h('label', {}, check, baselineName(b));
        }),
      ),
    );
  });
  return box;
}
