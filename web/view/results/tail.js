// Below the list: its exports, the same ranking from elsewhere, what the baselines learnt from. runTail(state, intents)
import { h, copyText } from '../../kit/dom.js';
import * as f from '../../kit/format.js';
import { requestOfKey } from '../../kit/state.js';
import { runHash, storyHash } from '../../kit/url.js';
import { density } from './density.js';
import { columnsOf, withData } from './table.js';

export function runTail(s, intents) {
  const r = s.result;
  const shown = new Set(withData(r));
  const notes = columnsOf(r)
    .map(b => [b, r.baselines?.[b]])
    .filter(([b, x]) => !shown.has(b) || x?.trained_on)
    .map(([b, x]) =>
      h(
        'li',
        {},
        h('strong', {}, f.baselineName(b)),
        !shown.has(b) ? `: no data${x?.why ? ` (${x.why})` : ''}` : `: from ${x.trained_on}`,
      ),
    );
  const links = (r.run || r.typed) && h(
    'p',
    { class: 'exports' },
    [
      ['permalink', 'Link to this run', id => ({ href: runHash(id) })],
      ['story', 'Its story', id => ({ href: storyHash(id) })],
      ...['json', 'csv', 'html'].map(format => [
        `export-${format}`,
        format.toUpperCase(),
        id => ({ href: intents.runFile(id, format), download: `${id}.${format}` }),
      ]),
    ].map(([id, text, to]) =>
      r.run
        ? h('a', { id, ...to(r.run) }, text)
        : h('button', { type: 'button', class: 'link', id, onclick: () => kept(id) }, text),
    ),
  );
  // A list made while typing is no run yet: it becomes one, and then the link is followed.
  async function kept(id) {
    if (await intents.keepRun()) document.getElementById(id)?.click();
  }
  return [density(s, intents, 'density-below'), links, copyAs(s, intents), notes.length ? h('ul', { class: 'trained' }, notes) : null];
}

// The same ranking from elsewhere, and a check that its first five stay.
function copyAs(s, intents) {
  const request = s.stored?.request ?? requestOfKey(s.resultKey);
  const copy = async (name, button) => {
    try {
      const { SNIPPETS } = await import('../../kit/snippets.js');
      await copyText(SNIPPETS[name](location.origin, request, s.result.items), button);
    } catch (e) {
      intents.notLoaded(e);
    }
  };
  const made = name => {
    const id = `copy-${name.toLowerCase().replace(' ', '-')}`;
    const button = h(
      'button',
      { type: 'button', class: 'small', id, onclick: () => copy(name, button) },
      name,
    );
    return button;
  };
  return h(
    'p',
    { class: 'copy-as', role: 'group', 'aria-label': 'Copy this ranking as' },
    h('span', { class: 'fact' }, 'Copy as'),
    ['curl', 'Python', 'JavaScript', 'CI check'].map(made),
  );
}
