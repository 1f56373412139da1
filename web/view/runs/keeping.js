// Everything into one file, and back. keeping({session, api, restored}) -> an element
import { h } from '../../kit/dom.js';
import { whole } from '../../kit/format.js';

export function keeping({ session, api, restored: again }) {
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
      await again();
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
