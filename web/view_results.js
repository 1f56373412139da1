// The list: what produced it, remarks, the table, and its exports.
// mountResults(root, store, intents)
import { h, sr, fillWith, keepFocus } from './dom.js';
import * as f from './format.js';
import { labelOf, requestOf } from './state.js';
import { detailRow } from './view_row.js';

export function mountResults(root, store, intents) {
  const head = h('div', { class: 'run-head' });
  const table = h('div', { class: 'table-box' });
  const tail = h('div', { class: 'run-tail' });
  fillWith(root, head, table, tail);
  store.watch(['result', 'stored', 'previous', 'catalog', 'catalogs', 'surface'], s =>
    fillWith(head, runHead(s, intents)),
  );
  store.watch(['result'], s => fillWith(tail, s.result ? runTail(s, intents) : null));
  store.watch(
    ['result', 'examples', 'row', 'sort', 'catalog', 'catalogs', 'running', 'previous'],
    (s, before) => {
      const places = s.result !== before.result || s.sort !== before.sort ? tops(table) : null;
      root.classList.toggle('waiting', s.running && !!s.result);
      table.setAttribute('aria-busy', String(!!s.running));
      keepFocus(table, () => fillWith(table, tableOrNothing(s, intents)));
      if (places) slide(table, places);
    },
  );
  const stale = store => store.resultKey && store.resultKey !== JSON.stringify(requestOf(store));
  store.watch(null, s => root.classList.toggle('stale', !!s.result && !s.running && stale(s)));
}

function runHead(s, intents) {
  const r = s.result;
  if (!r) return null;
  const word = s.surface?.item_word ?? 'item';
  const t = r.timing ?? {};
  const facts = [
    r.model?.name,
    [r.model?.precision, r.model?.backend].filter(Boolean).join(' on '),
    t.score_ms !== undefined && `scored in ${f.duration(t.score_ms)}`,
    t.queue_ms > 500 && `waited ${f.duration(t.queue_ms)}`,
    t.tokens_computed !== undefined &&
      `${f.whole(t.tokens_computed)} tokens computed, ${f.whole(t.tokens_cached ?? 0)} from the cache`,
  ].filter(Boolean);
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
            'button',
            { type: 'button', id: 'run-again', onclick: () => intents.runAgain() },
            'Run again',
          ),
        )
      : null,
    h(
      'p',
      { class: 'produced' },
      'Ordered by the ',
      h('strong', {}, r.readout?.used ?? '?'),
      ' readout',
      r.readout?.why ? `: ${r.readout.why}` : '.',
    ),
    h('p', { class: 'fact' }, facts.join(', '), '.'),
    h(
      'p',
      { class: 'fact' },
      'Scores are comparable within this run only.',
      (s.surface?.name ?? '') === 'movies' ? ' The model may have read about these films.' : '',
      ' ',
      f.overlapLine(s.previous, r.items ?? []),
    ),
    remarks(r),
    h(
      'p',
      { class: 'stale-note' },
      `You have changed something since this order was made. Press Rank to see the ${f.plural(word)} it gives now.`,
    ),
  ];
}

function remarks(r) {
  const list = [
    ...(r.warnings ?? []).map(f.warningText),
    f.labelMassWarning(r.items ?? []),
    r.prompt?.truncated?.length
      ? `The prompt was shortened: ${r.prompt.truncated.map(x => `${x.part ?? x}${x.why ? ` (${x.why})` : ''}`).join(', ')}.`
      : null,
  ].filter(Boolean);
  return list.length
    ? h(
        'ul',
        { class: 'remarks', 'aria-label': 'Remarks' },
        list.map(text => h('li', {}, text)),
      )
    : null;
}

// Baselines that have a rank for at least one item get a column; the others are named below the list.
const withData = r => columnsOf(r).filter(b => (r.items ?? []).some(i => i.baselines?.[b]));
const columnsOf = r => [
  ...new Set([
    ...Object.keys(r.baselines ?? {}),
    ...(r.items ?? []).flatMap(i => Object.keys(i.baselines ?? {})),
  ]),
];

function tableOrNothing(s, intents) {
  const r = s.result;
  if (!r)
    return s.running || s.catalogs === null
      ? [
          s.catalog ? h('p', { class: 'fact' }, `The list from ${s.catalog} comes here.`) : null,
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
  const baselines = withData(r);
  const items = [...r.items].sort(
    s.sort === 'rank'
      ? (a, b) => a.rank - b.rank
      : (a, b) =>
          (a.baselines?.[s.sort]?.rank ?? Infinity) - (b.baselines?.[s.sort]?.rank ?? Infinity) ||
          a.rank - b.rank,
  );
  const [min, max] = f.extent(r.items.map(i => i.score));
  const moves = s.previous ? f.movesSince(s.previous, r.items) : null;
  const head = (key, text, extra = '') =>
    h(
      'th',
      {
        role: 'columnheader',
        scope: 'col',
        class: extra,
        'aria-sort': s.sort === key ? 'ascending' : 'none',
      },
      h(
        'button',
        {
          type: 'button',
          class: 'sort',
          'data-key': `sort-${key}`,
          title: `Sort by ${text}`,
          onclick: () => intents.setSort(key),
        },
        text,
      ),
    );
  const plain = (text, extra) =>
    h('th', { role: 'columnheader', scope: 'col', class: extra }, text);
  return h(
    'table',
    {
      class: 'list',
      role: 'table',
      vars: { '--cols': baselines.length === 4 || baselines.length > 6 ? 4 : 3 },
    },
    h('caption', { class: 'sr' }, 'The ranking, with the rank of each item in each baseline'),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        head('rank', 'Rank', 'col-rank'),
        plain('Title', 'col-item'),
        plain('Score', 'col-score'),
        baselines.map(b => head(b, f.baselineName(b), 'col-base')),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      items.map(i => [
        itemRow(i, { s, intents, baselines, min, max, moves }),
        s.row === i.item ? detailRow(i, r, 3 + baselines.length, intents) : null,
      ]),
    ),
  );
}

function itemRow(i, { s, intents, baselines, min, max, moves }) {
  const open = s.row === i.item;
  const title = i.title || i.item;
  const move = moves?.get(i.item);
  return h(
    'tr',
    { role: 'row', class: `item${open ? ' open' : ''}`, 'data-item': i.item },
    h(
      'td',
      { role: 'cell', class: 'col-rank' },
      h('span', { class: 'rank' }, String(i.rank)),
      moves
        ? h(
            'span',
            { class: 'since' },
            h(
              'span',
              { 'aria-hidden': 'true' },
              move === null ? 'new' : move ? f.signed(move) : '',
            ),
            sr(
              move === null ? ', new in the list' : `, ${f.changeWords(move, 'the order before')}`,
            ),
          )
        : null,
      h(
        'span',
        { class: 'marks' },
        markButton(s, intents, i, title, 'like'),
        markButton(s, intents, i, title, 'dislike'),
      ),
    ),
    h(
      'th',
      { role: 'rowheader', scope: 'row', class: 'col-item' },
      h(
        'button',
        {
          type: 'button',
          class: 'title',
          'data-key': `open-${i.item}`,
          'aria-expanded': String(open),
          onclick: () => intents.openRow(open ? '' : i.item),
        },
        title,
      ),
      i.text || i.time || i.tags?.length
        ? h(
            'p',
            { class: 'blurb' },
            h('span', { class: 'tags' }, [f.day(i.time), ...(i.tags ?? [])].filter(Boolean).join(', ')),
            ' ',
            i.text,
          )
        : null,
    ),
    h(
      'td',
      { role: 'cell', class: 'col-score' },
      h('span', { class: 'score' }, f.num(i.score)),
      h('span', {
        class: 'bar',
        'aria-hidden': 'true',
        vars: { '--share': f.barShare(i.score, min, max).toFixed(4) },
      }),
    ),
    baselines.map(b => baselineCell(i, b)),
  );
}

function baselineCell(i, b) {
  const rank = i.baselines?.[b]?.rank;
  const none = f.noMatch(b, i.baselines?.[b]);
  const change = f.rankChange(rank, i.rank);
  return h(
    'td',
    { role: 'cell', class: 'col-base' },
    h('span', { class: 'base-name', 'aria-hidden': 'true' }, f.baselineName(b)),
    change === null || none
      ? h('span', { class: 'nodata' }, none ? 'no match' : 'no data')
      : [
          h('span', { class: 'base-rank' }, String(rank)),
          h(
            'span',
            {
              class: `change ${change > 0 ? 'up' : change < 0 ? 'down' : ''}`,
              'aria-hidden': 'true',
            },
            f.signed(change),
          ),
          sr(`, ${f.changeWords(change, f.baselineWord(b))}`),
        ],
  );
}

function markButton(s, intents, i, title, label) {
  const on = labelOf(s.examples, i.item) === label;
  return h(
    'button',
    {
      type: 'button',
      class: `mark-as ${label}`,
      'data-key': `${label}-${i.item}`,
      'aria-pressed': String(on),
      'aria-label': `${label === 'like' ? 'More' : 'Less'} like ${title}`,
      title: label === 'like' ? 'More like this' : 'Less like this',
      onclick: () => intents.markExample({ item: i.item, title, text: '', label }),
    },
    label === 'like' ? '+' : '\u2212',
  );
}

function runTail(s, intents) {
  const r = s.result;
  const shown = new Set(withData(r));
  const notes = columnsOf(r)
    .map(b => [b, r.baselines?.[b]])
    .filter(([b, x]) => !shown.has(b) || x?.trained_on)
    .map(([b, x]) =>
      h(
        'li',
        {},
        h('strong', {}, f.baselineName(b)),
        !shown.has(b) ? `: no data${x?.why ? ` (${x.why})` : ''}` : `: from ${x.trained_on}`,
      ),
    );
  const links = r.run
    ? h(
        'p',
        { class: 'exports' },
        h('a', { href: `#/run/${encodeURIComponent(r.run)}`, id: 'permalink' }, 'Link to this run'),
        h(
          'a',
          { href: intents.runFile(r.run, 'json'), download: `${r.run}.json`, id: 'export-json' },
          'JSON',
        ),
        h(
          'a',
          { href: intents.runFile(r.run, 'csv'), download: `${r.run}.csv`, id: 'export-csv' },
          'CSV',
        ),
      )
    : null;
  return [links, notes.length ? h('ul', { class: 'trained' }, notes) : null];
}

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

// Rows slide from their old place to the new one: the effect of a changed wish is seen as movement.
function tops(root) {
  return new Map(
    [...root.querySelectorAll('tr[data-item]')].map(tr => [
      tr.dataset.item,
      tr.getBoundingClientRect().top,
    ]),
  );
}

function slide(root, places) {
  if (!places.size || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  for (const tr of root.querySelectorAll('tr[data-item]')) {
    const old = places.get(tr.dataset.item);
    const by = old === undefined ? 0 : old - tr.getBoundingClientRect().top;
    if (old === undefined) tr.animate({ opacity: [0, 1] }, { duration: 400 });
    else if (by)
      tr.animate(
        { transform: [`translateY(${by}px)`, 'none'] },
        { duration: 450, easing: 'cubic-bezier(.2,.8,.2,1)' },
      );
  }
}
