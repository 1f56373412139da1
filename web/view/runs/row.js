// A row of the saved runs: pin, name and comment, exports, comparing, sharing, deletion.
// runRow(run, {session, api, chosen, choose(), gone(run, el)}) -> a <tr>
import { h, fillWith, announce } from '../../kit/dom.js';
import { when } from '../../kit/format.js';
import { runHash, storyHash } from '../../kit/url.js';

export function runRow(r, { session, api, chosen, choose, gone }) {
  const nameOf = () => r.name || r.title || 'Without a wish';
  const el = h('tr', {});
  const button = (id, text, label, onclick, more = {}) =>
    h('button', { type: 'button', class: 'quiet small', 'data-key': id, 'aria-label': label, onclick, ...more }, text);

  async function mark(marks, said) {
    try {
      Object.assign(r, await api.markRun(r.id, marks));
      draw();
      announce(said);
      return true;
    } catch (e) {
      session.failed('The run was not changed', e);
      return false;
    }
  }

  const pin = () =>
    button(
      'pin',
      r.pinned ? '\u2605' : '\u2606',
      `Pin ${nameOf()}`,
      async () => {
        await mark({ pinned: !r.pinned }, r.pinned ? 'No longer pinned' : 'Pinned');
        el.querySelector('[data-key=pin]').focus();
      },
      { 'aria-pressed': String(!!r.pinned), title: r.pinned ? 'Pinned: stands before the others' : 'Pin' },
    );

  // Where people sign in, a run is its owner's alone until it is shared; only then others can open its link.
  function sharing() {
    const { who } = session.get();
    if (!who?.needed || who.role === 'read') return null;
    return button(
      'share',
      r.shared ? 'Shared' : 'Share',
      `Share ${nameOf()}`,
      async () => {
        await mark({ shared: !r.shared }, r.shared ? 'Run no longer shared' : 'Run shared');
        el.querySelector('[data-key=share]').focus();
      },
      {
        'aria-pressed': String(!!r.shared),
        title: r.shared
          ? 'Everybody who can sign in here can open its link; press to end that'
          : 'Lets everybody who can sign in here open its link',
      },
    );
  }

  const file = format =>
    h(
      'a',
      {
        href: api.runFile(r.id, format),
        download: `${r.id}.${format}`,
        'aria-label': `${format.toUpperCase()} of ${nameOf()}`,
      },
      format.toUpperCase(),
    );

  function edit() {
    const name = h('input', { type: 'text', id: `name-${r.id}`, maxLength: 200, value: r.name, placeholder: r.title });
    const comment = h('textarea', { id: `comment-${r.id}`, rows: 2, maxLength: 4000, value: r.comment });
    const leave = () => {
      draw();
      el.querySelector('[data-key=edit]').focus();
    };
    fillWith(
      el,
      h(
        'td',
        { colSpan: 7 },
        h(
          'form',
          {
            class: 'run-edit',
            onsubmit: async e => {
              e.preventDefault();
              if (await mark({ name: name.value, comment: comment.value }, 'Saved')) leave();
            },
            onkeydown: e => e.key === 'Escape' && leave(),
          },
          h('div', { class: 'field' }, h('label', { htmlFor: name.id }, 'Name'), name),
          h('div', { class: 'field' }, h('label', { htmlFor: comment.id }, 'Note'), comment),
          h('button', { type: 'submit', class: 'primary' }, 'Save'),
          h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Cancel'),
        ),
      ),
    );
    name.focus();
  }

  function draw() {
    const box = h('input', {
      type: 'checkbox',
      checked: chosen.has(r.id),
      'aria-label': `Compare ${nameOf()}`,
      onchange: () => {
        if (box.checked) chosen.add(r.id);
        else chosen.delete(r.id);
        choose();
      },
    });
    el.classList.toggle('pinned', !!r.pinned);
    fillWith(
      el,
      h('td', { class: 'run-pin' }, pin()),
      h(
        'th',
        { scope: 'row' },
        h('a', { href: runHash(r.id) }, nameOf()),
        r.name && r.title ? h('p', { class: 'fact' }, r.title) : null,
        r.comment ? h('p', { class: 'run-comment' }, r.comment) : null,
      ),
      h('td', {}, r.catalog),
      h('td', { class: 'fact' }, when(r.created)),
      h(
        'td',
        { class: 'exports' },
        h('a', { href: storyHash(r.id), 'aria-label': `Story of ${nameOf()}` }, 'Story'),
        file('json'),
        file('csv'),
        file('html'),
      ),
      h('td', {}, h('label', { class: 'check pick' }, box, h('span', {}, 'Compare'))),
      h(
        'td',
        { class: 'exports' },
        button('edit', 'Edit', `Edit ${nameOf()}: name and note`, edit),
        sharing(),
        button('gone', 'Delete', `Delete ${nameOf()}`, () => gone(r, el)),
      ),
    );
  }
  draw();
  return el;
}
