// Import: a file by picker or drop, what the server understands of it before anything is stored, then the counts.
// mountImport(api, {done(name, quiet), stateOf()}) gives {show, take(file)}
import { h, fillWith, makeDialog, later, styled } from '../../kit/dom.js';
import { nameFrom, PICKED } from '../../kit/import_file.js';
import { look, ready, upload } from '../../act/import_flow.js';

const KINDS = {
  items: 'items of a catalogue',
  members: 'members of a catalogue',
  interactions: 'interactions of a catalogue',
};
const PAUSE_MS = 250;

// What a person said about the file; everything else is found by the server.
const newPlan = () => ({ roles: new Map(), lists: new Map(), more: {} });

export async function mountImport(api, { done, stateOf }) {
  await styled('import.css');
  // file: what was taken; seen: the server's last answer about it, or fault; columns: the last that were seen.
  const ui = { d: makeDialog('import', 'Import'), api, done, stateOf, turn: 0, plan: newPlan() };
  ui.soon = later(PAUSE_MS, () => look(ui));
  ui.change = patch => {
    Object.assign(ui.plan, patch);
    ui.soon();
  };
  fillWith(ui.d.body, formOf(ui));
  reset(ui);
  dropping(ui);
  return {
    // into: the catalogue whose items are to be replaced
    show(into = '') {
      if (ui.stored || into) reset(ui);
      ui.name.value ||= into;
      knownCatalogs(ui);
      ready(ui);
      ui.d.open();
    },
    take: file => take(ui, file),
  };
}

function formOf(ui) {
  ui.kind = h(
    'select',
    {
      id: 'import-kind',
      onchange: () => {
        ui.chosen = true;
        ui.plan = newPlan();
        ready(ui);
        look(ui);
      },
    },
    Object.entries(KINDS).map(([v, t]) => h('option', { value: v }, t)),
  );
  ui.picker = h('input', {
    type: 'file',
    id: 'import-file',
    accept: PICKED,
    onchange: () => take(ui, ui.picker.files[0]),
  });
  ui.drop = h(
    'div',
    { class: 'drop' },
    h('label', { htmlFor: 'import-file' }, 'Choose a file, or drop one here'),
    ui.picker,
    h('p', { class: 'fact' }, 'CSV, TSV, JSON, JSON lines, RSS; packed by gzip or not.'),
  );
  ui.preview = h('div', { class: 'import-preview', id: 'import-preview' });
  ui.say = h('p', { class: 'fact', role: 'status' });
  ui.outcome = h('div', { id: 'import-outcome', 'aria-live': 'polite' });
  ui.hint = h('p', { class: 'hint', id: 'import-hint' });
  ui.go = h(
    'button',
    { type: 'submit', class: 'primary', id: 'import-go', disabled: true },
    'Import',
  );
  const submit = event => {
    event.preventDefault();
    upload(ui);
  };
  return h(
    'form',
    { class: 'import', noValidate: true, onsubmit: submit },
    ui.drop,
    target(ui),
    ui.say,
    ui.preview,
    ui.outcome,
    h('div', { class: 'import-do' }, ui.hint, ui.go),
  );
}

// What the rows are, and where they go.
function target(ui) {
  ui.name = h('input', {
    type: 'text',
    id: 'import-name',
    maxLength: 64,
    autocomplete: 'off',
    oninput: () => {
      ui.replace.checked = false;
      ready(ui);
      ui.soon();
    },
  });
  ui.into = h('select', {
    id: 'import-into',
    onchange: () => look(ui),
  });
  ui.surface = h('input', {
    type: 'text',
    id: 'import-surface',
    placeholder: 'generic',
    list: 'import-surfaces',
    autocomplete: 'off',
    oninput: () => ui.soon(),
  });
  ui.replace = h('input', {
    type: 'checkbox',
    id: 'import-replace',
    onchange: () => ready(ui),
  });
  ui.replaceText = h('span');
  ui.replaceLine = h('label', { class: 'check', hidden: true }, ui.replace, ui.replaceText);
  const field = (id, text, ...kids) =>
    h('div', { class: 'field' }, h('label', { htmlFor: id }, text), ...kids);
  ui.fields = {
    name: field('import-name', 'Name of the catalogue', ui.name),
    into: field('import-into', 'Of the catalogue', ui.into),
    surface: field(
      'import-surface',
      'Words of the prompt (surface)',
      ui.surface,
      h(
        'datalist',
        { id: 'import-surfaces' },
        ['generic', 'movies', 'jobs', 'listings'].map(value => h('option', { value })),
      ),
    ),
  };
  ui.strict = h('input', { type: 'checkbox', id: 'import-strict' });
  ui.strictLine = h(
    'label',
    { class: 'check', hidden: true },
    ui.strict,
    'Store nothing if a single row has a fault (otherwise it is left out)',
  );
  return h(
    'div',
    { class: 'import-target' },
    h(
      'div',
      { class: 'import-where' },
      field('import-kind', 'The file holds', ui.kind),
      Object.values(ui.fields),
    ),
    ui.replaceLine,
    ui.strictLine,
  );
}

function dropping(ui) {
  const over = on => event => {
    event.preventDefault();
    ui.drop.classList.toggle('over', on);
  };
  ui.d.dialog.addEventListener('dragover', over(true));
  ui.d.dialog.addEventListener('dragleave', over(false));
  ui.d.dialog.addEventListener('drop', event => {
    over(false)(event);
    if (event.dataTransfer.files[0]) take(ui, event.dataTransfer.files[0]);
  });
}

// Forgets the file and what was said about it.
function fresh(ui) {
  ui.soon.cancel();
  ui.sent?.abort();
  Object.assign(ui, { file: null, sample: null, seen: null, fault: null, columns: [] });
  Object.assign(ui, { plan: newPlan(), turn: ui.turn + 1, stored: false });
  ui.replace.checked = ui.strict.checked = false;
  ui.say.textContent = '';
  fillWith(ui.preview);
  fillWith(ui.outcome);
}

function reset(ui) {
  fresh(ui);
  ui.chosen = false;
  ui.kind.value = 'items';
  ui.picker.value = ui.name.value = ui.surface.value = '';
}

function take(ui, file) {
  if (!file || ui.uploading) return;
  fresh(ui);
  if (ui.picker.files[0] !== file) ui.picker.value = '';
  if (!ui.chosen) ui.kind.value = 'items';
  ui.file = file;
  ui.guess = !ui.chosen;
  if (!ui.name.value || ui.name.value === ui.named)
    ui.name.value = ui.named = nameFrom(file.name) || 'catalogue';
  knownCatalogs(ui, ui.into.value);
  ui.d.dialog.scrollTop = 0;
  return look(ui);
}

function knownCatalogs(ui, now = ui.stateOf().catalog) {
  fillWith(
    ui.into,
    (ui.stateOf().catalogs ?? []).map(c => h('option', { value: c.name }, c.name)),
  );
  ui.into.value = now;
}
