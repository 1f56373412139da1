// The list as a table: a page of rows, the columns of the baselines, and the motion from one order to the next.
// listTable(state, intents) returns its elements; tops(root) and slide(root, tops) move the rows
import { h, sr, styled } from '../../kit/dom.js';
import * as f from '../../kit/format.js';
import { scaleOf, tiesOf } from '../../kit/effect.js';
import { labelOf, PAGE } from '../../kit/state.js';
import { limitMarks, outside, outsideRow } from './limit_marks.js';
import { badges } from './badges.js';

// Baselines that have a rank for at least one item get a column; the others are named below the list.
export const withData = r => columnsOf(r).filter(b => (r.items ?? []).some(i => i.baselines?.[b]));
export const columnsOf = r => [
  ...new Set([
    ...Object.keys(r.baselines ?? {}),
    ...(r.items ?? []).flatMap(i => Object.keys(i.baselines ?? {})),
  ]),
];

export function listTable(s, intents) {
  const r = s.result;
  const baselines = withData(r);
  const items = [...r.items].sort(
    s.sort === 'rank'
      ? (a, b) => a.rank - b.rank
      : (a, b) =>
          (a.baselines?.[s.sort]?.rank ?? Infinity) - (b.baselines?.[s.sort]?.rank ?? Infinity) ||
          a.rank - b.rank,
  );
  const pages = Math.ceil(items.length / PAGE);
  const at = Math.min(s.page, pages - 1);
  const page = items.slice(at * PAGE, (at + 1) * PAGE);
  const scale = scaleOf(r);
  const ties = tiesOf(r.items);
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
  const table = h(
    'table',
    {
      class: `list${baselines.length > 4 ? ' many' : ''}`,
      role: 'table',
      'aria-rowcount': items.length + 1,
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
        h(
          'th',
          {
            role: 'columnheader',
            scope: 'col',
            class: 'col-score',
            title: scale.ofSample
              ? 'The middle of the bar is the average item of the catalogue, its ends are three standard deviations away'
              : 'The middle of the bar is 0',
          },
          'Score',
        ),
        baselines.map(b => head(b, f.baselineName(b), 'col-base')),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      page.map((i, at) => [
        s.sort === 'rank' && outside(i) && !(page[at - 1] && outside(page[at - 1]))
          ? outsideRow(3 + baselines.length)
          : null,
        itemRow(i, { s, intents, baselines, scale, ties, moves }),
        s.row === i.item ? detailOf(i, s, 3 + baselines.length, intents) : null,
      ]),
    ),
  );
  return [table, pages > 1 ? pager(at, pages, items.length, intents) : null];
}

// What an opened row holds is loaded with the first one that is opened; the list is drawn again then.
let detailRow = null;
function detailOf(i, s, columns, intents) {
  if (detailRow) return detailRow(i, s, columns, intents);
  Promise.all([import('./row.js'), styled('views.css')]).then(([row]) => {
    ({ detailRow } = row);
    intents.rowLoaded();
  }, intents.notLoaded);
  return null;
}

// The first row, where there is one, else the place where rows will come.
export function toList(e) {
  e?.preventDefault();
  const first = document.querySelector('#answer button.title');
  const to = first ?? document.getElementById('answer');
  to.focus();
  (first?.closest('tr') ?? to).scrollIntoView({ block: first ? 'center' : 'start' });
}

// Long lists come in pages: the browser lays out 50 rows, not 500, and the arrow keys turn the page.
function pager(at, pages, n, intents) {
  const turn = (text, cls, to, off) =>
    h(
      'button',
      {
        type: 'button',
        class: cls,
        'data-key': cls,
        disabled: off,
        onclick: () => {
          intents.setPage(to);
          document.querySelector('table.list').scrollIntoView({ block: 'nearest' });
        },
      },
      text,
    );
  const first = at * PAGE + 1;
  return h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages of the list' },
    turn('Previous', 'previous', at - 1, at === 0),
    h(
      'p',
      { class: 'fact' },
      `Rows ${first} to ${Math.min(n, first + PAGE - 1)} of ${n}, page ${at + 1} of ${pages}`,
    ),
    turn('Next', 'next', at + 1, at === pages - 1),
  );
}

function itemRow(i, { s, intents, baselines, scale, ties, moves }) {
  const open = s.row === i.item;
  const title = i.title || i.item;
  const move = moves?.get(i.item);
  const tie = ties.get(i.item);
  const { from, to } = f.barOf(i.score, scale.most);
  return h(
    'tr',
    { role: 'row', class: `item${open ? ' open' : ''}`, 'data-item': i.item },
    h(
      'td',
      { role: 'cell', class: 'col-rank' },
      h('span', { class: 'rank' }, String(tie ?? i.rank)),
      tie ? h('span', { class: 'tied', title: 'Its score is the same as a neighbour\u2019s' }, 'tied') : null,
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
      rowMarks([badges(i, s), limitMarks(i, s.result)]),
      i.text || i.time || i.tags?.length
        ? h(
            'p',
            { class: 'blurb' },
            h(
              'span',
              { class: 'tags' },
              [f.day(i.time), ...(i.tags ?? [])].filter(Boolean).join(', '),
            ),
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
        vars: { '--from': from.toFixed(4), '--to': to.toFixed(4) },
      }),
    ),
    baselines.map(b => baselineCell(i, b)),
  );
}

// What is said of a row beside its text, on one line.
const rowMarks = marks => (marks.flat().some(Boolean) ? h('div', { class: 'row-marks' }, marks) : null);

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

// Rows slide from their old place to the new one: the effect of a changed wish is seen as movement.
export function tops(root) {
  return new Map(
    [...root.querySelectorAll('tr[data-item]')].map(tr => [
      tr.dataset.item,
      tr.getBoundingClientRect().top,
    ]),
  );
}

export function slide(root, places) {
  if (!places.size || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const rows = [...root.querySelectorAll('tr[data-item]')];
  const now = rows.map(tr => tr.getBoundingClientRect().top); // all read before anything moves
  for (const [i, tr] of rows.entries()) {
    const old = places.get(tr.dataset.item);
    const by = old === undefined ? 0 : old - now[i];
    if (old === undefined) tr.animate({ opacity: [0, 1] }, { duration: 400 });
    else if (by)
      tr.animate(
        { transform: [`translateY(${by}px)`, 'none'] },
        { duration: 450, easing: 'cubic-bezier(.2,.8,.2,1)' },
      );
  }
}

// The row at which a person is, the focused or the opened one, and its top in the window; null where it is out of sight.
export function rowHeld(root, row) {
  const at = root.contains(document.activeElement) ? document.activeElement.closest('tr') : null;
  const own = at?.classList.contains('detail') ? at.previousElementSibling : at;
  const item = own?.dataset.item ?? row;
  const top = rowOf(root, item)?.getBoundingClientRect().top;
  return top >= 0 && top < innerHeight ? { item, top } : null;
}
// Scrolls so that it stands there again.
export function holdRow(root, held) {
  const now = held && rowOf(root, held.item)?.getBoundingClientRect().top;
  if (now !== null && now !== undefined && now !== held.top)
    scrollBy({ top: now - held.top, behavior: 'instant' });
}
const rowOf = (root, item) =>
  item ? root.querySelector(`tr[data-item="${CSS.escape(item)}"]`) : null;
