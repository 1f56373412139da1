// What is known of the member that was chosen. memberFacts(member) -> an element
import { h } from '../../kit/dom.js';
import { counted, when } from '../../kit/format.js';

export function memberFacts(m) {
  const recent = (m.history ?? []).slice(-8).reverse();
  const line = m.profile || (m.name !== m.id ? m.name : '') || 'No profile text.';
  if (!recent.length) return h('p', {}, `${line} No history: a cold start.`);
  return h(
    'details',
    {},
    h(
      'summary',
      {},
      `${line.replace(/[.\s]+$/, '')}. ${counted(m.history.length, 'past interaction')}`,
    ),
    h(
      'ul',
      { class: 'history' },
      recent.map(i =>
        h(
          'li',
          { title: when(i.at) },
          h(
            'span',
            { class: 'mono' },
            i.rating ? `${i.rating}/5` : i.label === 'dislike' || i.label < 0 ? '\u2212' : '+',
          ),
          ' ',
          i.title || i.item,
        ),
      ),
    ),
  );
}
