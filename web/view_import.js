// Import: a file by picker or drop, its first rows, which column is what, then counts and faults by line.
// mountImport(api, {done(name), stateOf()}) returns {show, take(file)}
import { h, fillWith, makeDialog, announce } from './dom.js';
import * as rows from './rows.js';
import { whole } from './format.js';
import { drawPreview } from './view_import_preview.js';

const HEAD_BYTES = 64 * 1024;
const KINDS = {
  items: 'items of a new catalogue',
  members: 'members of a catalogue',
  interactions: 'interactions of a catalogue',
};

export function mountImport(api, { done, stateOf }) {
  const d = makeDialog('import', 'Import');
  const ui = { d, file: null, columns: [], headText: '', names: new Map() };
  ui.kind = h(
    'select',
    {
      id: 'import-kind',
      onchange: () => {
        ui.names.clear();
        ui.guess = true;
        refresh(ui, stateOf());
      },
    },
    Object.entries(KINDS).map(([v, t]) => h('option', { value: v }, t)),
  );
  ui.picker = h('input', {
    type: 'file',
    id: 'import-file',
    accept:
      '.csv,.tsv,.jsonl,.ndjson,.json,.item,.inter,.user,text/csv,text/tab-separated-values,application/x-ndjson',
    onchange: () => take(ui, ui.picker.files[0], stateOf()),
  });
  ui.drop = h(
    'div',
    { class: 'drop' },
    h('label', { htmlFor: 'import-file' }, 'Choose a CSV or JSONL file, or drop one here'),
    ui.picker,
  );
  ui.name = h('input', {
    type: 'text',
    id: 'import-name',
    maxLength: 64,
    pattern: '[A-Za-z0-9._\\-]+',
    autocomplete: 'off',
    list: 'import-known',
    oninput: () => ready(ui),
  });
  ui.known = h('datalist', { id: 'import-known' });
  ui.surface = h('input', {
    type: 'text',
    id: 'import-surface',
    value: 'generic',
    list: 'import-surfaces',
    autocomplete: 'off',
  });
  ui.surfaceField = h(
    'div',
    { class: 'field' },
    h('label', { htmlFor: 'import-surface' }, 'Shown as (surface)'),
    ui.surface,
    h(
      'datalist',
      { id: 'import-surfaces' },
      ['generic', 'movies', 'jobs', 'listings'].map(value => h('option', { value })),
    ),
  );
  ui.skip = h('input', { type: 'checkbox', id: 'import-skip' });
  ui.preview = h('div', { class: 'preview', id: 'import-preview' });
  ui.outcome = h('div', { id: 'import-outcome', 'aria-live': 'polite' });
  ui.go = h(
    'button',
    { type: 'submit', class: 'primary', id: 'import-go', disabled: true },
    'Import',
  );
  const form = h(
    'form',
    {
      class: 'import',
      novalidate: true,
      onsubmit: e => {
        e.preventDefault();
        upload(ui, api, done);
      },
    },
    h('div', { class: 'field' }, h('label', { htmlFor: 'import-kind' }, 'The file holds'), ui.kind),
    ui.drop,
    ui.preview,
    h(
      'div',
      { class: 'pair' },
      h(
        'div',
        { class: 'field' },
        h('label', { htmlFor: 'import-name' }, 'Name of the catalogue'),
        ui.name,
        ui.known,
      ),
      ui.surfaceField,
    ),
    h('label', { class: 'check' }, ui.skip, 'Skip bad rows (otherwise one bad row stores nothing)'),
    h('div', { class: 'import-do' }, ui.go),
    ui.outcome,
  );
  fillWith(d.body, form);
  dropping(ui, stateOf);
  return {
    show() {
      fillWith(
        ui.known,
        (stateOf().catalogs ?? []).map(c => h('option', { value: c.name })),
      );
      fillWith(ui.outcome);
      d.open();
    },
    take: file => take(ui, file, stateOf()),
  };
}

function dropping(ui, stateOf) {
  const { dialog } = ui.d;
  const over = on => event => {
    event.preventDefault();
    ui.drop.classList.toggle('over', on);
  };
  dialog.addEventListener('dragover', over(true));
  dialog.addEventListener('dragleave', over(false));
  dialog.addEventListener('drop', event => {
    over(false)(event);
    if (event.dataTransfer.files[0]) take(ui, event.dataTransfer.files[0], stateOf());
  });
}

async function take(ui, file, state) {
  ui.file = file ?? null;
  ui.names.clear();
  ui.guess = true;
  fillWith(ui.outcome);
  if (file) {
    // The byte order mark stays, so that the header's length in bytes is right.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    ui.headText = decoder.decode(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (!ui.name.value || ui.name.dataset.from === ui.name.value) {
      const free = rows.nameFrom(file.name);
      ui.name.value = ui.kind.value === 'items' ? free : state.catalog;
      ui.name.dataset.from = ui.name.value;
    }
  }
  refresh(ui, state);
}

function refresh(ui, state) {
  const items = ui.kind.value === 'items';
  ui.surfaceField.hidden = !items;
  if (!items && !(state.catalogs ?? []).some(c => c.name === ui.name.value))
    ui.name.value = state.catalog;
  drawPreview(ui, HEAD_BYTES);
  ready(ui);
}

function ready(ui) {
  ui.go.disabled = !ui.file || !ui.name.value.trim() || !ui.name.checkValidity();
}

// The file with its columns renamed: a new header before the untouched bytes, or each line of JSON with new keys.
async function bodyOf(ui) {
  if (!ui.names.size) return ui.file;
  if (!rows.isCsv(ui.file.name)) return rows.renamedJsonl(await ui.file.text(), ui.names);
  const old = new TextEncoder().encode(ui.headText.slice(0, rows.headerLength(ui.headText))).length;
  const header = rows.renamedHeader(ui.columns, ui.names, rows.separatorOf(ui.headText));
  return new Blob([header, '\n', ui.file.slice(old)]);
}

async function upload(ui, api, done) {
  if (ui.go.disabled) return;
  ui.go.disabled = true;
  ui.abort = new AbortController();
  fillWith(
    ui.outcome,
    h(
      'p',
      { class: 'fact' },
      'Importing ',
      h('progress', { 'aria-label': 'The import is at work' }),
    ),
    h('button', { type: 'button', onclick: () => ui.abort.abort() }, 'Cancel'),
  );
  const name = ui.name.value.trim();
  try {
    const r = await api.import({
      kind: ui.kind.value,
      name,
      surface: ui.surface.value.trim() || 'generic',
      skip: ui.skip.checked,
      type: rows.isCsv(ui.file.name) ? 'text/csv' : 'application/x-ndjson',
      body: await bodyOf(ui),
      signal: ui.abort.signal,
    });
    const stored = r.stored !== false && r.kept > 0;
    fillWith(
      ui.outcome,
      outcome(ui, r, stored, () => {
        ui.d.close();
        done(name);
      }),
    );
    ui.outcome.scrollIntoView({ block: 'nearest' });
    announce(`Read ${r.read}, kept ${r.kept}, rejected ${r.rejected}`);
    if (stored) done(name, true);
  } catch (e) {
    if (e.name === 'AbortError') fillWith(ui.outcome, h('p', { class: 'fact' }, 'Cancelled.'));
    else
      fillWith(
        ui.outcome,
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
                    .join(' · '),
                )
              : null,
            e.hint ? h('p', { class: 'hint' }, h('strong', {}, 'What to do: '), e.hint) : null,
          ),
        ),
      );
  }
  ready(ui);
}

function outcome(ui, r, stored, use) {
  const errors = r.errors ?? [];
  return h(
    'div',
    { class: `notice ${stored ? 'note' : 'error'}` },
    h(
      'div',
      { class: 'notice-text' },
      h('h3', {}, stored ? 'Stored' : 'Nothing was stored'),
      h(
        'p',
        { class: 'counts' },
        [
          ['read', r.read],
          ['kept', stored ? r.kept : 0],
          ['rejected', r.rejected],
        ].map(([word, n]) => h('span', {}, h('strong', { class: 'mono' }, whole(n)), ` ${word} `)),
      ),
      errors.length
        ? h(
            'ol',
            { class: 'line-errors' },
            errors.map(e =>
              h('li', {}, h('span', { class: 'mono' }, `line ${e.line}`), ` ${e.message}`),
            ),
          )
        : null,
      r.rejected > errors.length
        ? h('p', { class: 'fact' }, `and ${whole(r.rejected - errors.length)} more`)
        : null,
      !stored && errors.length
        ? h(
            'p',
            { class: 'hint' },
            h('strong', {}, 'What to do: '),
            'correct these lines, or tick "Skip bad rows" and import again.',
          )
        : null,
    ),
    stored
      ? h(
          'button',
          { type: 'button', id: 'import-use', onclick: use },
          ui.kind.value === 'items' ? 'Rank this catalogue' : 'Use it',
        )
      : null,
  );
}
