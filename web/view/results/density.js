// The form of the rows. density(state, intents, id) -> a button
import { h } from '../../kit/dom.js';

// Rows of one line, or with room. On a phone it stands below the list instead, which leaves the rows their place.
export function density(s, intents, id = 'density') {
  const compact = s.density === 'compact';
  return h(
    'button',
    {
      type: 'button',
      class: 'quiet small',
      id,
      'data-key': id,
      'aria-pressed': String(compact),
      onclick: () => intents.setDensity(compact ? 'roomy' : 'compact'),
    },
    'Compact rows',
  );
}
