// The orders of the compare view as lists with lines between them, and the same as a table.
// drawOrders(root, {columns, titles, k, only, by}) fills root
import { h, svg, fillWith, announce } from '../../kit/dom.js';
import { columnName } from './compare_card.js';
import { sorted, spread } from '../../kit/orders.js';
import { NONE } from '../../kit/format.js';

const ROW = 38; // pixels, as in style.css

export function drawOrders(root, ui) {
  const ready = ui.columns.filter(c => c.order);
  if (!ready.length) return fillWith(root, h('p', { class: 'fact' }, 'The orders come here.'));
  const orders = ready.map(c => c.order);
  const differs = new Map(
    [...ready[0].order.keys()].map(item => [
      item,
      spread(
        orders.filter(o => o.size),
        item,
      ),
    ]),
  );
  const keep = item => !ui.only || differs.get(item) > ui.by;
  const lists = ui.columns.map(c => (c.order ? sorted(c.order).filter(keep).slice(0, ui.k) : []));
  const left = [...differs.keys()].filter(keep).length;
  const open = root.querySelector('details')?.open ?? false;
  fillWith(
    root,
    ui.only
      ? h(
          'p',
          { class: 'fact' },
          `${left} of ${differs.size} items differ by more than ${ui.by} ${ui.by === 1 ? 'place' : 'places'}.`,
        )
      : null,
    h(
      'div',
      {
        class: 'scroll orders-box',
        tabIndex: 0,
        role: 'region',
        'aria-label': 'The orders side by side',
      },
      h(
        'div',
        { class: 'orders' },
        ui.columns.flatMap((c, i) => [
          i ? lines(lists[i - 1], lists[i]) : null,
          orderList(c, lists[i], ui.titles),
        ]),
      ),
    ),
    rankTable(ui, ready, [...differs.keys()].filter(keep), differs, open),
  );
  follow(root, ui, lists[0]);
}

const orderList = (c, items, titles) =>
  h(
    'ol',
    { class: 'order', 'aria-label': columnName(c) },
    items.length
      ? items.map(item =>
          h(
            'li',
            { 'data-item': item, title: titles?.get(item) ?? item },
            h('span', { class: 'mono' }, c.order.get(item)),
            h('span', { class: 'order-title' }, titles?.get(item) ?? item),
          ),
        )
      : h('li', { class: 'fact' }, c.job ? 'being ranked' : c.order ? 'no data' : 'waits'),
  );

// One line for each item that stands in both lists; a stub for one that does not.
function lines(from, to) {
  const height = Math.max(from.length, to.length, 1) * ROW;
  const y = i => (i + 0.5) * ROW;
  const items = new Set([...from, ...to]);
  const path = (a, b) =>
    a < 0
      ? `M88 ${y(b)}H100`
      : b < 0
        ? `M0 ${y(a)}H12`
        : `M0 ${y(a)}C45 ${y(a)} 55 ${y(b)} 100 ${y(b)}`;
  return svg(
    'svg',
    {
      class: 'lines',
      viewBox: `0 0 100 ${height}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
      height,
    },
    [...items].map(item => {
      const a = from.indexOf(item),
        b = to.indexOf(item);
      return svg('path', {
        'data-item': item,
        class: a < 0 || b < 0 ? 'leaves' : a > b ? 'rises' : a < b ? 'falls' : '',
        d: path(a, b),
      });
    }),
  );
}

function rankTable(ui, ready, items, differs, open) {
  return h(
    'details',
    { open },
    h('summary', {}, 'As a table'),
    h(
      'div',
      { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Ranks as a table' },
      h(
        'table',
        { class: 'ranks' },
        h('caption', { class: 'sr' }, 'Rank of each item in each column'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [...['Item'], ...ready.map(columnName), 'Widest gap'].map(t =>
              h('th', { scope: 'col' }, t),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          items.slice(0, 500).map(item =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, ui.titles?.get(item) ?? item),
              ready.map(c => h('td', { class: 'mono' }, c.order.get(item) ?? NONE)),
              h(
                'td',
                { class: 'mono' },
                Number.isFinite(differs.get(item)) ? differs.get(item) : NONE,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

// Pointing at an item, or going down the first column with the arrows, marks it in every column.
function follow(root, ui, items) {
  const mark = item => {
    root.dataset.at = item ?? '';
    for (const el of root.querySelectorAll('[data-item]'))
      el.classList.toggle('on', el.dataset.item === item);
  };
  root.onpointerover = e => {
    const item = e.target.closest?.('[data-item]')?.dataset.item;
    if (item !== root.dataset.at) mark(item);
  };
  root.onkeydown = e => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!by || !e.target.matches('.orders-box') || !items.length) return;
    e.preventDefault();
    const at = items.indexOf(root.dataset.at);
    const item = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    mark(item);
    root.querySelector('li.on')?.scrollIntoView({ block: 'nearest' });
    const ranks = ui.columns.map(c => `${columnName(c)} ${c.order?.get(item) ?? 'no rank'}`);
    announce(`${ui.titles.get(item)}: ${ranks.join(', ')}`);
  };
}
