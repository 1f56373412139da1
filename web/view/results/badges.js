// What is known of a row's place beside its title. badges(item, state) -> elements
import { h } from '../../kit/dom.js';

// What is known of a row's place, in short words beside its title.
export function badges(i, s) {
  const measured = measuredOf(s, i.item);
  const list = [
    i.empty_rank === i.rank && [
      'same as empty profile',
      'The model puts it in this place without any wish, too.',
    ],
    measured && isStable(i, measured) && [
      'order-stable',
      `The same score alone and in ${measured.stability.orders} other orders.`,
    ],
  ].filter(Boolean);
  return list.map(([text, title]) => h('span', { class: 'badge', title }, text));
}

export const measuredOf = (s, item) =>
  s.explained?.key === s.resultKey ? s.explained.items.get(item) : undefined;
const isStable = (i, m) => m.stability?.changed === 0 && sameScore(i.score, m.score);
// Runs are stored with nine digits.
export const sameScore = (a, b) => Math.abs(a - b) <= 1e-7 * Math.max(1, Math.abs(a));
