// The standing preferences: which count, in which order, until when; and a line to keep another one.
// mountPreferences(body, count, store, intents): the inside of their fold, and the number in its heading
import { h, fillWith, keepFocus, announce } from '../../kit/dom.js';
import { counted, when } from '../../kit/format.js';
import { standingOf } from '../../kit/state.js';

const DAY = 86400;
const ENDS = [
  [0, 'until I remove it'],
  [DAY, 'for a day'],
  [3 * DAY, 'for 3 days'],
  [7 * DAY, 'for a week'],
  [30 * DAY, 'for 30 days'],
];
const WIDE = '(min-width: 941px)';

export function mountPreferences(body, count, store, intents) {
  const box = body.parentNode;
  const say = h('p', { class: 'fact' });
  const list = h('ol', { class: 'clauses preferences', 'aria-label': 'Standing preferences' });
  const all = h('input', {
    type: 'checkbox',
    id: 'standing',
    onchange: () => intents.setChoice('standing', all.checked),
  });
  const switchAll = h('label', { class: 'check' }, all, 'Let them count in this ranking');
  fillWith(body, say, switchAll, list, adder(store, intents));

  let had = 0;
  store.watch(['preferences', 'member', 'standing', 'catalog'], s => {
    const mine = s.preferences.filter(p => !p.member || p.member === s.member);
    const others = s.preferences.length - mine.length;
    const on = standingOf(s).length;
    count.textContent = mine.length ? `${on} of ${mine.length} on` : '';
    say.textContent = [
      mine.length ? '' : 'Kept for every ranking of this catalogue, whatever the wish, until they end.',
      others ? `${counted(others, 'preference')} of other members.` : '',
    ]
      .filter(Boolean)
      .join(' ');
    say.hidden = !say.textContent;
    switchAll.hidden = !mine.length;
    all.checked = s.standing;
    keepFocus(list, () =>
      fillWith(
        list,
        mine.map((p, i) => row(p, mine, i, intents)),
      ),
    );
    if (mine.length > had && matchMedia(WIDE).matches) box.open = true;
    had = mine.length;
  });
}

function row(p, all, i, intents) {
  const less = p.sign < 0;
  const name = `${less ? 'less' : 'more'} ${p.text}`;
  const text = h('input', {
    type: 'text',
    class: 'clause-text',
    value: p.text,
    maxLength: 2000,
    autocomplete: 'off',
    'data-key': `text-${p.id}`,
    'aria-label': `Words of the preference ${name}`,
    onchange: () => {
      if (text.value.trim()) intents.editPreference(p.id, { text: text.value.trim() });
      else text.value = p.text;
    },
    onkeydown: e => {
      if (e.key === 'Enter' && !e.ctrlKey) text.blur();
    },
  });
  const on = h('input', {
    type: 'checkbox',
    checked: p.active && !p.expired,
    disabled: p.expired,
    'data-key': `on-${p.id}`,
    'aria-label': `On: ${name}`,
    onchange: () => intents.editPreference(p.id, { active: on.checked }),
  });
  const shown = h('output', { class: 'mono' }, p.weight.toFixed(1));
  const weight = h('input', {
    type: 'range',
    min: 0,
    max: 2,
    step: 0.1,
    value: p.weight,
    'data-key': `weight-${p.id}`,
    'aria-label': `Weight of ${p.text}`,
    oninput: () => (shown.textContent = Number(weight.value).toFixed(1)),
    onchange: () => intents.editPreference(p.id, { weight: Number(weight.value) }),
  });
  return h(
    'li',
    { class: `clause${less ? ' less' : ''}${p.active && !p.expired ? '' : ' off'}` },
    h(
      'button',
      {
        type: 'button',
        class: 'sign',
        'data-key': `sign-${p.id}`,
        'aria-label': `${less ? 'Less' : 'More'} of ${p.text}. Press to change.`,
        onclick: () => intents.editPreference(p.id, { sign: less ? 1 : -1 }),
      },
      less ? 'less' : 'more',
    ),
    text,
    h(
      'button',
      {
        type: 'button',
        class: 'quiet small gone',
        title: 'Remove this preference',
        'aria-label': `Remove ${name}`,
        'data-key': `gone-${p.id}`,
        onclick: () => {
          intents.dropPreference(p.id);
          document.getElementById('preference-new').focus();
        },
      },
      '\u00d7',
    ),
    h('span', { class: 'weigh' }, weight, shown),
    h(
      'div',
      { class: 'standing-line' },
      h('label', { class: 'check' }, on, 'on'),
      endOf(p, name, intents),
      mover(p, all[i - 1], 'Up', name, intents),
      mover(p, all[i + 1], 'Down', name, intents),
    ),
    p.member ? h('p', { class: 'fact' }, `for member ${p.member}`) : null,
  );
}

const mover = (p, other, to, name, intents) =>
  h(
    'button',
    {
      type: 'button',
      class: 'quiet small move',
      'data-key': `${to}-${p.id}`,
      'aria-label': `${to}: ${name}`,
      title: `Move ${to.toLowerCase()}`,
      // Not disabled, so that the focus stays where it is at the end of the list.
      'aria-disabled': other ? null : 'true',
      onclick: async () => {
        if (!other) return;
        await intents.movePreference(p.id, other.id);
        announce(`${name} moved ${to.toLowerCase()}`);
      },
    },
    to === 'Up' ? '\u2191' : '\u2193',
  );

// Its end now stands first; any other choice counts from this moment.
function endOf(p, name, intents) {
  const now = p.expires ? `${p.expired ? 'ended' : 'until'} ${when(p.expires)}` : 'until removed';
  const select = h(
    'select',
    {
      'data-key': `end-${p.id}`,
      'aria-label': `End of ${name}`,
      onchange: () => select.value && intents.endPreference(p.id, Number(select.value)),
    },
    h('option', { value: '' }, now),
    ENDS.filter(([s]) => s || p.expires).map(([s, t]) => h('option', { value: s }, t)),
  );
  return select;
}

function adder(store, intents) {
  const text = h('input', {
    type: 'text',
    id: 'preference-new',
    autocomplete: 'off',
    maxLength: 2000,
    placeholder: 'nothing with giant robots',
    'aria-label': 'New standing preference',
  });
  const end = h(
    'select',
    { id: 'preference-end', 'aria-label': 'How long it stays' },
    ENDS.map(([s, t]) => h('option', { value: s }, t)),
  );
  const only = h('input', { type: 'checkbox', id: 'preference-own' });
  const whose = h('span');
  const mine = h('label', { class: 'check' }, only, whose);
  store.watch(['member'], s => {
    mine.hidden = !s.member;
    only.checked = !!s.member;
    whose.textContent = `only for member ${s.member}`;
  });
  const keep = async words => {
    const member = only.checked ? store.get().member : '';
    await intents.addPreference(words, { seconds: Number(end.value), member });
    announce(`Kept: ${words}`);
  };
  return h(
    'form',
    {
      class: 'keep',
      onsubmit: e => {
        e.preventDefault();
        const words = text.value.trim();
        if (!words) return text.focus();
        text.value = '';
        keep(words);
      },
    },
    h('div', { class: 'joined' }, text, h('button', { type: 'submit' }, 'Keep')),
    h('div', { class: 'standing-line' }, end, mine),
  );
}
