// Saved runs: each a link to its stored order.
// mountRuns(api) returns {show}
import { h, fillWith, makeDialog } from './dom.js';
import { when, counted } from './format.js';

const PAGE = 20;

export function mountRuns(api) {
  const d = makeDialog('runs', 'Saved runs');
  const list = h('ul', { class: 'runs' });
  const say = h('p', { class: 'fact', role: 'status' });
  const more = h('button', { type: 'button', onclick: () => load() }, 'Show more');
  fillWith(d.body, say, list, more);
  const load = async () => {
    more.hidden = true;
    say.textContent = 'Loading';
    try {
      const { runs, total } = await api.runs(list.childElementCount, PAGE);
      list.append(
        ...runs.map(r =>
          h(
            'li',
            {},
            h(
              'a',
              { href: `#/run/${encodeURIComponent(r.id)}`, onclick: () => d.close() },
              r.title || 'Without a wish',
            ),
            h('span', { class: 'fact' }, [r.catalog, when(r.created)].join(', ')),
          ),
        ),
      );
      say.textContent = total
        ? `${counted(total, 'run')}, the newest first. Every ranking is kept here.`
        : 'No run yet. Every ranking you make is kept here.';
      more.hidden = list.childElementCount >= total || !runs.length;
    } catch (e) {
      say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      more.hidden = false;
    }
  };
  return {
    show() {
      list.replaceChildren();
      d.open();
      load();
    },
  };
}
