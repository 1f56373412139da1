// What a person asks for: the wish and its parts, the catalogue, the member, the examples.
// wishActions(session, api, ranking, preferences); ranking: {stop, start, NO_LIST}; preferences: {load}
import { later } from '../kit/dom.js';
import * as st from '../kit/state.js';
import { toHash } from '../kit/url.js';

const NAMED = 20,
  SAMPLE = 500; // items that a first wish is made from

export function wishActions(session, api, ranking, preferences) {
  const { get, set, change, failed } = session;
  let splitting = null,
    splitFor = '';

  async function splitNow() {
    const text = get().wish.trim();
    splitting?.abort();
    splitFor = text;
    if (!text) return set({ clauses: st.mergeClauses(get().clauses, []), clauseError: '' });
    splitting = new AbortController();
    try {
      const { clauses } = await api.clauses(text, splitting.signal);
      if (get().wish.trim() === text)
        set({ clauses: st.mergeClauses(get().clauses, clauses), clauseError: '' });
    } catch (e) {
      if (e.name !== 'AbortError' && get().wish.trim() === text)
        set({
          clauses: st.mergeClauses(get().clauses, []),
          clauseError: `The parts are not known: ${e.message} The next ranking tries again.`,
        });
    }
  }
  const split = later(150, splitNow);

  // Parts edited for the wish as it was must not be sent with the wish as it is.
  async function settled() {
    const { clauses, clauseError, wish } = get();
    const touched = st.clausesTouched(clauses);
    const parts = clauseError || (touched && splitFor !== wish.trim()) ? splitNow() : null;
    if (touched) await parts;
  }

  function setWish(wish) {
    change({ wish });
    split();
  }

  async function loadSurface(catalog, again = false) {
    const kept = (get().catalogs ?? []).find(c => c.name === catalog)?.surface;
    const name = get().words || kept;
    if (!name) return set({ surface: null });
    const { surface } = get();
    if (surface?.name === name && surface.of === catalog && !again) return;
    try {
      const words = await api.surface(name);
      const own = name === 'generic' ? await ownWishes(catalog) : [];
      if (get().catalog !== catalog) return;
      const example_wishes = [...own, ...(words.example_wishes ?? [])];
      set({ surface: { name, ...words, of: catalog, example_wishes } });
    } catch (e) {
      if (get().words) {
        failed(`Words "${name}"`, e);
        set({ words: '' });
        return loadSurface(catalog, true);
      }
      set({ surface: { name, item_word: 'item', example_wishes: [] } });
    }
  }

  // What nobody wrote examples for has its own words.
  async function ownWishes(catalog) {
    try {
      const [{ firstWishes }, { items }] = await Promise.all([
        import('./first_wish.js'),
        api.items(catalog, { limit: SAMPLE }),
      ]);
      return firstWishes(items);
    } catch {
      return []; // a wish can be written without
    }
  }

  async function findMembers(q) {
    const { catalog, catalogs } = get();
    if (!catalogs?.find(c => c.name === catalog)?.members) return set({ members: [] });
    try {
      set({ members: (await api.members(catalog, { q, limit: 30 })).members });
    } catch {
      set({ members: [] });
    }
  }

  async function loadMember() {
    const { catalog, member } = get();
    const info = await api.member(catalog, member);
    if (get().member === member && get().catalog === catalog) set({ memberInfo: info });
  }

  return {
    split,
    settled,
    setWish,
    loadSurface,
    findMembers,
    loadMember,
    asSplit: wish => {
      splitFor = wish.trim();
    },

    useWish(wish) {
      set({ clauses: [] });
      setWish(wish);
    },

    resetClauses() {
      change({ clauses: [] });
      split();
    },

    // again: it holds other items than before.
    async setCatalog(catalog, again = false) {
      const before = get();
      const own = before.surface?.example_wishes ?? [];
      ranking.stop();
      set({
        catalog,
        words: '',
        member: '',
        memberInfo: null,
        members: [],
        preferences: [],
        examples: before.examples.filter(e => !e.item),
        ...ranking.NO_LIST,
      });
      await Promise.all([loadSurface(catalog, again), preferences.load()]);
      if (get().catalog !== catalog) return;
      // What was typed since is left alone.
      const { wish } = get();
      if (wish === before.wish && (!wish.trim() || own.includes(wish))) {
        set({ clauses: [], wish: get().surface?.example_wishes?.[0] ?? '' });
        split();
      }
      findMembers('');
      session.step(toHash(get()));
      return ranking.start();
    },

    // Words were saved under that name, or taken back: '' is the catalogue's own surface again.
    async useWords(name) {
      const own = (get().catalogs ?? []).find(c => c.name === get().catalog)?.surface;
      set({ words: name === own ? '' : name });
      await loadSurface(get().catalog, true);
      session.step(toHash(get()));
      return ranking.start();
    },

    async setMember(member) {
      change({ member, memberInfo: null });
      if (!member) return;
      try {
        await loadMember();
      } catch (e) {
        failed(`Member ${member}`, e);
      }
    },

    // Examples that came by a link know only their ids.
    async nameExamples() {
      const { catalog, examples } = get();
      const titles = new Map();
      await Promise.all(
        examples
          .filter(e => e.item && !e.title)
          .slice(0, NAMED)
          .map(async e => {
            const { items } = await api.items(catalog, { q: e.item, limit: 50 });
            const found = items.find(i => i.id === e.item);
            if (found) titles.set(e.item, found.title);
          }),
      );
      if (titles.size)
        set({
          examples: get().examples.map(e =>
            titles.has(e.item) ? { ...e, title: titles.get(e.item) } : e,
          ),
        });
    },
  };
}
