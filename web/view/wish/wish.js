// The wish: which catalogue, for whom, the words, the rank and prompt buttons, example wishes.
// mountWish(root, store, intents)
import { h, put, fillWith, later } from '../../kit/dom.js';
import { counted } from '../../kit/format.js';
import { keep, recall } from '../../kit/session.js';
import { toList } from '../results/table.js';

export function mountWish(root, store, intents) {
  const scope = h(
    'div',
    { class: 'scope' },
    catalogPicker(store, intents),
    memberPicker(store, intents),
  );
  const area = h('textarea', {
    id: 'wish',
    class: 'wish',
    rows: 1,
    maxLength: 20000,
    spellcheck: true,
    placeholder: 'such as: slow, quiet stories',
    oninput: () => {
      grow(area);
      intents.setWish(area.value);
    },
  });
  const rankButton = h('button', {
    type: 'button',
    class: 'primary',
    id: 'rank',
    onclick: () => intents.rankOrCancel(),
  });
  const prompt = h(
    'button',
    { type: 'button', id: 'open-prompt', onclick: () => intents.openPrompt() },
    'Exact prompt',
  );
  const live = h('input', {
    type: 'checkbox',
    id: 'live-rank',
    checked: store.get().live,
    onchange: () => intents.setLive(live.checked),
  });
  const compare = h(
    'button',
    { type: 'button', id: 'open-compare', onclick: () => intents.compare() },
    'Compare',
  );
  const link = h(
    'button',
    { type: 'button', id: 'copy-link', onclick: () => intents.copyLink(link) },
    'Copy link',
  );
  fillWith(
    root,
    h('label', { class: 'wish-label', htmlFor: 'wish' }, 'I want to see'),
    area,
    h('a', { class: 'skip-on', href: '#answer', onclick: toList }, 'Skip to the list'),
    h('div', { class: 'actions' }, rankButton, prompt, compare, link, taller(root.parentNode)),
    h('label', { class: 'check live' }, live, 'Rank again as I edit'),
    hint(),
    scope,
    starters(store, intents),
  );
  store.watch(['wish'], s => {
    put(area, 'value', s.wish);
    grow(area);
  });
  store.watch(['running', 'result', 'catalogs', 'catalog'], s => {
    const text = s.running ? 'Cancel' : 'Rank';
    rankButton.classList.toggle('running', !!s.running);
    fillWith(
      rankButton,
      text,
      h('kbd', { 'aria-hidden': 'true' }, s.running ? 'Esc' : 'Ctrl \u21b5'),
    );
    rankButton.disabled = prompt.disabled = compare.disabled = !s.running && !s.catalog;
  });
  addEventListener(
    'resize',
    later(100, () => grow(area)),
  );
}

// On a phone and a tablet the wish and what belongs to it are a sheet below the list; this gives it more room.
function taller(sheet) {
  const button = h('button', {
    type: 'button',
    class: 'taller',
    id: 'sheet',
    'aria-controls': sheet.id,
    onclick: () => {
      sheet.classList.toggle('tall');
      show();
    },
  });
  const show = () => {
    const tall = sheet.classList.contains('tall');
    button.textContent = tall ? 'Less' : 'More';
    button.title = tall ? 'More room for the list' : 'Parts, limits, examples and settings';
    button.setAttribute('aria-expanded', String(tall));
  };
  show();
  return button;
}

// Three lines for who is here for the first time.
function hint() {
  if (recall('hint', 'on') !== 'on') return null;
  const box = h(
    'div',
    { class: 'first-run', id: 'first-run' },
    h(
      'ol',
      {},
      [
        'Write what you want: the list follows.',
        '+ or \u2212 on a row: more or less like it.',
        'Open a row: what each part did.',
      ].map(line => h('li', {}, line)),
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'quiet small',
        id: 'hint-away',
        onclick: () => {
          keep('hint', 'off');
          box.remove();
          document.getElementById('wish').focus();
        },
      },
      'Got it',
    ),
  );
  return box;
}

function grow(area) {
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight + 2}px`;
}

function catalogPicker(store, intents) {
  const select = h('select', { id: 'catalog', onchange: () => intents.setCatalog(select.value) });
  const facts = h('p', { class: 'fact' });
  store.watch(['catalogs', 'surface', 'catalog'], s => {
    const known = s.catalogs ?? [];
    const odd = s.catalog && !known.some(c => c.name === s.catalog);
    fillWith(
      select,
      known.map(c => h('option', { value: c.name }, c.name)),
      odd ? h('option', { value: s.catalog }, s.catalog) : null,
      known.length || odd
        ? null
        : h('option', { value: '' }, s.catalogs ? 'nothing yet' : 'loading'),
    );
    select.value = s.catalog;
    const c = known.find(k => k.name === s.catalog);
    facts.textContent = c
      ? [
          counted(c.items, s.surface?.item_word ?? 'item'),
          c.interactions ? counted(c.interactions, 'interaction') : 'no interactions yet',
        ].join(', ')
      : '';
  });
  return h(
    'div',
    { class: 'field' },
    h('label', { htmlFor: 'catalog' }, 'From the catalogue'),
    select,
    facts,
  );
}

function memberPicker(store, intents) {
  const options = h('datalist', { id: 'member-list' });
  const ask = later(200, text => intents.findMembers(text));
  const input = h('input', {
    id: 'member',
    type: 'text',
    list: 'member-list',
    autocomplete: 'off',
    placeholder: 'anyone',
    oninput: () => ask(input.value.trim()),
    onchange: () => intents.setMember(input.value.trim()),
  });
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'link',
      onclick: () => {
        intents.setMember('');
        input.focus();
      },
    },
    'Clear',
  );
  const facts = h('div', { class: 'fact' });
  const box = h(
    'div',
    { class: 'field' },
    h('div', { class: 'label-line' }, h('label', { htmlFor: 'member' }, 'For the member'), clear),
    input,
    options,
    facts,
  );
  store.watch(['members'], s =>
    fillWith(
      options,
      s.members.map(m =>
        h('option', { value: m.id }, m.name && m.name !== m.id ? m.name : m.profile),
      ),
    ),
  );
  // Loaded with the first member.
  async function drawFacts(info) {
    fillWith(facts);
    if (!info) return;
    try {
      const { memberFacts } = await import('./member_facts.js');
      if (store.get().memberInfo === info) fillWith(facts, memberFacts(info));
    } catch (e) {
      intents.notLoaded(e);
    }
  }
  store.watch(['member', 'memberInfo', 'catalogs', 'catalog'], s => {
    put(input, 'value', s.member);
    clear.hidden = !s.member;
    const c = (s.catalogs ?? []).find(k => k.name === s.catalog);
    input.disabled = !!c && !c.members && !s.member;
    input.placeholder = input.disabled ? 'none here' : 'anyone';
    drawFacts(s.memberInfo);
  });
  return box;
}

function starters(store, intents) {
  const list = h('ul', {});
  const box = h('details', { class: 'starters' }, h('summary', {}, 'Try another wish'), list);
  store.watch(['surface'], s => {
    const wishes = s.surface?.example_wishes ?? [];
    box.hidden = wishes.length === 0;
    fillWith(
      list,
      wishes.map(w =>
        h(
          'li',
          {},
          h('button', { type: 'button', class: 'starter', onclick: () => intents.useWish(w) }, w),
        ),
      ),
    );
  });
  return box;
}
