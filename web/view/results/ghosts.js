// While a weight is dragged: each row says where it would go.
// drawGhosts(root, state): state.drag is {id, weight} or null
import { h, sr } from '../../kit/dom.js';
import { ghostsOf } from '../../kit/effect.js';

export function drawGhosts(root, s) {
  for (const el of root.querySelectorAll('.ghost')) el.remove();
  const ghosts = s.drag && s.result ? ghostsOf(s.result, placeOf(s), s.drag.weight) : null;
  root.classList.toggle('dragging', !!ghosts);
  if (!ghosts) return;
  for (const tr of root.querySelectorAll('tr.item')) {
    const item = s.result.items.find(i => i.item === tr.dataset.item);
    const to = ghosts.get(tr.dataset.item);
    if (!item || to === item.rank) continue;
    const up = to < item.rank;
    tr.querySelector('.col-rank').append(
      h(
        'span',
        { class: `ghost ${up ? 'up' : 'down'}` },
        h('span', { 'aria-hidden': 'true' }, `${up ? '\u2191' : '\u2193'}\u202f${to}`),
        sr(`, would be number ${to}`),
      ),
    );
  }
}

// Which clause of the answer is the one being dragged.
function placeOf(s) {
  const text = s.clauses.find(c => c.id === s.drag.id)?.text.trim();
  return (s.result.clauses ?? []).findIndex(c => c.source === 'wish' && c.text.trim() === text);
}
