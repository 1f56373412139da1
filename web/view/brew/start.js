// What a brew shall learn from, how long that takes, and its beginning.
// brewForm({session, api, begun}) -> {element, enter()}; begun(answer) once it runs
import { h, fillWith } from '../../kit/dom.js';
import { counted } from '../../kit/format.js';
import { calls } from './calls.js';
import { LENGTHS, estimateText, recipeOf } from './words.js';

const MEMBERS = 2000;

export function brewForm({ session, api, begun }) {
  const model = h('select', { id: 'brew-model', onchange: write });
  const length = h(
    'select',
    { id: 'brew-length', onchange: write },
    LENGTHS.map((l, i) => h('option', { value: i }, l.title)),
  );
  const name = h('input', { type: 'text', id: 'brew-name', maxLength: 64, value: 'mine', oninput: write });
  const from = h('fieldset', { class: 'brew-from' });
  const recipe = h('textarea', { id: 'brew-recipe', rows: 14, spellcheck: false });
  const says = h('p', { class: 'fact', role: 'status', id: 'brew-says' });
  const ask = h('button', { type: 'button', id: 'brew-estimate', onclick: measure }, 'How long will it take?');
  const go = h('button', { type: 'submit', class: 'primary', id: 'brew-go' }, 'Start brewing');
  const field = (label, el) =>
    h('div', { class: 'field' }, h('label', { htmlFor: el.id }, label), el);
  const element = h(
    'form',
    {
      class: 'brew-new',
      'aria-label': 'A new brew',
      onsubmit: e => {
        e.preventDefault();
        begin();
      },
    },
    from,
    field('Model', model),
    field('How long', length),
    field('Name of the adapter', name),
    h('details', {}, h('summary', {}, 'The recipe'), h('label', { htmlFor: 'brew-recipe', class: 'sr' }, 'The recipe as JSON'), recipe),
    h('div', { class: 'brew-do' }, go, ask),
    says,
  );

  const chosen = () => [...from.querySelectorAll('input:checked')].map(x => x.value);
  function write() {
    const catalogs = chosen();
    recipe.value = JSON.stringify(
      recipeOf({ name: name.value.trim(), model: model.value, catalogs, members: MEMBERS, length: Number(length.value) }),
      null,
      1,
    );
    ask.disabled = go.disabled = !catalogs.length || !model.value;
    says.textContent = catalogs.length ? '' : 'Choose at least one catalogue with members to learn from.';
  }

  function read() {
    try {
      return JSON.parse(recipe.value);
    } catch (e) {
      throw new Error(`The recipe is not JSON: ${e.message}`);
    }
  }
  async function measure() {
    ask.disabled = true;
    says.textContent = 'Two steps are made to measure one\u2026';
    try {
      says.textContent = estimateText(await calls.estimate(read()));
    } catch (e) {
      says.textContent = [e.message, e.hint].filter(Boolean).join('. ');
    }
    ask.disabled = false;
  }
  async function begin() {
    go.disabled = true;
    try {
      begun(await calls.begin(read()));
      says.textContent = '';
    } catch (e) {
      says.textContent = [e.message, e.hint].filter(Boolean).join('. ');
    }
    go.disabled = false;
  }

  return {
    element,
    async enter() {
      const [{ catalogs }, { models }] = await Promise.all([api.catalogs(), api.models()]);
      const able = catalogs.filter(c => c.interactions > 0);
      const without = catalogs.filter(c => !c.interactions).map(c => c.name);
      const was = new Set(chosen());
      const first = able.find(c => c.name === session.get().catalog) ?? able[0];
      fillWith(
        from,
        h('legend', {}, 'Learn from'),
        able.map(c =>
          h(
            'label',
            { class: 'check' },
            h('input', {
              type: 'checkbox',
              value: c.name,
              checked: was.size ? was.has(c.name) : c === first,
              onchange: write,
            }),
            `${c.name}: ${counted(c.members, 'member')}, ${counted(c.interactions, 'interaction')}`,
          ),
        ),
        without.length ? h('p', { class: 'fact' }, `Nothing to learn from: ${without.join(', ')} (no likes of members yet).`) : null,
        able.length
          ? h('p', { class: 'fact' }, 'From what each member liked it learns to put the next like before other items. Some members are kept out of it, to measure what it was worth.')
          : h('p', { class: 'fact' }, 'No catalogue has members with interactions yet. Import some, or brew from files by the command line: taproom brew RECIPE.json.'),
      );
      const bases = models.filter(m => !m.adapted && m.state !== 'broken');
      fillWith(model, bases.map(m => h('option', { value: m.id, selected: m.default }, m.id)));
      write();
    },
  };
}
