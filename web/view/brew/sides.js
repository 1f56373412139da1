// The person's own last wishes, ranked by the model before and after a brew, side by side.
// wishSides({api, session, brew}) -> element
import { rank } from '../../kit/api.js';
import { h, fillWith, announce } from '../../kit/dom.js';
import { compareHash } from '../../kit/url.js';
import { lastWishes, movesOf } from './words.js';

const RUNS = 20;
const SHOWN = 5;
const OF = 30;

const modelOf = b => `${b.model}+${b.state === 'adopted' ? b.name : b.id}`;

export function wishSides({ api, session, brew }) {
  const say = h('p', { class: 'fact', role: 'status' });
  const lists = h('div', { class: 'brew-wishes' });
  const go = h('button', { type: 'button', id: 'brew-sides', onclick: run }, 'Rank my last wishes before and after');
  const element = h('section', { class: 'brew-sides', 'aria-label': 'Your last wishes' }, h('h4', {}, 'Your last wishes'), go, say, lists);

  async function run() {
    go.disabled = true;
    lists.replaceChildren();
    try {
      const wishes = lastWishes((await api.runs(0, RUNS)).runs);
      say.textContent = wishes.length ? '' : 'No saved wish yet: rank one with the button, then come back.';
      for (const w of wishes) {
        say.textContent = `Ranking \u201c${w.title}\u201d twice\u2026`;
        lists.append(await one(await api.run(w.id), w.title));
      }
      if (wishes.length) announce('The last wishes are ranked before and after');
      say.textContent = wishes.length ? `The first ${SHOWN} of at most ${OF} candidates.` : say.textContent;
    } catch (e) {
      say.textContent = '';
      session.failed('The last wishes', e, run);
    }
    go.disabled = false;
  }

  async function one(stored, title) {
    const request = {
      ...stored.request,
      candidates: stored.items.slice(0, OF).map(x => x.item),
      save: false,
    };
    const by = model => rank({ ...request, model }, { progress() {}, score() {} });
    const before = await by(brew.model);
    const after = await by(modelOf(brew));
    const side = (name, rows) => h('div', {}, h('h6', {}, name), h('ol', {}, rows));
    return h(
      'div',
      { class: 'brew-wish' },
      h('h5', {}, title),
      side('before', before.items.slice(0, SHOWN).map(x => h('li', {}, x.title))),
      side('after', movesOf(before.items, after.items, SHOWN).map(x => h('li', {}, x.title, ' ', move(x)))),
    );
  }
  return element;
}

function move({ moved, was }) {
  if (!moved) return null;
  const words = `${moved > 0 ? 'up' : 'down'} ${Math.abs(moved)}, was ${was}`;
  return h('span', { class: moved > 0 ? 'up' : 'down' }, `${moved > 0 ? '\u25B2' : '\u25BC'} ${words}`);
}

// A comparison of a choice by the model and by the model with an adapter.
export const beforeAfterHash = (state, base, adapted) =>
  compareHash([
    { choices: { ...state, modelId: base } },
    { choices: { ...state, modelId: adapted } },
  ]);
