// Near misses: items that one limit alone kept from the list, in the order of the wish, each with the limit that it fails.
// mountNear(rank, intents) returns {show(request, funnel, word)}; rank: as in kit/api.js
import { h, fillWith, makeDialog } from '../../kit/dom.js';
import { counted, num } from '../../kit/format.js';
import { wordsOf } from './limit_marks.js';

export function mountNear(rank, intents) {
  const d = makeDialog('near', 'Near misses');
  let asked = null;
  d.dialog.addEventListener('close', () => asked?.abort());

  function row(i, constraints) {
    const title = i.title || i.item;
    const failed = constraints[i.outcomes.indexOf('fails')];
    const drop = () => {
      d.close();
      intents.giveUpLimit(failed);
    };
    return h(
      'li',
      {},
      h('strong', { class: 'near-title' }, title),
      h('span', { class: 'near-fails' }, failed ? `not ${wordsOf(failed)}` : 'fails one limit'),
      h('span', { class: 'mono', title: 'Score by the wish' }, num(i.score)),
      i.text ? h('span', { class: 'blurb' }, i.text) : null,
      failed?.clause === null || !failed
        ? null
        : h('button', { type: 'button', class: 'quiet small', onclick: drop }, `Give up \u201c${wordsOf(failed)}\u201d`),
    );
  }

  return {
    // request: of the list in sight; near: the funnel's count and ids
    async show(request, { near, near_items: ids }, word) {
      asked?.abort();
      asked = new AbortController();
      const { signal } = asked;
      fillWith(d.body, h('p', { class: 'fact', role: 'status' }, 'Ranking the near misses'));
      d.open();
      try {
        const more = { candidates: ids, constraints: 'after', top: ids.length, save: false };
        const r = await rank({ ...request, ...more }, { signal, progress() {}, score() {} });
        const of = near > ids.length ? `, the ${ids.length} most popular are shown` : '';
        fillWith(
          d.body,
          h('p', { class: 'fact' }, `${counted(near, word)} within all of your limits but one${of}, in the order of your wish.`),
          h('ul', { class: 'near-list' }, r.items.map(i => row(i, r.constraints))),
        );
      } catch (e) {
        if (e.name !== 'AbortError')
          fillWith(d.body, h('p', { class: 'notice error', role: 'alert' }, [e.message, e.hint].filter(Boolean).join(' ')));
      }
    },
  };
}
