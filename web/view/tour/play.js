// The last steps of the tour, played: any items as examples, by search or from what the member did; after each choice the
// list and the gap are new. mountPlay(tools) -> {root, begin(examples), set(examples), show, stop, examples}
import { h, fillWith, later, announce } from '../../kit/dom.js';
import { counted } from '../../kit/format.js';
import { lineChart } from '../../kit/charts.js';
import { sameExample, toggleExample, labelOf } from '../../kit/state.js';
import * as plan from '../../act/tour_plan.js';
import { gapTable, topTen, trailSpec } from './tour_step.js';

const CARDS = 12;

export function mountPlay({ api, session, person, catalog, ask, moved }) {
  const ui = { examples: [], trail: [], found: null, abort: null };
  const chosen = h('ul', { class: 'play-chosen', 'aria-label': 'Your examples' });
  const search = h('input', {
    type: 'search',
    id: 'play-q',
    autocomplete: 'off',
    placeholder: 'part of a title, or a tag',
    oninput: later(200, () => find()),
  });
  const cards = h('ul', { class: 'play-cards', 'aria-label': 'Items to choose from' });
  const list = h('div', { class: 'play-list', 'aria-live': 'polite' });
  const gaps = h('div', { class: 'tour-gaps' });
  const canvas = h('canvas', {
    role: 'img',
    'aria-label': 'NDCG@10 after each choice; the table below it has the last numbers',
  });
  const root = h(
    'div',
    { class: 'tour play', hidden: true },
    h(
      'section',
      { class: 'tour-card' },
      h('h3', {}, '7. Your choice'),
      h('p', {}, 'Choose what this person should have liked or not. After each choice the order and the gap are measured again.'),
      chosen,
      h('div', { class: 'field' }, h('label', { htmlFor: 'play-q' }, 'Find items'), search),
      cards,
    ),
    h('div', { class: 'tour-right' }, list, h('div', { class: 'chart' }, canvas), gaps),
  );

  const stop = () => {
    ui.abort?.abort();
    ui.abort = null;
  };

  // What the member did, the latest first, until something is searched for.
  const own = () => plan.lastOf(person().known, CARDS);

  async function find() {
    const q = search.value.trim();
    try {
      ui.found = q ? (await api.items(catalog(), { q, limit: CARDS })).items : null;
    } catch (e) {
      return session.failed('The search', e);
    }
    if (q === search.value.trim()) drawCards();
  }

  function mark(item, title, label) {
    const on = labelOf(ui.examples, item) === label;
    return h(
      'button',
      {
        type: 'button',
        class: `mark-as ${label}`,
        'data-key': `${label} ${item}`,
        'aria-pressed': String(on),
        'aria-label': `${label === 'like' ? 'More' : 'Less'} like ${title}`,
        onclick: () => choose({ item, title, text: '', label }),
      },
      label === 'like' ? '+' : '\u2212',
    );
  }

  function drawCards() {
    const items = ui.found
      ? ui.found.map(i => ({ item: i.id, title: i.title || i.id, said: (i.tags ?? []).slice(0, 3).join(', ') }))
      : own().map(e => ({ ...e, said: e.label === 'like' ? 'liked before' : 'disliked before' }));
    fillWith(
      cards,
      items.length
        ? items.map(i =>
            h(
              'li',
              {},
              h('strong', { class: 'play-title' }, i.title),
              h('span', { class: 'fact' }, i.said),
              h('span', { class: 'marks' }, mark(i.item, i.title, 'like'), mark(i.item, i.title, 'dislike')),
            ),
          )
        : h('li', { class: 'fact' }, 'No item has these words.'),
    );
  }

  function drawChosen() {
    fillWith(
      chosen,
      ui.examples.map(e =>
        h(
          'li',
          { class: e.label === 'like' ? '' : 'less' },
          `${e.label === 'like' ? '+' : '\u2212'} ${e.title}`,
          h(
            'button',
            {
              type: 'button',
              class: 'quiet small',
              'aria-label': `Take back ${e.title}`,
              onclick: () => {
                choose(e);
                search.focus({ preventScroll: true });
              },
            },
            '\u00d7',
          ),
        ),
      ),
    );
  }

  // The focus stays on the mark that was pressed.
  function choose(example) {
    const at = cards.contains(document.activeElement) ? document.activeElement.dataset.key : '';
    ui.examples = toggleExample(ui.examples, example);
    moved();
    show();
    [...cards.querySelectorAll('button')].find(b => b.dataset.key === at)?.focus({ preventScroll: true });
  }

  function draw() {
    const r = ui.trail.at(-1);
    fillWith(
      list,
      r
        ? topTen(r, person().wanted)
        : h('p', { class: 'fact', role: 'status' }, 'Ranking'),
    );
    list.classList.toggle('waiting', !!ui.abort);
    fillWith(gaps, r ? gapTable(r, counted(r.examples.length, 'example')) : null);
    if (!r) return;
    const spec = trailSpec(ui.trail);
    ui.chart ??= lineChart(canvas, spec);
    ui.chart.then(c => c.update(spec)).catch(e => session.failed('The chart', e));
  }

  async function show() {
    stop();
    drawChosen();
    drawCards();
    const same = (a, b) => a.length === b.length && a.every(x => b.some(y => sameExample(x, y) && x.label === y.label));
    if (ui.trail.length && same(ui.trail.at(-1).examples, ui.examples)) return draw();
    const { examples } = ui;
    const mine = (ui.abort = new AbortController());
    draw();
    try {
      const found = await ask({ wish: '', examples }, mine.signal, () => {});
      if (mine !== ui.abort) return;
      ui.abort = null;
      ui.trail.push({ ...found, examples });
      draw();
      announce(`Ranked with ${counted(examples.length, 'example')}`);
    } catch (e) {
      if (e.name === 'AbortError') return;
      ui.abort = null;
      draw();
      session.failed('The tour', e, show);
    }
  }

  // Examples that came by an address know only their ids; the member's own have titles.
  function set(examples) {
    const titles = new Map(person().known.map(i => [i.item, i.title]));
    for (const e of ui.examples) titles.set(e.item, e.title);
    ui.examples = examples.map(e => ({ ...e, title: titles.get(e.item) ?? e.title }));
  }

  return {
    root,
    stop,
    set,
    show,
    examples: () => ui.examples,
    begin(examples) {
      Object.assign(ui, { examples: [], trail: [], found: null });
      search.value = '';
      set(examples);
    },
  };
}
