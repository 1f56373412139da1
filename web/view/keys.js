// The list of keys, and the switch for single letters (some speech and switch input types stray letters).
// mountKeys() returns {show}
import { h, fillWith, makeDialog } from '../kit/dom.js';
import { keep, recall } from '../kit/session.js';

const KEYS = [
  ['/', 'write the wish'],
  ['Ctrl Enter', 'rank'],
  ['Esc', 'cancel the ranking; close a row or a window'],
  ['\u2191 \u2193', 'move through the rows'],
  ['Home End', 'first and last row'],
  ['Enter', 'open or close a row'],
  ['+ \u2212', 'more or less like the row'],
  ['c', 'compare this ranking with another'],
  ['w', 'why: leave out each part of the row\u2019s score'],
  ['?', 'this list'],
];

export function mountKeys() {
  const d = makeDialog('keys', 'Keys');
  const box = h('input', {
    type: 'checkbox',
    id: 'letters',
    checked: recall('letters', 'on') === 'on',
    onchange: () => keep('letters', box.checked ? 'on' : 'off'),
  });
  fillWith(
    d.body,
    h(
      'dl',
      { class: 'keys' },
      KEYS.map(([k, what]) => [
        h(
          'dt',
          {},
          k.split(' ').map(x => h('kbd', {}, x)),
        ),
        h('dd', {}, what),
      ]),
    ),
    h('label', { class: 'check' }, box, 'Single characters such as / and ? are shortcuts'),
  );
  return { show: d.open };
}
