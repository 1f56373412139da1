// Saved runs: a table, the newest first; each a link to its stored order, with its exports, deletion, and two of them
// side by side. Below: everything into one file, and back.
// mount(root, {session, api, go}) -> {enter}
import { h, fillWith, announce } from '../kit/dom.js';
import { when, counted, whole } from '../kit/format.js';
import { choicesOf } from '../kit/state.js';
import { compareHash, runHash } from '../kit/url.js';

const PAGE = 25;
const MOST = 4;

export function mount(root, { session, api, go }) {
  const say = h('p', { class: 'fact', role: 'status' });
  const body = h('tbody');
  const chosen = new Set();
  let total = 0;
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
        ['Wish', 'Catalogue', 'When', 'Export', 'Compare', 'Delete'].map(t =>
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
  fillWith(
    root,
    h('h2', {}, 'Saved runs'),
    say,
    table,
    h('div', { class: 'pager' }, more, together),
    keeping(),
  );

  async function load() {
    more.hidden = true;
    try {
      const page = await api.runs(body.childElementCount, PAGE);
      total = page.total;
      body.append(...page.runs.map(row));
      count();
      more.hidden = body.childElementCount >= total || !page.runs.length;
    } catch (e) {
      say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      more.hidden = false;
    }
  }
  function count() {
    table.hidden = together.hidden = !total;
    say.textContent = total
      ? `${counted(total, 'run')}, the newest first. What Rank has made is kept here.`
      : 'No run yet. What you rank is kept here; lists made while you type only when you export or link them.';
  }

  function row(r) {
    const name = r.title || 'Without a wish';
    const file = format =>
      h(
        'a',
        {
          href: api.runFile(r.id, format),
          download: `${r.id}.${format}`,
          'aria-label': `${format.toUpperCase()} of ${name}`,
        },
        format.toUpperCase(),
      );
    const box = h('input', {
      type: 'checkbox',
      'aria-label': `Compare ${name}`,
      onchange: () => {
        if (box.checked) chosen.add(r.id);
        else chosen.delete(r.id);
        together.disabled = chosen.size < 2 || chosen.size > MOST;
      },
    });
    const gone = h(
      'button',
      {
        type: 'button',
        class: 'quiet small',
        'aria-label': `Delete ${name}`,
        onclick: () => remove(r, el),
      },
      'Delete',
    );
    const el = h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('a', { href: runHash(r.id) }, name)),
      h('td', {}, r.catalog),
      h('td', { class: 'fact' }, when(r.created)),
      h('td', { class: 'exports' }, file('json'), file('csv'), file('html')),
      h('td', {}, h('label', { class: 'check pick' }, box, h('span', {}, 'Compare'))),
      h('td', { class: 'exports' }, sharing(r, name), gone),
    );
    return el;
  }

  // Where people sign in, a run is its owner's alone until it is shared; only then others can open its link.
  function sharing(r, name) {
    const { who } = session.get();
    if (!who?.needed || who.role === 'read') return null;
    const button = h('button', { type: 'button', class: 'quiet small', onclick: () => turn() });
    const show = () => {
      button.textContent = r.shared ? 'Shared' : 'Share';
      button.setAttribute('aria-pressed', String(!!r.shared));
      button.setAttribute('aria-label', `Share ${name}`);
      button.title = r.shared
        ? 'Everybody who can sign in here can open its link; press to end that'
        : 'Lets everybody who can sign in here open its link';
    };
    async function turn() {
      try {
        r.shared = (await api.shareRun(r.id, !r.shared)).shared;
        show();
        announce(r.shared ? 'Run shared' : 'Run no longer shared');
      } catch (e) {
        session.failed('Sharing the run did not work', e);
      }
    }
    show();
    return button;
  }

  async function remove(r, el) {
    try {
      await api.dropRun(r.id);
    } catch (e) {
      if (e.status !== 404) return session.failed('The run was not deleted', e);
    }
    chosen.delete(r.id);
    const next = el.nextElementSibling ?? el.previousElementSibling;
    el.remove();
    total--;
    count();
    announce('Run deleted');
    (next?.querySelector('button') ?? root).focus();
  }

  // The settings of the chosen runs on the candidates of the first.
  async function compare() {
    try {
      const runs = await Promise.all([...chosen].map(id => api.run(id)));
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

  function keeping() {
    const replace = h('input', { type: 'checkbox', id: 'restore-replace' });
    const picker = h('input', {
      type: 'file',
      id: 'restore-file',
      accept: '.db,application/vnd.sqlite3',
    });
    const outcome = h('p', { class: 'hint', role: 'status', id: 'restore-outcome' });
    const restore = async () => {
      const [file] = picker.files;
      if (!file) return picker.focus();
      outcome.textContent = 'Restoring';
      try {
        const { restored } = await api.restore(file, replace.checked);
        outcome.textContent = `Restored: ${Object.entries(restored)
          .map(([word, n]) => `${whole(n)} ${word}`)
          .join(', ')}.`;
        session.set({ catalogs: (await api.catalogs()).catalogs });
        body.replaceChildren();
        await load();
      } catch (e) {
        outcome.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      }
    };
    return h(
      'details',
      { class: 'keeping' },
      h('summary', {}, 'Everything: dump and restore'),
      h('p', { class: 'fact' }, 'One file with catalogues, members, runs and surfaces.'),
      h(
        'p',
        {},
        h(
          'a',
          { href: api.dumpFile, download: 'taproom-dump.db', id: 'dump' },
          'Save everything to a file',
        ),
      ),
      h(
        'div',
        { class: 'field' },
        h('label', { htmlFor: 'restore-file' }, 'Bring back from a file'),
        picker,
      ),
      h('label', { class: 'check' }, replace, 'Replace what is here'),
      h('button', { type: 'button', id: 'restore', onclick: restore }, 'Restore'),
      outcome,
    );
  }

  return {
    enter() {
      body.replaceChildren();
      chosen.clear();
      together.disabled = true;
      return load();
    },
  };
}
