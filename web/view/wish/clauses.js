// The clauses under the wish: sign, words, weight, remove, add; what the person touched wins over the splitter.
// mountClauses(root, store, intents)
import { h, keyed, put, fillWith } from '../../kit/dom.js';
import { liveClauses, clausesTouched } from '../../kit/state.js';

export function mountClauses(root, store, intents) {
  const list = h('ul', { class: 'clauses' });
  const say = h('p', { class: 'fact' });
  const reset = h(
    'button',
    { type: 'button', class: 'quiet small', onclick: () => intents.resetClauses() },
    'Back to the automatic split',
  );
  const text = h('input', {
    type: 'text',
    id: 'clause-new',
    autocomplete: 'off',
    placeholder: 'another part',
    'aria-label': 'New part of the wish',
  });
  const add = h(
    'form',
    {
      class: 'joined',
      onsubmit: e => {
        e.preventDefault();
        if (text.value.trim()) {
          intents.addClause(text.value.trim());
          text.value = '';
        }
      },
    },
    text,
    h('button', { type: 'submit' }, 'Add'),
  );
  fillWith(root, h('div', { class: 'head' }, h('h2', {}, 'Read as'), reset), list, say, add);
  let nth = 0;
  const update = (el, c) => row(el, c, ++nth);
  const make = c => chip(c.id, intents);
  store.watch(['clauses', 'clauseError', 'wish'], s => {
    const clauses = liveClauses(s.clauses);
    nth = 0;
    keyed(list, clauses, c => c.id, make, update);
    reset.hidden = !clausesTouched(s.clauses);
    say.textContent =
      s.clauseError ||
      (clauses.length
        ? ''
        : s.wish.trim()
          ? 'The wish is used as one text.'
          : 'The parts of the wish appear here as you write.');
  });
}

const parts = new WeakMap();

function chip(id, intents) {
  const sign = h('button', {
    type: 'button',
    class: 'sign',
    onclick: () => intents.editClause(id, { sign: sign.value === '-1' ? 1 : -1 }),
  });
  const text = h('input', {
    type: 'text',
    class: 'clause-text',
    autocomplete: 'off',
    onchange: () =>
      text.value.trim()
        ? intents.editClause(id, { text: text.value.trim() })
        : intents.dropClause(id),
    onkeydown: e => {
      if (e.key === 'Enter' && !e.ctrlKey) text.blur();
    },
  });
  const weight = h('input', {
    type: 'range',
    min: 0,
    max: 2,
    step: 0.1,
    // While it is dragged the rows say where they would go; letting go ranks.
    oninput: () => {
      shown.textContent = Number(weight.value).toFixed(1);
      intents.dragWeight(id, Number(weight.value));
    },
    onchange: () => intents.editClause(id, { weight: Number(weight.value) }),
  });
  const shown = h('output', { class: 'mono' });
  const gone = h(
    'button',
    {
      type: 'button',
      class: 'quiet small gone',
      title: 'Remove this part',
      onclick: () => {
        const next = el.nextElementSibling ?? el.previousElementSibling;
        intents.dropClause(id);
        (next?.querySelector('.sign') ?? document.getElementById('clause-new')).focus();
      },
    },
    '\u00d7',
  );
  const el = h(
    'li',
    { class: 'clause' },
    sign,
    text,
    gone,
    h('span', { class: 'weigh' }, weight, shown),
  );
  parts.set(el, { sign, text, weight, shown, gone });
  return el;
}

function row(el, c, nth) {
  const { sign, text, weight, shown, gone } = parts.get(el);
  const less = c.sign < 0;
  el.classList.toggle('less', less);
  put(sign, 'value', String(c.sign));
  put(sign, 'textContent', less ? 'less' : 'more');
  sign.title = less ? 'Less of this. Press for more.' : 'More of this. Press for less.';
  sign.setAttribute('aria-label', `${less ? 'Less' : 'More'} of ${c.text}. Press to change.`);
  put(text, 'value', c.text);
  text.setAttribute('aria-label', `Words of part ${nth}: ${c.text}`);
  put(weight, 'value', String(c.weight));
  weight.setAttribute('aria-label', `Weight of ${c.text}`);
  shown.textContent = c.weight.toFixed(1);
  gone.setAttribute('aria-label', `Remove ${c.text}`);
}
