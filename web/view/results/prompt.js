// The exact prompt, part by part: what the model reads, how many tokens, what did not fit.
// mountPrompt() returns {show(load)}: load() promises the preview.
import { h, fillWith, makeDialog, copyText } from '../../kit/dom.js';
import { counted, promptSize, shortHash } from '../../kit/format.js';

export function mountPrompt() {
  const d = makeDialog('prompt', 'The exact prompt');
  let turn = 0;
  return {
    async show(load) {
      const mine = ++turn;
      fillWith(d.body, h('p', { class: 'fact', role: 'status' }, 'Building the prompt'));
      d.open();
      try {
        const p = await load();
        if (mine === turn) fillWith(d.body, promptBody(p));
      } catch (e) {
        if (mine === turn)
          fillWith(
            d.body,
            h(
              'div',
              { class: 'notice error', role: 'alert' },
              h('p', {}, e.message),
              e.hint ? h('p', { class: 'hint' }, e.hint) : null,
            ),
          );
      }
    },
  };
}

function shortened(t) {
  const left = typeof t.dropped === 'number' ? counted(t.dropped, 'token') : t.dropped;
  return ` was shortened${left ? `, ${left} left out` : ''}${t.why ? `: ${t.why}` : ''}`;
}

function promptBody(p) {
  const parts = p.parts ?? [];
  const all = parts.map(x => x.text).join('');
  const copy = h(
    'button',
    { type: 'button', id: 'copy-prompt', onclick: () => copyText(all, copy) },
    'Copy the prompt',
  );
  return [
    h(
      'p',
      {},
      h('strong', {}, promptSize(p).one),
      `${promptSize(p).job} `,
      p.readout ? `Readout: ${p.readout.used}${p.readout.why ? ` (${p.readout.why})` : ''}.` : '',
    ),
    p.truncated?.length
      ? h(
          'ul',
          { class: 'remarks' },
          p.truncated.map(t => h('li', {}, h('strong', {}, t.part ?? 'text'), shortened(t))),
        )
      : h('p', { class: 'fact' }, 'Nothing was left out.'),
    h(
      'div',
      { class: 'prompt-do' },
      copy,
      p.sha256
        ? h('span', { class: 'fact mono', title: p.sha256 }, `SHA-256 ${shortHash(p.sha256)}`)
        : null,
    ),
    h(
      'ol',
      { class: 'prompt' },
      parts.map(x =>
        h(
          'li',
          { class: x.per_item ? 'per-item' : '' },
          h(
            'p',
            { class: 'part-head' },
            h('strong', {}, x.name),
            h(
              'span',
              {},
              [x.role, x.per_item ? 'differs for each item' : 'shared'].filter(Boolean).join(', '),
            ),
            h('span', { class: 'mono' }, counted(x.tokens ?? 0, 'token')),
          ),
          h('pre', { tabIndex: 0, 'aria-label': `Text of ${x.name}` }, x.text),
        ),
      ),
    ),
  ];
}
