// The fold of the standing preferences. What is in it is loaded when it is opened, or when there are some.
// mountPreferencesFold(root, store, intents)
import { h, fillWith, fold, styled } from '../../kit/dom.js';

export function mountPreferencesFold(root, store, intents) {
  const count = h('span', { class: 'count' });
  const body = h('div', {}, h('ol', { class: 'preferences', hidden: true }));
  const box = fold('Standing preferences', body);
  box.querySelector('h2').append(' ', count);
  box.open = false;
  fillWith(root, box);
  let loading = null;
  const load = () => {
    loading ??= Promise.all([import('./preferences.js'), styled('views.css')]).then(
      ([{ mountPreferences }]) => mountPreferences(body, count, store, intents),
      e => {
        loading = null;
        intents.notLoaded(e);
      },
    );
  };
  box.addEventListener('toggle', () => box.open && load());
  store.watch(['preferences'], s => s.preferences.length && load());
}
