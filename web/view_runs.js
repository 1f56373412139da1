// Saved runs: a table, the newest first; each a link to its stored order, with its exports.
// mount(root, {session, api}) -> {enter}
import { h, fillWith } from './dom.js';
import { when, counted } from './format.js';
import { runHash } from './url.js';

const PAGE = 25;

export function mount(root, { api }) {
  const say = h('p', { class: 'fact', role: 'status' });
  const body = h('tbody');
  const table = h(
    'table',
    { class: 'runs', hidden: true },
    h('caption', { class: 'sr' }, 'Saved runs, the newest first'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['Wish', 'Catalogue', 'When', 'Export'].map(t => h('th', { scope: 'col' }, t)),
      ),
    ),
    body,
  );
  const more = h('button', { type: 'button', onclick: () => load() }, 'Show more');
  fillWith(root, h('h2', {}, 'Saved runs'), say, table, more);

  async function load() {
    more.hidden = true;
    say.textContent = 'Loading';
    try {
      const { runs, total } = await api.runs(body.childElementCount, PAGE);
      body.append(...runs.map(r => runRow(r, api)));
      table.hidden = !total;
      say.textContent = total
        ? `${counted(total, 'run')}, the newest first. Every ranking is kept here.`
        : 'No run yet. Every ranking you make is kept here.';
      more.hidden = body.childElementCount >= total || !runs.length;
    } catch (e) {
      say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      more.hidden = false;
    }
  }
  return {
    enter() {
      body.replaceChildren();
      return load();
    },
  };
}

function runRow(r, api) {
  const file = format =>
    h(
      'a',
      {
        href: api.runFile(r.id, format),
        download: `${r.id}.${format}`,
        'aria-label': `${r.title || r.id} as ${format.toUpperCase()}`,
      },
      format.toUpperCase(),
    );
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('a', { href: runHash(r.id) }, r.title || 'Without a wish')),
    h('td', {}, r.catalog),
    h('td', { class: 'fact' }, when(r.created)),
    h('td', { class: 'exports' }, file('json'), file('csv')),
  );
}
