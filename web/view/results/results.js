// The answer: what produced the list, remarks, the list itself or why there is none, and its exports.
// mountResults(root, store, intents)
import { h, fillWith, keepFocus } from '../../kit/dom.js';
import * as f from '../../kit/format.js';
import { asksSomething, contradictionOf } from '../../kit/effect.js';
import { keyOf } from '../../kit/state.js';
import { funnelLine } from './funnel.js';
import { density } from './density.js';
import { headline } from './headline.js';
import { listTable, tops, slide, rowHeld, holdRow } from './table.js';

export function mountResults(root, store, intents) {
  const head = h('div', { class: 'run-head' });
  const table = h('div', { class: 'table-box' });
  const tail = h('div', { class: 'run-tail' });
  const how = { open: false }; // kept from one list to the next
  fillWith(root, head, table, tail);
  // Measured before anything is drawn anew.
  let held = null;
  store.watch(['result'], s => {
    held = rowHeld(table, s.row);
  });
  const drawHead = s => keepFocus(head, () => fillWith(head, runHead(s, intents, how)));
  // What stands below the list is loaded after the first one.
  let runTail = null;
  async function drawTail(s) {
    if (!s.result || noRanking(s)) return fillWith(tail);
    try {
      runTail ??= (await import('./tail.js')).runTail;
    } catch (e) {
      return intents.notLoaded(e);
    }
    const now = store.get();
    if (now.result && !noRanking(now)) keepFocus(tail, () => fillWith(tail, runTail(now, intents)));
  }
  const drawList = s => keepFocus(table, () => fillWith(table, tableOrNothing(s, intents)));
  store.watch(['result', 'stored', 'previous', 'catalog', 'catalogs', 'surface', 'density'], drawHead);
  store.watch(['density'], s => root.classList.toggle('compact', s.density === 'compact'));
  store.watch(['result', 'density'], drawTail);
  const list = [
    'result',
    'examples',
    'row',
    'sort',
    'page',
    'catalog',
    'catalogs',
    'previous',
    'explained',
    'density',
    'details',
  ];
  store.watch(list, (s, before) => {
    const places = s.result !== before.result || s.sort !== before.sort ? tops(table) : null;
    drawList(s);
    if (s.result !== before.result && s.catalog === before.catalog) holdRow(table, held);
    if (places) slide(table, places);
  });
  store.watch(['running'], s => {
    root.classList.toggle('waiting', s.running && !!s.result);
    table.setAttribute('aria-busy', String(!!s.running));
    if (!s.result) fillWith(table, tableOrNothing(s, intents));
    for (const tr of table.querySelectorAll('tr.scored')) tr.classList.remove('scored');
  });
  // A row steps forward again when its new score has come, before the new order is known.
  store.watch(['job'], s => {
    if (!s.job?.arrived || !s.result) return;
    const arrived = new Set(s.job.arrived);
    for (const tr of table.querySelectorAll('tr.item:not(.scored)'))
      tr.classList.toggle('scored', arrived.has(tr.dataset.item));
  });
  // What cannot be ranked takes the list away as soon as it is written.
  let none = noRanking(store.get());
  store.watch(null, s => {
    if (noRanking(s) === none) return;
    none = noRanking(s);
    for (const draw of [drawHead, drawList, drawTail]) draw(s);
  });
  // Loaded with the first weight that is dragged.
  let drawGhosts = null;
  store.watch(['drag', 'result'], async s => {
    if (!s.drag && !drawGhosts) return;
    try {
      ({ drawGhosts } = await import('./ghosts.js'));
      drawGhosts(table, store.get());
    } catch (e) {
      intents.notLoaded(e);
    }
  });
  const stale = store => store.resultKey && store.resultKey !== keyOf(store);
  store.watch(null, s => root.classList.toggle('stale', !!s.result && !s.running && stale(s)));
}

// Why there is no ranking to show: 'empty' when nothing is asked, 'contradiction' until it is looked at all the same.
function noRanking(s) {
  if (s.stored || s.catalogs === null) return '';
  if (!asksSomething(s)) return 'empty';
  return contradictionOf(s.result) && s.anyway !== s.resultKey ? 'contradiction' : '';
}

function runHead(s, intents, how) {
  const r = s.result;
  if (!r || noRanking(s)) return null;
  const word = s.surface?.item_word ?? 'item';
  return [
    s.stored
      ? h(
          'div',
          { class: 'stored' },
          h(
            'p',
            {},
            h('strong', {}, 'Saved run '),
            h('span', { class: 'mono' }, s.stored.id),
            s.stored.created ? `, ${f.when(s.stored.created)}` : '',
            '. This is the stored order, not a new one.',
          ),
          h(
            'div',
            { class: 'notice-do' },
            h(
              'button',
              { type: 'button', id: 'run-again', onclick: () => intents.runAgain() },
              'Run again',
            ),
            h(
              'button',
              { type: 'button', class: 'quiet', id: 'drop-run', onclick: () => intents.dropRun() },
              'Delete',
            ),
          ),
        )
      : null,
    headline(s, how),
    h('div', { class: 'list-line' }, funnelLine(s, intents), density(s, intents)),
    remarks(r),
    h(
      'p',
      { class: 'stale-note' },
      `You have changed something since this order was made. Press Rank to see the ${f.plural(word)} it gives now.`,
    ),
  ];
}

// What the notes under the wish say, too, where they are in sight.
const SAID = /^The wish (is in|contradicts)/i;

function remarks(r) {
  const list = [
    ...(r.warnings ?? []).map(f.warningText).map(upperFirst),
    f.labelMassWarning(r.items ?? []),
    r.prompt?.truncated?.length
      ? `The prompt was shortened: ${r.prompt.truncated.map(x => `${x.part ?? x}${x.why ? ` (${x.why})` : ''}`).join(', ')}.`
      : null,
  ].filter(Boolean);
  return list.length
    ? h(
        'ul',
        { class: 'remarks', 'aria-label': 'Remarks' },
        list.map(text => h('li', { class: SAID.test(text) ? 'said' : null }, text)),
      )
    : null;
}

function tableOrNothing(s, intents) {
  const r = s.result;
  const none = s.catalogs?.length ? noRanking(s) : '';
  if (none === 'empty' && !s.running)
    return nothing(
      'Nothing is asked for.',
      'Say what you want to see, in a word or a sentence, or mark items with + and \u2212. Without that, any order would be made up.',
    );
  if (none === 'contradiction')
    return nothing(
      'This wish contradicts itself.',
      `${contradictionOf(r).replace(/^the wish contradicts itself: /i, '')}. Change one of the two on the left, or see what the rest of the wish makes of it.`,
      h(
        'button',
        { type: 'button', id: 'rank-anyway', onclick: () => intents.setAnyway() },
        'Show the order all the same',
      ),
    );
  if (!r)
    return s.running || s.catalogs === null
      ? [
          h('p', { class: 'fact coming' }, s.catalog ? `The list from ${s.catalog} comes here.` : '\u00a0'),
          skeleton(),
        ]
      : s.catalogs.length
        ? nothing(
            s.catalog ? `No list from ${s.catalog} yet.` : 'Nothing ranked yet.',
            'Write a wish and press Rank: the list comes here.',
          )
        : firstImport(intents);
  if (!r.items?.length)
    return nothing(
      'Nothing to show.',
      'No item was a candidate. Choose other candidates, or a larger number, under "Candidates, length, baselines".',
    );
  return listTable(s, intents);
}

const upperFirst = text => text.charAt(0).toUpperCase() + text.slice(1);
const nothing = (title, text, more = null) =>
  h('div', { class: 'nothing' }, h('h2', {}, title), h('p', {}, text), more);
const firstImport = intents =>
  nothing(
    'Nothing on tap yet.',
    'There is no catalogue yet. Import one as CSV or JSONL: an id and a title on each row are enough.',
    h(
      'button',
      { type: 'button', class: 'primary', onclick: () => intents.openImport() },
      'Import a catalogue',
    ),
  );
const skeleton = () =>
  h(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    Array.from({ length: 8 }, (_, i) => h('div', { vars: { '--w': `${72 - ((i * 29) % 40)}%` } })),
  );
