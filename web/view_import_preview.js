// The first rows of a file to be imported, and which of its columns is what.
// drawPreview(ui, headBytes) fills ui.preview from {file, headText, kind, names, guess}; ui.names: their name -> ours
import { h, fillWith } from './dom.js';
import * as rows from './rows.js';
import { counted, whole } from './format.js';

const SHOWN = 5;
const SEPARATORS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' };

export function drawPreview(ui, headBytes) {
  if (!ui.file) return fillWith(ui.preview);
  const csv = rows.isCsv(ui.file.name);
  const complete = ui.file.size <= headBytes;
  const p = (csv ? rows.previewCsv : rows.previewJsonl)(ui.headText, SHOWN, complete);
  ui.columns = p.columns;
  const fields = rows.FIELDS[ui.kind.value];
  if (ui.guess) for (const [c, f] of rows.guessNames(p.columns, ui.kind.value)) ui.names.set(c, f);
  ui.guess = false;
  fillWith(
    ui.preview,
    h(
      'p',
      { class: 'fact' },
      [
        `${ui.file.name}, ${whole(Math.ceil(ui.file.size / 1024))} KB`,
        csv ? `read as CSV with ${SEPARATORS[rows.separatorOf(ui.headText)]}` : 'read as JSONL',
        `the first ${counted(p.rows.length, 'row')}:`,
      ].join(', '),
    ),
    p.problem ? h('p', { class: 'hint' }, `Looks odd: ${p.problem}.`) : null,
    p.rows.length
      ? h(
          'div',
          { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'First rows of the file' },
          h(
            'table',
            { class: 'preview-table' },
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                p.columns.map((c, i) => h('th', { scope: 'col' }, columnPicker(ui, c, i, fields))),
              ),
            ),
            h(
              'tbody',
              {},
              p.rows.map(r =>
                h(
                  'tr',
                  {},
                  p.columns.map((_, i) => h('td', {}, clip(r[i] ?? ''))),
                ),
              ),
            ),
          ),
        )
      : h('p', { class: 'hint' }, 'No row could be read.'),
    h('p', { class: 'hint missing' }, missingText(ui, fields)),
  );
}

const clip = text => (text.length > 80 ? `${text.slice(0, 79)}\u2026` : text);

// A column is used under its own name, under one of ours, or kept as a further field.
function columnPicker(ui, column, i, fields) {
  const select = h(
    'select',
    {
      'aria-label': `Column ${column || i + 1} is`,
      onchange: () => {
        if (select.value === column) ui.names.delete(column);
        else ui.names.set(column, select.value);
        fillWith(ui.preview.querySelector('.missing'), missingText(ui, fields));
      },
    },
    h(
      'option',
      { value: column },
      fields.includes(column) ? column : `${column || '(no name)'} (kept as it is)`,
    ),
    fields
      .filter(f => f !== column)
      .map(f => h('option', { value: f }, column ? `${f} (from ${column})` : f)),
  );
  select.value = ui.names.get(column) ?? column;
  return select;
}

function missingText(ui, fields) {
  const have = ui.columns.map(c => ui.names.get(c) ?? c);
  const need =
    ui.kind.value === 'interactions'
      ? fields.slice(0, 2)
      : ui.kind.value === 'items'
        ? ['id', 'title']
        : ['id'];
  const gone = need.filter(n => !have.includes(n));
  const twice = have.find((c, i) => fields.includes(c) && have.indexOf(c) !== i);
  return twice
    ? `Two columns are "${twice}": choose one.`
    : gone.length
      ? `No column is "${gone.join('" or "')}" yet: choose one above.`
      : '';
}
