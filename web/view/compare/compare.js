// Two to four orders of the same candidates side by side. The first column is a setting: its candidates are everyone's.
// mount(root, {session}) -> {enter(query), leave()}
import { rank } from '../../kit/api.js';
import { h, fillWith, later, announce } from '../../kit/dom.js';
import * as st from '../../kit/state.js';
import { columnOf, compareHash } from '../../kit/url.js';
import { columnCard, columnName } from './compare_card.js';
import { modelOptions } from '../models.js';
import { drawOrders } from './compare_grid.js';
import { kendallTau, overlapAt } from '../../kit/orders.js';
import { num, readoutName } from '../../kit/format.js';
import { agreementWords } from '../../kit/effect.js';

const MOST = 4;
const SHOWN = [10, 20, 50, 100];

export function mount(root, { session }) {
  const { get } = session;
  const ui = { columns: [], k: 20, only: false, by: 0, abort: null };
  const done = new Map(); // request as JSON -> answer
  const cards = h('div', { class: 'compare-cards' });
  const grid = h('div', { class: 'compare-grid' });
  const say = h('p', { class: 'fact', role: 'status' });
  const k = h(
    'select',
    { id: 'compare-k', onchange: () => option({ k: Number(k.value) }) },
    SHOWN.map(n => h('option', { value: n }, n)),
  );
  const only = h('input', {
    type: 'checkbox',
    id: 'compare-only',
    onchange: () => option({ only: only.checked }),
  });
  const by = h('input', {
    type: 'number',
    id: 'compare-by',
    min: 0,
    max: 500,
    oninput: () => option({ by: Math.max(0, Number(by.value) || 0) }),
  });
  const cancel = h('button', { type: 'button', onclick: () => stop('Cancelled.') }, 'Cancel');
  const bar = h(
    'div',
    { class: 'compare-bar' },
    h('label', { class: 'check' }, 'Show the first ', k),
    h('label', { class: 'check' }, only, 'Only different'),
    h('label', { class: 'check' }, 'by more than ', by, ' places'),
    adder(),
    cancel,
  );
  fillWith(
    root,
    h('h2', {}, 'Compare'),
    h(
      'p',
      { class: 'fact' },
      'Each column orders the candidates of the first one. Point at a title, or use the arrows in the lists, to follow it through the columns.',
    ),
    bar,
    cards,
    say,
    grid,
  );

  function adder() {
    const pick = h('select', { id: 'compare-add', 'aria-label': 'Column to add' });
    const add = h(
      'button',
      { type: 'button', id: 'compare-do-add', onclick: () => plus(pick.value) },
      'Add a column',
    );
    ui.showAdder = () => {
      const known = get().known.length ? get().known : ['popularity', 'bm25', 'random'];
      const option = ([value, text]) => h('option', { value }, text);
      const others = modelOptions(get()).filter(([id]) => id !== ui.columns[0]?.choices?.modelId && id);
      fillWith(
        pick,
        h(
          'optgroup',
          { label: 'The first setting' },
          Object.entries(VARIANTS).map(([v, [t]]) => option([v, t])),
        ),
        others.length
          ? h(
              'optgroup',
              { label: 'With another model' },
              others.map(([id, text]) => option([`model:${id}`, text])),
            )
          : null,
        h(
          'optgroup',
          { label: 'A baseline' },
          known.map(b => option([`~${b}`, columnName({ baseline: b })])),
        ),
      );
      add.disabled = pick.disabled = ui.columns.length >= MOST;
    };
    return h('span', { class: 'joined' }, pick, add);
  }

  function plus(value) {
    const [first] = ui.columns;
    const column = value.startsWith('~')
      ? { baseline: value.slice(1) }
      : value.startsWith('model:')
        ? { choices: { ...first.choices, modelId: value.slice(6) } }
        : { choices: VARIANTS[value][1](first.choices) };
    changed([...ui.columns, column], true);
  }

  function option(patch) {
    Object.assign(ui, patch);
    write(false);
    draw();
  }
  const write = push =>
    session.writeUrl(
      compareHash(ui.columns, { k: ui.k === 20 ? '' : ui.k, by: ui.only ? ui.by + 1 : '' }),
      push,
    );

  function changed(columns, push) {
    ui.columns = columns;
    write(push);
    show();
    run();
  }
  const edited = later(500, () => {
    write(false);
    run();
  });

  function stop(text = '') {
    ui.abort?.abort();
    ui.abort = null;
    cancel.hidden = true;
    for (const c of ui.columns) if (c.job) c.job = null;
    if (text) say.textContent = text;
    if (text) draw();
  }

  // The first column chooses the candidates; the other settings rank exactly those, the baselines come with it.
  async function run() {
    stop();
    const mine = (ui.abort = new AbortController());
    cancel.hidden = false;
    say.textContent = '';
    const base = ui.columns[0];
    const whole = { ...base.choices, surface: null, top: base.choices.count, baselines: null };
    try {
      for (const c of ui.columns) Object.assign(c, { error: null });
      const first = await answer(base, st.requestOf(whole), mine);
      const ids = first.items.map(i => i.item);
      for (const c of ui.columns.slice(1)) {
        if (c.baseline) c.order = baselineOrder(first, c.baseline);
        else {
          const request = st.requestOf({
            ...c.choices,
            catalog: base.choices.catalog,
            baselines: [],
          });
          await answer(c, { ...request, candidates: ids, top: ids.length }, mine);
        }
        draw();
      }
      announce(`Compared ${ui.columns.length} columns of ${ids.length} items.`);
    } catch (e) {
      if (e.name !== 'AbortError' && mine === ui.abort) session.failed('The comparison', e, run);
    }
    if (mine !== ui.abort) return;
    ui.abort = null;
    cancel.hidden = true;
    for (const c of ui.columns) c.job = null;
    draw();
  }

  async function answer(column, request, mine) {
    const key = st.keyWith(request, get());
    if (!done.has(key)) {
      column.job = {};
      draw();
      try {
        const result = await rank(request, {
          signal: mine.signal,
          progress: p => {
            column.job = p;
            column.progress?.(p);
          },
          score() {},
        });
        done.set(key, result);
      } finally {
        column.job = null;
      }
    }
    const result = done.get(key);
    if (mine.signal.aborted) throw new DOMException('superseded', 'AbortError');
    Object.assign(column, {
      result,
      order: new Map(result.items.map(i => [i.item, i.rank])),
    });
    column.made?.(result);
    if (column === ui.columns[0])
      ui.titles = new Map(result.items.map(i => [i.item, i.title || i.item]));
    draw();
    return result;
  }

  // What a column says against the first: its first k, and the whole order.
  function agreement(c) {
    const a = ui.columns[0].order;
    if (!a || !c.order || c === ui.columns[0]) return null;
    if (!c.order.size) return 'no data for these items';
    const { same, of } = overlapAt(a, c.order, ui.k);
    const tau = kendallTau(a, c.order);
    return `${same} of the first ${of} are the same \u00b7 ${tau === null ? 'no order to compare' : `${agreementWords(tau)} (Kendall \u03c4 ${num(tau)})`}`;
  }

  // The models may come after the view.
  session.store.watch(['models'], () => ui.columns.length && show(), false);

  function show() {
    ui.showAdder();
    fillWith(
      cards,
      ui.columns.map((c, i) =>
        columnCard(c, {
          number: i + 1,
          models: modelOptions(get()),
          base: ui.columns[0],
          last: ui.columns.length <= 2,
          remove: () =>
            changed(
              ui.columns.filter(x => x !== c),
              true,
            ),
          edit: patch => {
            c.choices = { ...c.choices, ...patch };
            edited();
          },
        }),
      ),
    );
    root.style.setProperty('--n', ui.columns.length);
    draw();
  }
  function draw() {
    for (const c of ui.columns) c.say?.(agreement(c));
    drawOrders(grid, ui);
  }

  return {
    enter(query) {
      const q = new URLSearchParams(query);
      let columns = q.getAll('c').slice(0, MOST).map(columnOf);
      const s = get();
      const current = { ...s, row: '' };
      if (!columns.length || columns[0].baseline) columns = [{ choices: current }, ...columns];
      if (!columns[0].choices.catalog)
        columns[0].choices = { ...columns[0].choices, catalog: s.catalog };
      if (columns.length < 2) columns.push({ baseline: st.firstBaseline(s) });
      Object.assign(ui, {
        columns: columns.slice(0, MOST),
        k: SHOWN.includes(Number(q.get('k'))) ? Number(q.get('k')) : 20,
        only: q.has('by'),
        by: Math.max(0, (Number(q.get('by')) || 1) - 1),
      });
      Object.assign(k, { value: String(ui.k) });
      only.checked = ui.only;
      by.value = String(ui.by);
      show();
      run();
    },
    leave: () => stop(),
  };
}

const baselineOrder = (r, b) =>
  new Map(
    r.items
      .filter(i => Number.isInteger(i.baselines?.[b]?.rank))
      .map(i => [i.item, i.baselines[b].rank]),
  );

// What may stand beside the first setting: its name, and the choices made from it.
const VARIANTS = {
  copy: ['a copy, to be changed', c => ({ ...c })],
  relevance: [`asked ${readoutName('relevance')}`, c => ({ ...c, readout: 'relevance' })],
  query: [`asked ${readoutName('query')}`, c => ({ ...c, readout: 'query' })],
  item: [`asked ${readoutName('item')}`, c => ({ ...c, readout: 'item' })],
  blend: [`asked ${readoutName('blend')}`, c => ({ ...c, readout: 'blend' })],
  examples: ['without its examples', c => ({ ...c, examples: [] })],
  standing: ['without standing preferences', c => ({ ...c, standing: false })],
  member: ['without its member', c => ({ ...c, member: '' })],
  whole: [
    'with the wish as one text',
    c => ({ ...c, clauses: c.wish ? [st.newClause(c.wish)] : [] }),
  ],
};
