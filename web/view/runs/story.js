// A saved run as a story to pass on: what was asked, what it did in a sentence, what moved, and the first of the list.
// mount(root, {session, api}) -> {enter(query)}; the address names the run by "id"
import { h, fillWith, copyText } from '../../kit/dom.js';
import { markOf } from '../../kit/charts.js';
import { headlineOf } from '../../kit/effect.js';
import { baselineName, counted, modelName, noMatch, num, signed, when } from '../../kit/format.js';
import { moversOf, moveWords } from '../../kit/movers.js';
import { choicesOf } from '../../kit/state.js';
import { outside } from '../results/limit_marks.js';
import { runHash } from '../../kit/url.js';

const FIRST = 10;

export function mount(root, { session, api }) {
  async function enter(query) {
    const id = new URLSearchParams(query).get('id') ?? '';
    fillWith(root, h('p', { class: 'fact', role: 'status' }, 'Reading the run'));
    try {
      fillWith(root, story(await api.run(id), id));
    } catch (e) {
      fillWith(root, h('h2', {}, 'There is no such story'));
      session.failed(`Saved run ${id}`, e);
    }
  }

  function story(run, id) {
    const request = run.request ?? {};
    const s = { ...choicesOf(request), result: run, preferences: [] };
    const moves = moversOf(run);
    const facts = [
      `from ${request.catalog}`,
      request.member && `for the member ${request.member}`,
      run.model && `by ${modelName(run.model)}`,
      when(run.created),
    ].filter(Boolean);
    const copy = h(
      'button',
      { type: 'button', id: 'story-link', onclick: () => copyText(location.href, copy) },
      'Copy link',
    );
    return [
      h('p', { class: 'story-said' }, run.name || request.instruction || 'Without a wish in words'),
      h('h2', {}, `${headlineOf(s)}.`),
      h('p', { class: 'fact' }, `${facts.join(', ')}.`),
      run.name && request.instruction ? h('p', {}, `The wish: \u201c${request.instruction}\u201d`) : null,
      run.comment ? h('p', { class: 'story-comment' }, run.comment) : null,
      moves.length
        ? [
            h('h3', {}, 'What moved'),
            h(
              'ul',
              { class: 'story-moves' },
              moves.map(m => h('li', { class: m.by > 0 ? 'up' : 'down' }, h('strong', {}, m.title), moveWords(m))),
            ),
          ]
        : null,
      h('h3', {}, `The first ${Math.min(FIRST, run.items.length)} of ${counted(run.items.length, 'row')}`),
      h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The first of the list' }, table(run)),
      h(
        'div',
        { class: 'tour-do' },
        h('a', { href: runHash(id) }, 'Open the run'),
        copy,
        h('a', { href: api.runFile(id, 'html'), download: `${id}.html` }, 'Save as HTML'),
      ),
    ];
  }

  function table(run) {
    const items = run.items.slice(0, FIRST);
    const placed = (i, b) => (i.baselines?.[b]?.score != null && !noMatch(b, i.baselines[b]) ? i.baselines[b].rank : null);
    const names = Object.keys(run.baselines ?? {}).filter(b => items.some(i => placed(i, b) !== null));
    return h(
      'table',
      { class: 'ranks story-table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Title', 'Rank', 'Score'].map(t => h('th', { scope: 'col' }, t)),
          names.map(b => h('th', { scope: 'col' }, markOf(b), ' ', baselineName(b))),
        ),
      ),
      h(
        'tbody',
        {},
        items.map(i =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, i.title || i.item, outside(i) ? h('span', { class: 'fact' }, ' outside the limits') : null),
            h('td', { class: 'mono' }, i.rank),
            h('td', { class: 'mono' }, num(i.score)),
            names.map(b => {
              const at = placed(i, b);
              return h('td', { class: 'mono' }, at === null ? (noMatch(b, i.baselines?.[b]) ? 'no match' : 'no data') : `${at} (${signed(at - i.rank)})`);
            }),
          ),
        ),
      ),
    );
  }

  return { enter };
}
