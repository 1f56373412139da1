// The words of a surface: what an item is called, how it is written, what is asked. The prompt beside them follows as
// they change: the words at hand are stored under a name of their own while the window is open, and removed with it.
// mountSurface(api, store, {saved}) returns {show}
import { h, fillWith, makeDialog, later } from '../kit/dom.js';
import { requestOf } from '../kit/state.js';

const ABOUT = {
  title: 'Name of the place',
  item_word: 'One of its items is called',
  items_word: 'Several are called',
  member_word: 'A person there is called',
  item: 'How an item is written',
  liked: 'A liked example reads',
  disliked: 'A disliked example reads',
  answer_yes: 'The answer for yes',
  answer_no: 'The answer for no',
  note: 'A caveat shown with each list',
  empty: 'Wishes that say nothing, one a line',
  example_wishes: 'Wishes to start from, one a line',
  frames: 'Questions of the query readout; their answers are averaged',
  root: 'Before the item',
  tail: 'After the item',
  clause: 'A part of the wish',
};
const NOT_WORDS = ['name', 'built_in', 'changed'];
const named = key => ABOUT[key] ?? key.replaceAll('_', ' ');
const lines = text => text.split('\n').filter(t => t.trim());

export function mountSurface(api, store, { saved }) {
  const d = makeDialog('surface', 'Words of the prompt');
  const ui = { words: {}, name: '', own: null, draft: '', turn: 0 };
  const fields = h('div', { class: 'surface-fields' });
  const preview = h('div', {
    class: 'surface-preview',
    tabIndex: 0,
    role: 'region',
    'aria-label': 'The prompt with these words',
  });
  const outcome = h('p', { class: 'hint', role: 'status' });
  const name = h('input', {
    type: 'text',
    id: 'surface-name',
    maxLength: 64,
    pattern: '[A-Za-z0-9._\\-]+',
    autocomplete: 'off',
  });
  const restore = h('button', { type: 'button', class: 'quiet', onclick: () => takeBack() });
  const form = h(
    'form',
    {
      class: 'surface',
      onsubmit: e => {
        e.preventDefault();
        save();
      },
    },
    fields,
    h('div', { class: 'surface-right' }, h('h3', {}, 'The prompt with these words'), preview),
    h(
      'div',
      { class: 'surface-do' },
      h('div', { class: 'field' }, h('label', { htmlFor: 'surface-name' }, 'Save as'), name),
      h('button', { type: 'submit', class: 'primary', id: 'surface-save' }, 'Save and use'),
      restore,
      outcome,
    ),
  );
  fillWith(
    d.body,
    h(
      'p',
      { class: 'fact' },
      'In braces stand an item\u2019s fields: {title}, {text}, {tags}, {year}, {price} and any further column; ' +
        '{before|field|after} writes its three parts only when the field is not empty.',
    ),
    form,
  );
  d.dialog.addEventListener('close', () => drop());

  async function show() {
    const s = store.get();
    ui.name = s.surface?.name ?? 'generic';
    ui.draft = `draft-${Math.random().toString(36).slice(2, 10)}`;
    outcome.textContent = '';
    fillWith(fields);
    fillWith(preview, h('p', { class: 'fact' }, 'Building the prompt'));
    d.open();
    try {
      const { built_in, changed, ...rest } = await api.surface(ui.name);
      ui.words = rest;
      name.value = ui.name;
      restore.hidden = !changed;
      restore.textContent = built_in ? 'Back to the built-in words' : 'Delete these words';
      fillWith(
        fields,
        Object.entries(rest).map(([key, value]) => field(key, value)),
      );
      await look();
    } catch (e) {
      say(e);
    }
  }

  function field(key, value) {
    if (NOT_WORDS.includes(key)) return null;
    if (typeof value === 'string')
      return one(`surface-${key}`, key, value, v => (ui.words[key] = v));
    if (Array.isArray(value) && value.every(v => typeof v === 'string'))
      return one(`surface-${key}`, key, value.join('\n'), v => (ui.words[key] = lines(v)), true);
    if (key !== 'frames') return null;
    return h(
      'fieldset',
      { class: 'frames' },
      h('legend', {}, named(key)),
      value.map((f, i) =>
        h(
          'details',
          { open: i === 0 },
          h('summary', {}, `Question ${i + 1}`),
          Object.entries(f).map(([part, v]) =>
            one(
              `surface-frame-${i}-${part}`,
              part,
              v,
              text => (ui.words.frames[i][part] = text),
              true,
            ),
          ),
        ),
      ),
    );
  }

  function one(id, key, value, write, long = value.length > 60) {
    const input = h(long ? 'textarea' : 'input', {
      id,
      value,
      ...(long ? { rows: Math.min(6, 1 + value.split('\n').length) } : { type: 'text' }),
      maxLength: 4000,
      autocomplete: 'off',
      oninput: () => {
        write(input.value);
        soon();
      },
    });
    return h('div', { class: 'field' }, h('label', { htmlFor: id }, named(key)), input);
  }

  function say(e) {
    outcome.classList.toggle('missing', e instanceof Error);
    outcome.textContent =
      e instanceof Error
        ? [e.field && `${named(e.field)}:`, e.message, e.hint].filter(Boolean).join(' ')
        : e;
  }

  const request = () => {
    const r = requestOf(store.get());
    return { ...r, surface: ui.draft, instruction: r.instruction || 'something unusual' };
  };
  async function look() {
    const mine = ++ui.turn;
    try {
      await api.putSurface(ui.draft, ui.words);
      const p = await api.preview(request());
      if (mine !== ui.turn || !d.dialog.open) return;
      fillWith(
        preview,
        p.parts.map(x =>
          h(
            'div',
            { class: x.per_item ? 'per-item' : '' },
            h('p', { class: 'part-head' }, x.name),
            h('pre', {}, x.text),
          ),
        ),
      );
      say('');
    } catch (e) {
      if (mine === ui.turn) say(e);
    }
    if (!d.dialog.open) drop();
  }
  const soon = later(300, look);
  const drop = () => {
    soon.cancel();
    api.dropSurface(ui.draft).catch(() => {});
  };

  async function save() {
    if (!name.checkValidity() || !name.value.trim())
      return say(new Error('The name may hold letters, digits, ".", "_" and "-".'));
    try {
      await api.putSurface(name.value.trim(), ui.words);
      d.close();
      saved(name.value.trim());
    } catch (e) {
      say(e);
    }
  }

  async function takeBack() {
    try {
      await api.dropSurface(ui.name);
      d.close();
      saved(restore.textContent.startsWith('Back') ? ui.name : '');
    } catch (e) {
      say(e);
    }
  }
  return { show };
}
