// The head and foot of the page: name, views, tools, theme, and which model is at work.
// mountTop(root, foot, store, intents)
import { h, svg, fillWith, announce } from '../kit/dom.js';
import { modelDetail, modelName, whole, shortHash } from '../kit/format.js';
import { keep } from '../kit/session.js';
import { toHash } from '../kit/url.js';
import { TITLES } from '../act/stage.js';

const THEMES = ['auto', 'light', 'dark'];

// A glass that is also four ranked bars.
const mark = () =>
  svg(
    'svg',
    { viewBox: '0 0 32 32', class: 'mark', 'aria-hidden': 'true' },
    [
      [4, 4, 24, 5],
      [6, 11, 20, 5],
      [8, 18, 16, 5],
      [10, 25, 12, 4],
    ].map(([x, y, width, height]) => svg('rect', { x, y, width, height, rx: 1.5 })),
  );

function themeButton(store, intents) {
  const root = document.documentElement;
  const button = h('button', {
    type: 'button',
    class: 'quiet',
    id: 'theme',
    onclick: () => {
      root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
      keep('theme', root.dataset.theme);
      show();
      intents.tellTheme();
      announce(button.textContent);
    },
  });
  const show = () => {
    button.textContent = `Theme: ${root.dataset.theme}`;
  };
  show();
  store.watch(['theme'], show);
  return button;
}

// Links, so that each view opens in a new tab, too; Rank leads back to what was ranked last.
function viewLinks(store, intents) {
  const links = Object.keys(TITLES).filter(view => view !== 'story').map(view =>
    h('a', { href: view === 'rank' ? '#/' : `#/${view}`, 'data-view': view }, TITLES[view]),
  );
  const [rank, compare] = links;
  rank.addEventListener('click', () => {
    if (store.get().catalog) rank.href = toHash(store.get());
  });
  compare.addEventListener('click', e => {
    if (store.get().view === 'compare' || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    intents.compare();
  });
  store.watch(['view'], s => {
    for (const a of links)
      if (a.dataset.view === s.view) a.setAttribute('aria-current', 'page');
      else a.removeAttribute('aria-current');
  });
  return h('nav', { class: 'views', 'aria-label': 'Views' }, links);
}

export function mountTop(root, foot, store, intents) {
  const button = (text, id, onclick) =>
    h('button', { type: 'button', class: 'quiet', id, onclick }, text);
  const who = button('Sign out', 'sign-out', intents.signOut);
  fillWith(
    root,
    h('h1', { class: 'name' }, mark(), h('span', {}, 'Taproom')),
    viewLinks(store, intents),
    h(
      'div',
      { class: 'tools', role: 'group', 'aria-label': 'Tools' },
      button('Import', 'open-import', () => intents.openImport()),
      button('Keys', 'open-keys', intents.openKeys),
      themeButton(store, intents),
      who,
    ),
  );
  store.watch(['who'], s => {
    who.hidden = !s.who?.needed || s.who.user === null;
    fillWith(who, `Sign out${s.who?.user ? ` ${s.who.user}` : ''}`);
    who.title = s.who ? `Signed in with the role ${s.who.role}` : '';
  });
  store.watch(['model'], ({ model: m }) => {
    if (!m) return fillWith(foot);
    const facts = [
      m.architecture,
      m.parameters && `${whole(m.parameters)} parameters`,
      m.context && `${whole(m.context)} tokens of context`,
      [m.precision, m.backend].filter(Boolean).join(' on '),
    ]
      .filter(Boolean)
      .join(', ');
    fillWith(
      foot,
      h(
        'p',
        {},
        h('strong', { title: modelDetail(m) }, modelName(m)),
        ` ${facts}. `,
        m.sha256 ? h('span', { class: 'mono', title: m.sha256 }, shortHash(m.sha256)) : '',
      ),
      h('p', {}, 'Everything stays on this machine: the page, the model and what you write.'),
    );
  });
}
