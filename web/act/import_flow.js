// An import on its way: looks without storing, again after each change, then the upload. ui is view_import.js's.
import { fillWith, h } from '../kit/dom.js';
import { counted, whole } from '../kit/format.js';
import { guessKind, NAME, pairsOf, sampleOf, typeOf } from '../kit/import_file.js';
import { drawPreview } from '../view/import/import_preview.js';
import { faultNotice, outcome } from '../view/import/import_outcome.js';

const isItems = ui => ui.kind.value === 'items';
const nameOf = ui => (isItems(ui) ? ui.name.value.trim() : ui.into.value);
const existing = ui => (ui.stateOf().catalogs ?? []).find(c => c.name === nameOf(ui));

// Rows that could be stored, also where the file is refused unless the rest is left out.
const usable = seen => (seen ? seen.kept || (seen.refused ? seen.read - seen.rejected : 0) : 0);

const request = (ui, more) => ({
  kind: ui.kind.value,
  name: nameOf(ui),
  surface: isItems(ui) ? ui.surface.value.trim() : '',
  type: typeOf(ui.file.name),
  map: pairsOf(ui.plan.roles),
  lists: pairsOf(ui.plan.lists),
  ...ui.plan.more,
  ...more,
});

// --- looking
// Asks what the server makes of the file. Only the newest answer counts.
export async function look(ui) {
  if (!ui.file) return;
  const mine = ++ui.turn;
  ui.soon.cancel();
  ui.sent?.abort();
  ui.sent = new AbortController();
  ui.preview.classList.add('waiting');
  if (!ui.seen) ui.say.textContent = `Reading ${ui.file.name} \u2026`;
  ui.looking = true;
  ready(ui);
  try {
    ui.sample ??= await sampleOf(ui.file);
    const seen = await ask(ui, ui.kind.value, ui.sent.signal);
    if (mine !== ui.turn) return;
    Object.assign(ui, { seen, fault: null, columns: seen.columns ?? [] });
    if (guessed(ui)) return look(ui);
  } catch (e) {
    if (mine !== ui.turn || e.name === 'AbortError') return;
    Object.assign(ui, { seen: null, fault: e });
    await columnsAnyway(ui, mine);
    if (mine !== ui.turn) return;
  }
  ui.looking = false;
  ui.preview.classList.remove('waiting');
  ui.outcome.replaceChildren();
  drawPreview(ui);
  ready(ui);
}

function ask(ui, kind, signal) {
  const name = NAME.test(nameOf(ui)) ? nameOf(ui) : 'import';
  const skip_bad = ui.sample.partial ? 1 : 0;
  const more = { kind, name, dry_run: 1, skip_bad, body: ui.sample.body, signal };
  return ui.api.import(request(ui, more));
}

// Whether the columns say that the rows are of another kind than was asked for.
function guessed(ui) {
  if (!ui.guess) return false;
  ui.guess = false;
  const kind = guessKind(ui.columns.map(c => c.name), ui.file.name);
  if (kind === ui.kind.value || !ui.stateOf().catalogs?.length) return false;
  ui.kind.value = kind;
  return true;
}

// A file that is refused, since no column is a member, say, still has columns to choose from.
async function columnsAnyway(ui, mine) {
  if (ui.columns.length || isItems(ui)) return;
  try {
    const { columns } = await ui.api.import({
      ...request(ui, { kind: 'items', dry_run: 1, skip_bad: 1, body: ui.sample.body }),
      map: '',
      lists: '',
    });
    if (mine === ui.turn) ui.columns = columns.map(c => ({ ...c, role: '' }));
  } catch {
    /* the first fault stands */
  }
}

// --- what can be done now
export function ready(ui) {
  const items = isItems(ui);
  const { seen } = ui;
  const name = nameOf(ui);
  const old = existing(ui);
  const taken = items && old;
  ui.fields.name.hidden = ui.fields.surface.hidden = !items;
  ui.fields.into.hidden = items;
  ui.surface.placeholder = taken ? old.surface : 'generic';
  ui.replaceLine.hidden = !taken;
  ui.replaceText.textContent = taken ? replaceText(old, seen) : '';
  ui.strictLine.hidden = !ui.sample?.partial;
  const hint = !ui.file
    ? ''
    : !NAME.test(name)
      ? 'The name may hold letters, digits, ".", "_" and "-".'
      : taken && !ui.replace.checked
        ? `There is a catalogue "${name}" already: choose another name, or replace it.`
        : seen && !usable(seen)
          ? 'No row of this file can be used; above is why.'
          : '';
  ui.hint.textContent = hint;
  ui.go.parentNode.hidden = !!ui.stored;
  ui.go.disabled = !!hint || !!ui.looking || !usable(seen) || !!ui.uploading;
  ui.go.textContent = goText(ui, taken);
}

const replaceText = (old, seen) =>
  `Replace it (its members and likes stay).${
    seen?.dropped?.interactions
      ? ` ${counted(seen.dropped.interactions, 'interaction')} with items that are not in this file would go.`
      : ` It has ${counted(old.items, 'item')} and ${counted(old.interactions, 'interaction')}.`
  }`;

function goText(ui, taken) {
  const { seen } = ui;
  const verb = taken && ui.replace.checked ? 'Replace by' : 'Import';
  const n = usable(seen);
  if (!n) return 'Import';
  if (ui.sample?.partial) return `${verb} the whole file`;
  const rows = seen.rejected
    ? `${whole(n)} of ${counted(seen.read, 'row')}`
    : counted(n, 'row');
  return `${verb} ${rows}${seen.refused ? ' all the same' : ''}`;
}

// --- storing
// What can be read of a file that is refused is stored when the person has read so: now, or by the press before.
export async function upload(ui, again = false) {
  if (ui.go.disabled && !again) return;
  const rest = again || !!ui.seen?.refused;
  const name = nameOf(ui);
  const abort = new AbortController();
  ui.soon.cancel();
  ui.uploading = true;
  ready(ui);
  fillWith(
    ui.outcome,
    h(
      'p',
      { class: 'fact' },
      'Importing ',
      h('progress', { 'aria-label': 'The import is at work' }),
    ),
    h('button', { type: 'button', onclick: () => abort.abort() }, 'Cancel'),
  );
  try {
    const r = await ui.api.import(
      request(ui, {
        skip_bad: rest ? 1 : 0,
        strict: ui.strict.checked && !rest ? 1 : 0,
        replace: ui.replace.checked ? 1 : 0,
        body: ui.file,
        signal: abort.signal,
      }),
    );
    ui.uploading = false;
    await stored(ui, name, r);
  } catch (e) {
    const cancelled = e.name === 'AbortError';
    if (e.report?.read) refused(ui, e.report);
    else fillWith(ui.outcome, cancelled ? h('p', { class: 'fact' }, 'Cancelled.') : faultNotice(e));
  }
  ui.uploading = false;
  ready(ui);
}

// A clean import goes on to its list by itself; else the counts stay to be read.
async function stored(ui, name, r) {
  const use = () => {
    ui.d.close();
    return ui.done(name);
  };
  ui.stored = true;
  if (!r.rejected && !r.values_lost) return use();
  const text = isItems(ui) ? 'Rank this catalogue' : 'Use it';
  fillWith(ui.outcome, outcome(r, { id: 'import-use', text, act: use }));
  ui.seen = ui.file = null;
  fillWith(ui.preview);
  ui.say.textContent = '';
  ui.done(name, true);
  ui.outcome.scrollIntoView({ block: 'nearest' });
}

// Of a long file this is seen only when all of it was read.
function refused(ui, r) {
  const text = 'Leave these out, import the rest';
  const act = () => upload(ui, true);
  fillWith(ui.outcome, outcome(r, usable(r) ? { id: 'import-rest', text, act } : null));
  ui.outcome.scrollIntoView({ block: 'nearest' });
}
