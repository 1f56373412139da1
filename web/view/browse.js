// Finding items: a search in the whole catalogue, page by page, with more/less like each.
// mountBrowse(api, store, intents) returns {show}
import { h, fillWith, makeDialog, later } from '../kit/dom.js';
import { counted, day, whole } from '../kit/format.js';
import { saveFile } from '../kit/save.js';
import { labelOf } from '../kit/state.js';

const PAGE = 50,
  EXPORTED = 200; // items asked for at once

// Further fields stand beside the known ones, as they do in a file.
const lineOf = ({ extra, ...item }) => JSON.stringify({ ...extra, ...item });

export function mountBrowse(api, store, intents) {
  const d = makeDialog('browse', 'Items of the catalogue');
  const ui = { at: 0, turn: 0, items: [], total: 0 };
  const search = h('input', {
    type: 'search',
    id: 'browse-q',
    autocomplete: 'off',
    placeholder: 'part of a title, a tag or a word of the text',
    oninput: later(200, () => load(0)),
  });
  const say = h('p', { class: 'fact', role: 'status' });
  const list = h('ul', { class: 'browse-list' });
  const back = h('button', { type: 'button', onclick: () => load(ui.at - PAGE) }, 'Previous');
  const next = h('button', { type: 'button', onclick: () => load(ui.at + PAGE) }, 'Next');
  const pager = h('div', { class: 'pager' }, back, next);
  fillWith(
    d.body,
    h('div', { class: 'field' }, h('label', { htmlFor: 'browse-q' }, 'Search'), search),
    say,
    list,
    pager,
    renaming(),
    h('div', { class: 'browse-do' }, exporting(), replacing(), dropping()),
  );

  async function load(at) {
    const mine = ++ui.turn;
    const { catalog } = store.get();
    try {
      const { items, total } = await api.items(catalog, {
        q: search.value.trim(),
        offset: at,
        limit: PAGE,
      });
      if (mine !== ui.turn) return;
      Object.assign(ui, { at, items, total });
      const word = store.get().surface?.item_word ?? 'item';
      const range = items.length ? `, ${at + 1} to ${at + items.length} are shown` : '';
      say.textContent = `${counted(total, word)} in ${catalog}${range}.`;
      back.disabled = at === 0;
      next.disabled = at + PAGE >= total;
      pager.hidden = total <= PAGE;
      d.dialog.scrollTop = 0;
      draw();
    } catch (e) {
      if (mine === ui.turn) say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
    }
  }

  const mark = (i, label) => {
    const title = i.title || i.id;
    const on = labelOf(store.get().examples, i.id) === label;
    return h(
      'button',
      {
        type: 'button',
        class: `mark-as ${label}`,
        'aria-pressed': String(on),
        'aria-label': `${label === 'like' ? 'More' : 'Less'} like ${title}`,
        onclick: e => {
          intents.markExample({ item: i.id, title, text: '', label });
          const at = [...list.querySelectorAll('.mark-as')].indexOf(e.currentTarget);
          draw();
          list.querySelectorAll('.mark-as')[at]?.focus();
        },
      },
      label === 'like' ? '+' : '\u2212',
    );
  };
  function draw() {
    fillWith(
      list,
      ui.items.map(i =>
        h(
          'li',
          {},
          h('span', { class: 'marks' }, mark(i, 'like'), mark(i, 'dislike')),
          h(
            'span',
            {},
            h('strong', { class: 'browse-title' }, i.title || i.id),
            h(
              'span',
              { class: 'blurb' },
              h('span', { class: 'tags' }, [day(i.time), ...(i.tags ?? [])].filter(Boolean).join(', ')),
              i.text ? ` ${i.text}` : '',
            ),
          ),
        ),
      ),
    );
  }

  // All items as JSONL, as an import reads them.
  function exporting() {
    const button = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        id: 'export-catalog',
        onclick: async () => {
          const { catalog } = store.get();
          const was = button.textContent;
          button.disabled = true;
          try {
            const lines = [];
            for (let at = 0, of = 1; at < of; ) {
              const { items, total } = await api.items(catalog, { offset: at, limit: EXPORTED });
              if (!items.length) break;
              lines.push(...items.map(lineOf));
              of = total;
              at += items.length;
              button.textContent = `${whole(at)} of ${whole(of)}`;
            }
            saveFile(`${catalog}.jsonl`, `${lines.join('\n')}\n`, 'application/jsonl');
          } catch (e) {
            say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
          }
          button.disabled = false;
          button.textContent = was;
        },
      },
      'Export as JSONL',
    );
    return button;
  }

  function replacing() {
    return h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        id: 'replace-catalog',
        onclick: () => {
          d.close();
          intents.openImport(null, store.get().catalog);
        },
      },
      'Replace by a file',
    );
  }

  function renaming() {
    const name = h('input', { type: 'text', id: 'catalog-name', maxLength: 64, autocomplete: 'off' });
    ui.name = name;
    return h(
      'form',
      {
        class: 'joined browse-name',
        onsubmit: async e => {
          e.preventDefault();
          const { catalog } = store.get();
          const to = name.value.trim();
          if (!to || to === catalog) return name.focus();
          try {
            await intents.renameCatalog(catalog, to);
            say.textContent = `${catalog} is called ${to} now.`;
          } catch (err) {
            say.textContent = [err.message, err.hint].filter(Boolean).join(' ');
            name.focus();
          }
        },
      },
      h('label', { htmlFor: 'catalog-name' }, 'Name'),
      name,
      h('button', { type: 'submit', id: 'rename-catalog' }, 'Rename'),
    );
  }

  // Deleting asks once more, by the button's own words.
  function dropping() {
    const said = h('p', { class: 'fact', role: 'status' });
    const button = h('button', {
      type: 'button',
      class: 'quiet',
      id: 'drop-catalog',
      onclick: () => (ui.sure ? drop() : ask()),
      onblur: () => calm(),
    });
    function calm() {
      ui.sure = false;
      button.textContent = 'Delete this catalogue';
      button.classList.remove('alarm');
    }
    function ask() {
      ui.sure = true;
      const { catalogs, catalog, surface } = store.get();
      const c = (catalogs ?? []).find(k => k.name === catalog) ?? {};
      const parts = [
        counted(c.items ?? 0, surface?.item_word ?? 'item'),
        c.members ? counted(c.members, 'member') : null,
        c.interactions ? counted(c.interactions, 'interaction') : null,
      ].filter(Boolean);
      const last = parts.pop();
      button.textContent = `Delete ${catalog} for good: ${parts.length ? `${parts.join(', ')} and ` : ''}${last}`;
      button.classList.add('alarm');
    }
    async function drop() {
      button.disabled = true;
      try {
        const { catalog } = store.get();
        await intents.dropCatalog(catalog, () => d.close());
        said.textContent = '';
      } catch (e) {
        said.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      }
      button.disabled = false;
      calm();
    }
    calm();
    ui.calm = calm;
    return [button, said];
  }

  return {
    show() {
      ui.calm();
      ui.name.value = store.get().catalog;
      d.open();
      search.focus();
      load(0);
    },
  };
}
