// Errors and remarks. They stay until dismissed and say what happened, where, and what to do next.
// mountNotices(root, store, intents); store.notices: [{id, kind: 'error'|'note', title, error|text, retry}]
import { h, keyed, fillWith } from '../kit/dom.js';

function body(n) {
  const e = n.error;
  if (!e) return [h('p', {}, n.text)];
  const where = [e.field ? `Field: ${e.field}` : '', e.line ? `Line: ${e.line}` : '']
    .filter(Boolean)
    .join(' · ');
  return [
    h('p', {}, e.message),
    where ? h('p', { class: 'where' }, where) : null,
    e.hint ? h('p', { class: 'hint' }, h('strong', {}, 'What to do: '), e.hint) : null,
  ];
}

export function mountNotices(root, store, intents) {
  const make = n =>
    h('div', { class: `notice ${n.kind}`, role: n.kind === 'error' ? 'alert' : 'status' });
  const update = (el, n) => {
    if (el.firstChild) return;
    fillWith(
      el,
      h('div', { class: 'notice-text' }, n.title ? h('h2', {}, n.title) : null, body(n)),
      h(
        'div',
        { class: 'notice-do' },
        n.retry
          ? h(
              'button',
              {
                type: 'button',
                onclick: () => {
                  intents.dismiss(n.id);
                  n.retry();
                },
              },
              n.retryText ?? 'Try again',
            )
          : null,
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: () => intents.dismiss(n.id) },
          'Dismiss',
        ),
      ),
    );
  };
  store.watch(['notices'], s => keyed(root, s.notices, n => n.id, make, update));
}
