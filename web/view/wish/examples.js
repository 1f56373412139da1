// Examples: items marked on the rows, and free texts written here.
// mountExamples(root, store, intents)
import { h, fillWith, keepFocus, fold } from '../../kit/dom.js';

export function mountExamples(root, store, intents) {
  const list = h('ul', { class: 'examples' });
  const text = h('input', {
    type: 'text',
    id: 'example-new',
    autocomplete: 'off',
    placeholder: 'giant robots',
    'aria-label': 'Example in words',
  });
  const add = label => () => {
    if (!text.value.trim()) return text.focus();
    intents.addExample(text.value.trim(), label);
    text.value = '';
  };
  const form = h(
    'form',
    {
      class: 'joined',
      onsubmit: e => {
        e.preventDefault();
        add('like')();
      },
    },
    text,
    h('button', { type: 'submit' }, 'Like'),
    h('button', { type: 'button', onclick: add('dislike') }, 'Dislike'),
  );
  const say = h('p', { class: 'fact' });
  const browse = h(
    'button',
    {
      type: 'button',
      class: 'quiet small',
      id: 'open-browse',
      onclick: () => intents.openBrowse(),
    },
    'Find items in the catalogue',
  );
  const box = fold('Examples', list, say, form, browse);
  fillWith(root, box);
  store.watch(['examples'], s => {
    keepFocus(list, () =>
      fillWith(
        list,
        s.examples.map((e, i) => {
          const name = e.title || e.text || e.item;
          const less = e.label === 'dislike';
          return h(
            'li',
            { class: less ? 'less' : '' },
            h(
              'button',
              {
                type: 'button',
                class: 'sign',
                'data-key': `sign-${i}`,
                'aria-label': `${less ? 'dislike' : 'like'}: ${name}. Press to change.`,
                onclick: () => intents.markExample({ ...e, label: less ? 'like' : 'dislike' }),
              },
              less ? 'dislike' : 'like',
            ),
            h('span', { class: 'example-name' }, name),
            h(
              'button',
              {
                type: 'button',
                class: 'quiet small',
                'data-key': `gone-${i}`,
                'aria-label': `Remove ${name}`,
                onclick: () => intents.markExample(e),
              },
              'Remove',
            ),
          );
        }),
      ),
    );
    if (s.examples.length) box.open = true;
    say.textContent = s.examples.length ? '' : 'Press + or \u2212 on a row, or describe one here.';
  });
}
