// From the address to the page: choices, stored runs, the other views; and back to a link.
// routeActions(session, api, wish, ranking, preferences, stage)
import { intoSight } from './rank.js';
import { announce } from '../kit/dom.js';
import * as st from '../kit/state.js';
import { fromHash, runHash, toHash } from '../kit/url.js';

const LONG_URL = 2000;

export function routeActions(session, api, wish, ranking, preferences, stage) {
  const { get, set, failed } = session;
  const { NO_LIST } = ranking;

  async function loadCatalogs() {
    const { catalogs } = await api.catalogs();
    set({ catalogs });
    return catalogs;
  }

  // Members and titles come later and may fail: the ranking itself names what is wrong.
  function fillIn() {
    if (get().member) wish.loadMember().catch(() => {});
    wish.findMembers('');
    wish.nameExamples().catch(() => {});
  }

  async function openRun(id, row) {
    ranking.cancel();
    try {
      const run = await api.run(id);
      const request = run.request ?? {};
      const own = (get().catalogs ?? []).find(c => c.name === request.catalog)?.surface;
      const choices = st.choicesOf(request, own);
      set({ ...choices, row, memberInfo: null, clauseError: '' });
      await Promise.all([wish.loadSurface(choices.catalog), preferences.need()]);
      ranking.show(st.keyOf(get()), run, null, {
        id,
        request,
        created: run.created,
      });
      if (!row) intoSight();
      wish.asSplit(choices.wish);
      takeClauses(request, run);
      if (!choices.clauses.length && !get().clauses.length) wish.split();
      fillIn();
    } catch (e) {
      failed(
        `Saved run ${id}`,
        e.status === 404
          ? Object.assign(e, {
              hint: 'It may have been deleted. Those that are left are under Runs; below is a new ranking.',
            })
          : e,
      );
      // The address names this run, so no other list may stand under it.
      set(NO_LIST);
      ranking.forget();
      if (e.status === 404 || !get().catalog) await openChoices(st.CHOICES, true);
    }
  }

  // What the wish was read as in fact stands under it, also when the split before had failed.
  function takeClauses(request, result) {
    if (get().wish.trim() !== (request.instruction ?? '')) return;
    const clauses = st.clausesOfResult(get(), result);
    if (clauses) set({ clauses, clauseError: '' });
  }

  // A link to a catalogue that is not there names those that are; what it asked of the other one is dropped.
  async function existing(choices) {
    const is = () => get().catalogs.some(c => c.name === choices.catalog);
    if (!choices.catalog || is()) return choices;
    await loadCatalogs().catch(() => {});
    if (is()) return choices;
    const names = get().catalogs.map(c => c.name);
    failed('This link', {
      message: `There is no catalogue "${choices.catalog}" here.`,
      hint: names.length ? `Choose one of: ${names.join(', ')}.` : 'Import it first.',
    });
    const examples = choices.examples.filter(e => !e.item);
    return { ...choices, catalog: '', member: '', examples, row: '', lost: true };
  }

  function firstCatalog() {
    const { catalogs } = get();
    const first =
      catalogs.find(c => c.name === 'movies' && c.items) ??
      catalogs.find(c => c.items) ??
      catalogs[0];
    return first?.name ?? '';
  }

  async function openChoices(asked, empty) {
    const { lost, ...choices } = await existing(asked);
    const catalog = choices.catalog || firstCatalog();
    const keeps = !lost && ranking.sameCatalog(catalog);
    set({
      ...choices,
      catalog,
      memberInfo: null,
      clauseError: '',
      stored: null,
      ...(keeps ? {} : { ...NO_LIST, row: choices.row }),
    });
    await Promise.all([wish.loadSurface(get().catalog), preferences.need()]);
    const s = get();
    if (empty || !(s.wish.trim() || s.examples.length || s.member))
      set({ wish: s.wish || (s.surface?.example_wishes?.[0] ?? '') });
    wish.asSplit(get().wish);
    if (!st.clausesTouched(get().clauses)) wish.split();
    fillIn();
    const key = st.keyOf(get());
    const known = ranking.known(key);
    if (known) ranking.show(key, known.result, known.previous);
    else if (get().catalogs.length && !lost) await ranking.look();
  }

  async function route() {
    session.stepTaken();
    for (const d of document.querySelectorAll('dialog[open]')) d.close();
    const to = fromHash(location.hash);
    ranking.stop();
    set({ view: to.view ?? 'rank' });
    if (to.view) {
      if (!get().catalog) {
        set({ catalog: firstCatalog() });
        await wish.loadSurface(get().catalog);
      }
      await preferences.need();
      return stage.enter(to.view, to.query);
    }
    stage.leave();
    return to.run ? openRun(to.run, to.row) : openChoices(to.choices, to.empty);
  }

  return {
    route,
    loadCatalogs,
    takeClauses,

    async link() {
      const s = get();
      const hash = toHash(s);
      const same = s.resultKey === st.keyOf(s);
      const run = same && (s.stored || hash.length > LONG_URL) ? await ranking.keepRun() : null;
      return location.origin + location.pathname + (run ? runHash(run, s.row) : hash);
    },

    rowLink(row) {
      const s = get();
      const hash = s.stored ? runHash(s.stored.id, row) : toHash({ ...s, row });
      return location.origin + location.pathname + hash;
    },

    openRow(row) {
      set({ row });
      const { stored } = get();
      const run = stored && location.hash.startsWith('#/run/');
      session.writeUrl(run ? runHash(stored.id, row) : toHash(get()), false);
    },

    // The list stays in sight, without the links to what is no more.
    async dropRun() {
      const { stored } = get();
      if (!stored) return;
      try {
        await api.dropRun(stored.id);
      } catch (e) {
        if (e.status !== 404) return failed('The run was not deleted', e);
      }
      set({ stored: null, result: { ...get().result, run: null } });
      session.writeUrl(toHash(get()), false);
      session.notice({ text: `Run ${stored.id} is deleted. Its list is still here; Rank makes a new run.` });
      document.getElementById('rank').focus();
    },

    async imported(name, quiet) {
      session.tell('catalogs');
      try {
        await loadCatalogs();
      } catch (e) {
        return failed('The catalogues could not be read again', e);
      }
      ranking.forgetAnswers();
      if (quiet) return;
      if (get().view !== 'rank') {
        set({ view: 'rank' });
        stage.leave();
      }
      const ranked = wish.setCatalog(name, true);
      intoSight();
      return ranked;
    },

    // The list stays: it is of the same items.
    async renameCatalog(name, to) {
      await api.renameCatalog(name, to);
      session.tell('catalogs');
      ranking.forgetAnswers();
      await loadCatalogs();
      set({ catalog: to, surface: { ...get().surface, of: to } });
      session.writeUrl(toHash(get()), false);
      await ranking.look();
    },

    // gone() is called once it is, before the next list comes.
    async dropCatalog(name, gone) {
      await api.dropCatalog(name);
      session.tell('catalogs');
      gone();
      ranking.forgetAnswers();
      await loadCatalogs();
      const text = `The catalogue ${name} is deleted.`;
      announce(text);
      await wish.setCatalog(firstCatalog());
      session.notice({ text }); // the start of a ranking would take it away
    },
  };
}
