// Starts the page: the views are mounted on one store, and the intents below are the only ones to change it.
// Layout: the wish stays beside its effect. Of three sketches (a form above a table; a bump chart of ranks; a letter
// beside a printed league table) the third keeps both in sight, reads on a phone as one column, and needs no legend.
import { api, rank } from './api.js';
import { announce, later, copyText } from './dom.js';
import { counted, duration } from './format.js';
import * as st from './state.js';
import { mountKeyboard } from './keys.js';
import { mountTop } from './view_top.js';
import { mountNotices } from './view_notices.js';
import { mountWish } from './view_wish.js';
import { mountClauses } from './view_clauses.js';
import { mountExamples } from './view_examples.js';
import { mountSettings } from './view_settings.js';
import { mountProgress } from './view_progress.js';
import { mountResults } from './view_results.js';
import { mountPrompt } from './view_prompt.js';
import { mountRuns } from './view_runs.js';
import { mountImport } from './view_import.js';
import { mountKeys } from './view_keys.js';

const store = st.createState(st.INITIAL);
const { get, set } = store;
const LONG_URL = 2000,
  KEPT = 20,
  DOUBLE_CLICK_MS = 400,
  NO_JOB = { job: null, running: false },
  NO_LIST = { result: null, resultKey: '', previous: null, stored: null, row: '' };
const answers = new Map(); // request as JSON -> {result, previous}: Back shows the list as it was
let abort = null,
  splitting = null,
  splitFor = '',
  dirty = false,
  noticeId = 0,
  startedAt = 0,
  shown = null;

// --- notices
function notice(n) {
  const same = x =>
    x.title === n.title && x.text === n.text && x.error?.message === n.error?.message;
  set({
    notices: [...get().notices.filter(x => !same(x)), { id: ++noticeId, kind: 'note', ...n }],
  });
}
const failed = (title, error, retry) => notice({ kind: 'error', title, error, retry });
const dismiss = id => set({ notices: get().notices.filter(n => n.id !== id) });

// --- URL: the first edit after a ranking is a new step for Back, further edits belong to the same step
function writeUrl(hash, push) {
  if (location.hash === hash) return;
  history[push ? 'pushState' : 'replaceState'](null, '', hash);
}
const edited = later(150, () => {
  const hash = st.toHash(get());
  if (location.hash === hash) return;
  writeUrl(hash, !dirty);
  dirty = true;
});
function change(patch) {
  set(patch);
  edited();
}

// --- wish and clauses
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
const split = later(250, splitNow);
function setWish(wish) {
  change({ wish });
  split();
}
function useWish(wish) {
  set({ clauses: [] });
  setWish(wish);
}
function resetClauses() {
  change({ clauses: [] });
  split();
}

// --- catalogue and member
async function loadCatalogs() {
  const { catalogs } = await api.catalogs();
  set({ catalogs });
  return catalogs;
}

async function loadSurface(catalog) {
  const name = (get().catalogs ?? []).find(c => c.name === catalog)?.surface;
  if (!name) return set({ surface: null });
  if (get().surface?.name === name) return;
  try {
    set({ surface: { name, ...(await api.surface(name)) } });
  } catch {
    set({ surface: { name, item_word: 'item', example_wishes: [] } });
  }
}

const hasWords = s => s.wish.trim() || s.examples.length || s.member;

async function setCatalog(catalog) {
  const before = get();
  const own = before.surface?.example_wishes ?? [];
  stop();
  change({
    catalog,
    member: '',
    memberInfo: null,
    members: [],
    examples: before.examples.filter(e => !e.item),
    ...NO_LIST,
  });
  await loadSurface(catalog);
  if (get().catalog !== catalog) return;
  if (!before.wish.trim() || own.includes(before.wish))
    useWish(get().surface?.example_wishes?.[0] ?? '');
  findMembers('');
  return start();
}

const findMembers = async q => {
  const { catalog, catalogs } = get();
  if (!catalogs?.find(c => c.name === catalog)?.members) return set({ members: [] });
  try {
    set({ members: (await api.members(catalog, { q, limit: 30 })).members });
  } catch {
    set({ members: [] });
  }
};

async function setMember(member) {
  change({ member, memberInfo: null });
  if (!member) return;
  try {
    const info = await api.member(get().catalog, member);
    if (get().member === member) set({ memberInfo: info });
  } catch (e) {
    failed(`Member ${member}`, e);
  }
}

// Examples that came by a link know only their ids.
async function nameExamples() {
  const { catalog, examples } = get();
  const titles = new Map();
  await Promise.all(
    examples
      .filter(e => e.item && !e.title)
      .slice(0, KEPT)
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
}

// --- ranking
function remember(key, entry) {
  answers.delete(key);
  answers.set(key, entry);
  if (answers.size > KEPT) answers.delete(answers.keys().next().value);
}

function show(key, result, previous, stored = null) {
  shown = { catalog: get().catalog, items: result.items ?? [] };
  set({ result, resultKey: key, previous, stored, ...NO_JOB, sort: 'rank' });
}

async function start(request = st.requestOf(get()), key = JSON.stringify(request)) {
  if (!request.catalog) return;
  abort?.abort();
  const mine = (abort = new AbortController());
  const before = shown?.catalog === request.catalog ? shown.items : null;
  if (!get().running) startedAt = performance.now();
  set({
    notices: get().notices.filter(n => n.kind === 'error'),
    running: true,
    job: { phase: 'start', items_done: 0, items_total: 0, started: performance.now(), scores: [] },
  });
  announce('Ranking started');
  try {
    const result = await rank(request, {
      signal: mine.signal,
      progress: p => {
        if (abort === mine) set({ job: { ...get().job, ...p } });
      },
      score: s => {
        if (abort === mine && Number.isFinite(s))
          set({ job: { ...get().job, scores: [...get().job.scores, s] } });
      },
    });
    if (abort !== mine) return;
    remember(key, { result, previous: before });
    show(key, result, before);
    if (get().wish.trim() === request.instruction) takeClauses(result);
    const n = counted(result.items?.length ?? 0, get().surface?.item_word ?? 'item');
    const first = result.items?.[0]?.title ?? 'nothing';
    announce(`Ranked ${n} in ${duration(result.timing?.score_ms ?? 0)}. First: ${first}.`);
  } catch (e) {
    if (abort !== mine) return;
    set(NO_JOB);
    if (e.name !== 'AbortError') failed('The ranking did not finish', e, () => start(request, key));
  } finally {
    if (abort === mine) abort = null;
  }
}

// What the wish was read as in fact stands under it, also when the split before had failed.
function takeClauses(result) {
  const clauses = st.clausesOfResult(get(), result);
  if (clauses) set({ clauses, clauseError: '' });
}

// A ranking that a person asks for: the URL becomes a step of its own, and the list comes into sight.
async function rankNow() {
  document.activeElement?.matches?.('.clause-text, #member, input[type=number]') &&
    document.activeElement.dispatchEvent(new Event('change'));
  // Parts edited for the wish as it was must not be sent with the wish as it is.
  const { clauses, clauseError, wish } = get();
  const touched = st.clausesTouched(clauses);
  const parts = clauseError || (touched && splitFor !== wish.trim()) ? splitNow() : null;
  if (touched) await parts;
  set({ row: '' });
  writeUrl(st.toHash(get()), !dirty);
  dirty = false;
  const done = start();
  const answer = document.getElementById('answer');
  if (answer.getBoundingClientRect().top > innerHeight * 0.6)
    answer.scrollIntoView({ block: 'start' });
  return done;
}

function stop() {
  abort?.abort();
  abort = null;
  if (get().job) set(NO_JOB);
}

function cancel() {
  const { job, result, surface } = get();
  if (!job) return;
  stop();
  const done = job.items_total
    ? ` after ${job.items_done} of ${counted(job.items_total, surface?.item_word ?? 'item')}`
    : '';
  notice({ text: `Cancelled${done}.${result ? ' The list below is the earlier one.' : ''}` });
}

function runAgain() {
  const { stored } = get();
  if (!stored) return;
  writeUrl(st.toHash(get()), true);
  dirty = false;
  return start(stored.request, JSON.stringify(st.requestOf(get())));
}

// --- stored runs and routes
async function openRun(id, row) {
  cancel();
  try {
    const run = await api.run(id);
    const request = run.request ?? {};
    const choices = st.choicesOf(request);
    set({ ...choices, row, memberInfo: null, clauseError: '' });
    await loadSurface(choices.catalog);
    show(JSON.stringify(st.requestOf(get())), run, null, { id, request, created: run.created });
    splitFor = choices.wish.trim();
    takeClauses(run);
    if (!choices.clauses.length && !get().clauses.length) split();
    if (choices.member) setMemberQuietly();
    findMembers('');
    nameExamples().catch(() => {});
  } catch (e) {
    failed(
      `Saved run ${id}`,
      e.status === 404
        ? Object.assign(e, {
            hint: 'It may have been deleted. Saved runs lists those that are left; below is a new ranking.',
          })
        : e,
    );
    // The address names this run, so no other list may stand under it.
    set(NO_LIST);
    shown = null;
    if (e.status === 404 || !get().catalog) await openChoices(st.CHOICES, true);
  }
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

async function openChoices(asked, empty) {
  const { lost, ...choices } = await existing(asked);
  const { catalogs } = get();
  const first =
    catalogs.find(c => c.name === 'movies' && c.items) ??
    catalogs.find(c => c.items) ??
    catalogs[0];
  const catalog = choices.catalog || first?.name || '';
  set({
    ...choices,
    catalog,
    memberInfo: null,
    clauseError: '',
    stored: null,
    ...(lost || shown?.catalog !== catalog ? { ...NO_LIST, row: choices.row } : {}),
  });
  await loadSurface(get().catalog);
  if (empty || !hasWords(get()))
    set({ wish: get().wish || (get().surface?.example_wishes?.[0] ?? '') });
  splitFor = get().wish.trim();
  if (!st.clausesTouched(get().clauses)) split();
  if (get().member) setMemberQuietly();
  findMembers('');
  nameExamples().catch(() => {});
  const key = JSON.stringify(st.requestOf(get()));
  const known = answers.get(key);
  if (known) show(key, known.result, known.previous);
  else if (catalogs.length && !lost) await start();
}

async function setMemberQuietly() {
  const { catalog, member } = get();
  try {
    set({ memberInfo: await api.member(catalog, member) });
  } catch {
    /* the ranking itself will name a wrong member */
  }
}

async function route() {
  dirty = false;
  for (const d of document.querySelectorAll('dialog[open]')) d.close();
  const to = st.fromHash(location.hash);
  if (to.run) return openRun(to.run, to.row);
  stop();
  return openChoices(to.choices, to.empty);
}

function link() {
  const { result, resultKey, stored } = get();
  const hash = st.toHash(get());
  const same = resultKey === JSON.stringify(st.requestOf(get()));
  return (
    location.origin +
    location.pathname +
    (result?.run && same && (stored || hash.length > LONG_URL)
      ? st.runHash(result.run, get().row)
      : hash)
  );
}

function openRow(row) {
  set({ row });
  const { stored } = get();
  writeUrl(
    stored && location.hash.startsWith('#/run/') ? st.runHash(stored.id, row) : st.toHash(get()),
    false,
  );
}

async function imported(name, quiet) {
  try {
    await loadCatalogs();
  } catch (e) {
    return failed('The catalogues could not be read again', e);
  }
  if (!quiet) return setCatalog(name);
}

async function boot() {
  try {
    await loadCatalogs();
  } catch (e) {
    set({ catalogs: get().catalogs ?? [] });
    return failed('The page could not start', e, () => {
      set({ catalogs: null });
      boot();
    });
  }
  api
    .model()
    .then(model => set({ model }))
    .catch(() => {
      /* the foot stays empty; a ranking names its model itself */
    });
  await route();
}

const prompt = mountPrompt(),
  runs = mountRuns(api),
  keys = mountKeys();
const importer = mountImport(api, { done: imported, stateOf: get });
const intents = {
  dismiss,
  setWish,
  setCatalog,
  setMember,
  findMembers,
  resetClauses,
  cancel,
  runAgain,
  openRow,
  useWish: wish => {
    useWish(wish);
    return rankNow();
  },
  editClause: (id, patch) => change({ clauses: st.editClause(get().clauses, id, patch) }),
  dropClause: id => change({ clauses: st.dropClause(get().clauses, id) }),
  addClause: text => change({ clauses: [...get().clauses, st.newClause(text)] }),
  addExample: (text, label) =>
    change({ examples: st.toggleExample(get().examples, { item: '', title: '', text, label }) }),
  markExample: e => change({ examples: st.toggleExample(get().examples, e) }),
  setChoice: (key, value) => change({ [key]: value }),
  setSort: sort => set({ sort }),
  rank: rankNow,
  // The second click of a double-click on Rank meets Cancel in its place, and is not meant for it.
  rankOrCancel: () => {
    if (!get().running) return rankNow();
    if (performance.now() - startedAt > DOUBLE_CLICK_MS) cancel();
  },
  openPrompt: () => prompt.show(() => api.preview(st.requestOf(get()))),
  openRuns: () => runs.show(),
  openImport: () => importer.show(),
  openKeys: () => keys.show(),
  runFile: api.runFile,
  copyLink: button => copyText(link(), button),
  rowLink: row => {
    const { stored } = get();
    return (
      location.origin +
      location.pathname +
      (stored ? st.runHash(stored.id, row) : st.toHash({ ...get(), row }))
    );
  },
};

const $ = id => document.getElementById(id);
const block = (parent, cls) => {
  const el = document.createElement('div');
  el.className = cls;
  $(parent).append(el);
  return el;
};
mountTop($('head'), $('foot'), store, intents);
mountNotices($('notices'), store, intents);
mountWish(block('ask', 'block'), store, intents);
mountClauses(block('ask', 'block'), store, intents);
mountExamples(block('ask', 'block'), store, intents);
mountSettings(block('ask', 'block'), store, intents);
mountProgress(block('answer', 'job'), store, intents);
mountResults(block('answer', 'results'), store, intents);
mountKeyboard(store, intents, keys.lettersOn);
$('skip').addEventListener('click', e => {
  e.preventDefault();
  $('answer').focus();
  $('answer').scrollIntoView();
});
addEventListener('popstate', route);
boot();
