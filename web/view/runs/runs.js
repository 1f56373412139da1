// Saved runs: a table with search and filters, pinned ones first, then the newest; each a link to its stored order. Two of
// them can be told apart, up to four stand side by side. Below: everything into one file, and back.
// mount(root, {session, api, go}) -> {enter}; the address keeps search and filters
import { h, fillWith, announce, later } from '../../kit/dom.js';
import { counted } from '../../kit/format.js';
import { choicesOf } from '../../kit/state.js';
import { compareHash } from '../../kit/url.js';
import { keeping } from './keeping.js';
import { runRow } from './row.js';

const PAGE = 25;
const MOST = 4;

export function mount(root, { session, api, go }) {
  const say = h('p', { class: 'fact', role: 'status' });
  const body = h('tbody');
  const chosen = new Set();
  let total = 0,
    turn = 0;
  const search = h('input', {
    type: 'search',
    id: 'runs-q',
    autocomplete: 'off',
    placeholder: 'words of a wish, a name or a note',
    oninput: later(200, () => filtered()),
  });
  const catalog = h('select', { id: 'runs-catalog', onchange: () => filtered() });
  const pinned = h('input', { type: 'checkbox', id: 'runs-pinned', onchange: () => filtered() });
  const table = h(
    'table',
    { class: 'runs', hidden: true },
    h('caption', { class: 'sr' }, 'Saved runs, pinned ones first, then the newest'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['Pin', 'Wish or name', 'Catalogue', 'When', 'Export', 'Compare', 'Change'].map(t =>
          h('th', { scope: 'col' }, t),
        ),
      ),
    ),
    body,
  );
  const more = h('button', { type: 'button', onclick: () => load() }, 'Show more');
  const together = h(
    'button',
    { type: 'button', id: 'compare-runs', disabled: true, onclick: () => compare() },
    'Compare the chosen runs',
  );
  const differ = h(
    'button',
    { type: 'button', id: 'diff-runs', disabled: true, onclick: () => diff() },
    'What differs between the two',
  );
  const tick = h('p', { class: 'fact', hidden: true }, 'Tick two of them to compare.');
  const difference = h('section', { class: 'run-diff', 'aria-label': 'What differs', tabIndex: -1, hidden: true });
  fillWith(
    root,
    h('h2', {}, 'Saved runs'),
    h(
      'form',
      { class: 'runs-find', role: 'search', onsubmit: e => e.preventDefault() },
      h('div', { class: 'field' }, h('label', { htmlFor: 'runs-q' }, 'Search'), search),
      h('div', { class: 'field' }, h('label', { htmlFor: 'runs-catalog' }, 'Catalogue'), catalog),
      h('label', { class: 'check' }, pinned, 'Pinned only'),
    ),
    say,
    table,
    h('div', { class: 'pager' }, more, together, differ, tick),
    difference,
    keeping({
      session,
      api,
      restored: () => {
        body.replaceChildren();
        return load();
      },
    }),
  );

  const filter = () => ({ q: search.value.trim(), catalog: catalog.value, pinned: pinned.checked ? 1 : '' });
  const isFiltered = () => Object.values(filter()).some(Boolean);

  function filtered() {
    const q = new URLSearchParams(Object.entries(filter()).filter(([, v]) => v));
    session.writeUrl(`#/runs${String(q) && `?${q}`}`, false);
    body.replaceChildren();
    return load();
  }

  async function load() {
    const mine = ++turn;
    more.hidden = true;
    try {
      const page = await api.runs(body.childElementCount, PAGE, filter());
      if (mine !== turn) return;
      total = page.total;
      body.append(...page.runs.map(r => runRow(r, { session, api, chosen, choose, gone: remove })));
      count();
      more.hidden = body.childElementCount >= total || !page.runs.length;
    } catch (e) {
      if (mine !== turn) return;
      say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      more.hidden = false;
    }
  }
  function count() {
    table.hidden = together.hidden = differ.hidden = !total;
    tick.hidden = chosen.size > 1 || !total;
    say.textContent = total
      ? `${counted(total, 'run')}${isFiltered() ? ' found' : ''}, the newest first. What Rank has made is kept here.`
      : isFiltered()
        ? 'No run is like that.'
        : 'No run yet. What you rank is kept here; lists made while you type only when you export or link them.';
  }
  function choose() {
    together.disabled = chosen.size < 2 || chosen.size > MOST;
    differ.disabled = chosen.size !== 2;
    tick.hidden = chosen.size > 1 || !total;
  }

  async function remove(r, el) {
    try {
      await api.dropRun(r.id);
    } catch (e) {
      if (e.status !== 404) return session.failed('The run was not deleted', e);
    }
    chosen.delete(r.id);
    choose();
    const next = el.nextElementSibling ?? el.previousElementSibling;
    el.remove();
    total--;
    count();
    announce('Run deleted');
    (next?.querySelector('button') ?? root).focus();
  }

  const both = () => Promise.all([...chosen].map(id => api.run(id)));

  // The settings of the chosen runs on the candidates of the first.
  async function compare() {
    try {
      const runs = await both();
      const other = runs.find(r => r.request.catalog !== runs[0].request.catalog);
      if (other)
        throw new Error(
          `Runs of ${runs[0].request.catalog} and ${other.request.catalog} have no item in common.`,
        );
      go(compareHash(runs.map(r => ({ choices: choicesOf(r.request) }))));
    } catch (e) {
      session.failed('These runs cannot be compared', e);
    }
  }

  // As they were stored: nothing is ranked again.
  async function diff() {
    try {
      const [runs, { diffOf }] = await Promise.all([both(), import('./diff.js')]);
      const [a, b] = runs.sort((x, y) => x.created - y.created);
      fillWith(difference, diffOf(a, b));
      difference.hidden = false;
      difference.focus();
    } catch (e) {
      session.failed('What differs could not be read', e);
    }
  }

  return {
    enter(query) {
      const q = new URLSearchParams(query);
      const names = (session.get().catalogs ?? []).map(c => c.name);
      fillWith(
        catalog,
        h('option', { value: '' }, 'all'),
        names.map(n => h('option', { value: n }, n)),
      );
      search.value = q.get('q') ?? '';
      catalog.value = names.includes(q.get('catalog')) ? q.get('catalog') : '';
      pinned.checked = q.has('pinned');
      body.replaceChildren();
      chosen.clear();
      choose();
      difference.hidden = true;
      return load();
    },
  };
}
