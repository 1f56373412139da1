// What the server understands of a file: its form, its columns with what each is, one finished item, faults by line.
// drawPreview(ui): ui is view_import.js's, with seen (the answer) or fault, columns, and plan (what a person changed).
import { h, fillWith, keepFocus } from '../../kit/dom.js';
import { counted, day, whole } from '../../kit/format.js';
import { ROLES, withRole } from '../../kit/import_file.js';
import { faultNotice, lineErrors } from './import_outcome.js';

const FORMATS = { csv: 'CSV', json: 'JSON', jsonl: 'JSON lines', xml: 'XML' };
const SEPARATORS = {
  comma: 'commas',
  semicolon: 'semicolons',
  tab: 'tabs',
  pipe: '"|"',
  colons: '"::"',
};
const TYPES = { flag: 'yes or no', nothing: 'empty' };
const LISTS = {
  none: 'one text',
  comma: 'list by commas',
  semicolon: 'list by semicolons',
  pipe: 'list by |',
  slash: 'list by /',
  space: 'list by blanks',
  line: 'list by lines',
  ideographic: 'list by \u3001',
  literal: 'list in brackets',
};
const CLIP = 70;
const clip = text => (text.length > CLIP ? `${text.slice(0, CLIP - 1)}\u2026` : text);
const size = bytes =>
  bytes < 1 << 20 ? `${whole(Math.ceil(bytes / 1024))} KB` : `${whole(Math.round(bytes / 1048576))} MB`;

export function drawPreview(ui) {
  const { seen } = ui;
  ui.say.textContent = seen ? summary(ui) : '';
  keepFocus(ui.preview, () =>
    fillWith(
      ui.preview,
      ui.fault ? faultNotice(ui.fault) : null,
      ui.columns.length ? columnsTable(ui) : null,
      seen?.ratings ? ratings(ui) : null,
      seen ? [faults(ui), remarks(seen), seen.item ? card(seen.item) : null] : null,
      otherwise(ui),
    ),
  );
}

function summary({ file, seen, sample }) {
  const form = [
    FORMATS[seen.format] ?? seen.format,
    seen.separator && `with ${SEPARATORS[seen.separator] ?? `"${seen.separator}"`}`,
  ];
  const rows = sample.partial
    ? `${counted(seen.read, 'row')} in the first ${size(sample.body.size)}`
    : counted(seen.read, 'row');
  return `${[
    `${file.name}, ${size(file.size)}`,
    form.filter(Boolean).join(' '),
    seen.encoding,
    seen.gzip && 'packed by gzip',
    rows,
    seen.columns?.length && counted(seen.columns.length, 'column'),
  ]
    .filter(Boolean)
    .join(', ')}.`;
}

// --- columns
const columnsTable = ui =>
  h(
    'table',
    { class: 'import-columns' },
    h('caption', { class: 'sr' }, 'Columns of the file, and what each is'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['Column', 'Is', 'Read as', 'Has for example'].map(t => h('th', { scope: 'col' }, t)),
      ),
    ),
    h(
      'tbody',
      {},
      ui.columns.map((c, i) => columnRow(ui, c, i)),
    ),
  );

function columnRow(ui, c, i) {
  const looked = ui.seen?.looked_at ?? 0;
  return h(
    'tr',
    { class: c.role ? null : 'left' },
    h('th', { scope: 'row' }, clip(c.name)),
    h(
      'td',
      {},
      roleSelect(ui, c, i),
      c.role === 'field' && c.field && c.field !== c.name
        ? h('span', { class: 'fact' }, `as ${clip(c.field)}`)
        : null,
    ),
    h('td', {}, typeOf(ui, c, i)),
    h(
      'td',
      { class: 'samples' },
      (c.samples ?? []).map(text => h('span', { class: 'sample' }, clip(text))),
      looked && c.filled < looked
        ? h('span', { class: 'fact' }, `${whole(c.filled)} of ${whole(looked)} have one`)
        : null,
      c.lost ? lost(c) : null,
    ),
  );
}

function lost(c) {
  const lines = (c.lost_lines ?? []).map(whole);
  const where = `${lines.length > 1 ? 'lines' : 'line'} ${lines.join(', ')}`;
  return h(
    'span',
    { class: 'lost' },
    `${counted(c.lost, 'value')} lost, ${c.lost > lines.length ? 'first in' : 'in'} ${where}`,
    c.lost_example ? `: ${c.lost_example}` : '',
  );
}

function roleSelect(ui, c, i) {
  const kind = ui.kind.value;
  const select = h(
    'select',
    {
      class: 'role',
      'data-key': `role-${i}`,
      'aria-label': `${c.name} is`,
      onchange: () =>
        ui.change({ roles: withRole(kind, ui.columns, ui.plan.roles, c.name, select.value) }),
    },
    Object.entries(ROLES[kind]).map(([value, text]) => h('option', { value }, text)),
  );
  select.value = c.role in ROLES[kind] ? c.role : '';
  return select;
}

// A list's separator can be chosen; what else a column was read as is said.
function typeOf(ui, c, i) {
  const marked = c.marks && (c.samples ?? []).some(text => /\d[.,]\d/.test(text));
  const more = [marked && `as in ${c.marks}`, c.markup && 'HTML, read as text'].filter(Boolean);
  const note = more.length ? h('span', { class: 'fact' }, more.join(', ')) : null;
  if (!c.list && c.type !== 'list' && c.role !== 'tags')
    return [h('span', {}, TYPES[c.type] ?? c.type), note];
  const select = h(
    'select',
    {
      'data-key': `list-${i}`,
      'aria-label': `${c.name} is read as`,
      onchange: () => ui.change({ lists: new Map(ui.plan.lists).set(c.name, select.value) }),
    },
    Object.entries(LISTS).map(([value, text]) => h('option', { value }, text)),
  );
  select.value = c.list || 'none';
  return [select, note];
}

// --- ratings
function ratings(ui) {
  const r = ui.seen.ratings;
  const more = (key, text) => {
    const input = h('input', {
      type: 'number',
      step: 'any',
      id: `import-${key}`,
      'data-key': key,
      value: String(r[key]),
      onchange: () => ui.change({ more: { ...ui.plan.more, [key]: input.value } }),
    });
    return h('div', { class: 'field' }, h('label', { htmlFor: input.id }, text), input);
  };
  return h(
    'fieldset',
    { class: 'import-ratings' },
    h('legend', {}, `Ratings from ${r.lowest} to ${r.highest}`),
    more('like_from', 'A like from'),
    more('dislike_to', 'A dislike up to'),
  );
}

// --- faults and remarks
function faults(ui) {
  const r = ui.seen;
  if (!r.rejected && !r.refused) return null;
  const n = counted(r.rejected, 'row');
  const head = !r.read
    ? 'Nothing to import'
    : r.rejected === r.read
      ? 'No row can be used'
      : r.refused
        ? 'This file would be refused'
        : ui.sample.partial
          ? `${n} cannot be used`
          : `${n} cannot be used and ${r.rejected === 1 ? 'is' : 'are'} left out`;
  return h(
    'section',
    { class: 'import-faults', 'aria-label': head },
    h('h3', {}, head),
    r.refused ? h('p', {}, r.refused.message) : null,
    lineErrors(r),
  );
}

// Those that stand beside their columns and the replacing already are not said twice.
function remarks(r) {
  const twice = w =>
    /would go with them$/.test(w) ||
    / to be left out;/.test(w) ||
    (r.columns ?? []).some(c => c.lost && w.includes(`: ${c.lost} value`));
  const rest = (r.warnings ?? []).filter(w => !twice(w));
  return rest.length
    ? h(
        'ul',
        { class: 'remarks', 'aria-label': 'Worth knowing' },
        rest.map(w => h('li', {}, w)),
      )
    : null;
}

// --- one finished item
function card(item) {
  const extra = Object.entries(item.extra ?? {}).filter(([, v]) => v !== '' && v !== null);
  const facts = [
    ['id', item.id],
    item.time && ['date', day(item.time)],
    item.popularity !== undefined && ['popularity', whole(item.popularity)],
    ...extra.map(([k, v]) => [k, typeof v === 'object' ? JSON.stringify(v) : String(v)]),
  ].filter(Boolean);
  return h(
    'section',
    { class: 'import-item', 'aria-label': 'The first item as it will be' },
    h(
      'div',
      { class: 'import-card' },
      h('p', { class: 'fact' }, 'The first item as it will be'),
      h('h3', {}, item.title),
      item.tags?.length ? h('p', { class: 'tags' }, item.tags.join(' \u00b7 ')) : null,
      item.text ? h('p', { class: 'full' }, item.text) : null,
      h(
        'dl',
        {},
        facts.map(([k, v]) => h('div', {}, h('dt', {}, k), h('dd', {}, clip(v)))),
      ),
    ),
    item.prompt
      ? h(
          'div',
          { class: 'import-card' },
          h('p', { class: 'fact' }, 'What the model reads of it'),
          h('pre', { tabIndex: 0, 'aria-label': 'What the model reads of it' }, item.prompt),
        )
      : null,
  );
}

// --- a file that was read wrongly as a whole
const ENCODINGS = {
  'UTF-8': 'UTF-8',
  'WINDOWS-1252': 'Windows-1252',
  'UTF-16LE': 'UTF-16',
  GB18030: 'GBK',
  CP932: 'Shift_JIS',
  'EUC-KR': 'EUC-KR',
  'KOI8-R': 'KOI8-R',
};
const OTHERWISE = [
  ['encoding', 'Encoding', ENCODINGS],
  ['separator', 'Columns are separated by', SEPARATORS],
  ['header', 'The first line', { 1: 'names the columns', 0: 'is a row' }],
  ['dates', 'Dates such as 04/05/2021', { dmy: 'day first', mdy: 'month first' }],
];

function otherwise(ui) {
  const { more } = ui.plan;
  const field = ([key, text, choices]) => {
    const select = h(
      'select',
      {
        id: `import-${key}`,
        'data-key': key,
        onchange: () => ui.change({ more: { ...ui.plan.more, [key]: select.value } }),
      },
      h('option', { value: '' }, 'as found'),
      Object.entries(choices).map(([value, name]) => h('option', { value }, name)),
    );
    select.value = more[key] ?? '';
    return h('div', { class: 'field' }, h('label', { htmlFor: select.id }, text), select);
  };
  const said = OTHERWISE.some(([key]) => more[key]);
  return h(
    'details',
    { class: 'import-otherwise', open: said || !!ui.preview.querySelector('details[open]') },
    h('summary', {}, 'Was the file read wrongly?'),
    h('div', { class: 'import-where' }, OTHERWISE.map(field)),
  );
}
