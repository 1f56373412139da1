// Starts the page: the views are mounted on one store, and the intents below are the only ones to change it.
// Layout: the wish stays beside its effect. Of three sketches (a form above a table; a bump chart of ranks; a letter
// beside a printed league table) the third keeps both in sight, reads on a phone as one column, and needs no legend.
import { api, explain as measure, gate } from './kit/api.js';
import { copyText, styled } from './kit/dom.js';
import * as st from './kit/state.js';
import { compareHash } from './kit/url.js';
import { createSession, keep, recall } from './kit/session.js';
import { rankActions } from './act/rank.js';
import { wishActions } from './act/wish.js';
import { modelActions } from './act/models.js';
import { preferenceActions } from './act/preferences.js';
import { routeActions } from './act/route.js';
import { createStage } from './act/stage.js';
import { mountKeyboard } from './act/keys.js';
import { mountTop } from './view/top.js';
import { mountNotices } from './view/notices.js';
import { mountWish } from './view/wish/wish.js';
import { mountClauses } from './view/wish/clauses.js';
import { notesOf } from './kit/effect.js';
import { mountPreferencesFold } from './view/wish/preferences_fold.js';
import { mountExamples } from './view/wish/examples.js';
import { mountSettings } from './view/wish/settings.js';
import { mountProgress } from './view/results/progress.js';
import { mountResults } from './view/results/results.js';
import { toList } from './view/results/table.js';

const $ = id => document.getElementById(id);
const session = createSession();
const { store, get, set, change } = session;
const hooks = {
  settled: () => wish.settled(),
  took: (request, result) => route.takeClauses(request, result),
};
const ranking = rankActions(session, hooks);
const preferences = preferenceActions(session, api);
const wish = wishActions(session, api, ranking, preferences);
const models = modelActions(session, api, ranking);
const stage = createStage($('stage'), $('rank-view'), { session, api, go });
const route = routeActions(session, api, wish, ranking, preferences, stage);
session.alive = api.alive;

// The window to sign in comes with the first call that is refused, or where somebody is signed in.
let signing = null;
const signIn = () =>
  (signing ??= Promise.all([import('./view/sign_in.js'), styled('views.css')]).then(
    ([{ createSignIn }]) => createSignIn(api, who => set({ who })),
    e => {
      signing = null;
      throw e;
    },
  ));
gate.ask = async signal => (await signIn()).ask(signal);
async function lookWho() {
  const who = await api.session();
  if (who.needed) await (await signIn()).look();
  else set({ who });
}
// Nothing of the one who leaves stays in the window.
async function signOut() {
  try {
    await api.signOut();
    history.replaceState(null, '', '#/');
    location.reload();
  } catch (e) {
    session.failed('Signing out did not work', e, signOut);
  }
}

// Windows that are seldom opened are loaded when they are asked for, and asked for again where that failed.
const opens =
  name =>
  async (...args) => {
    const again = () => intents[name](...args);
    try {
      const { openWindow } = await import('./act/windows.js');
      await openWindow(name, args, { api, store, intents, route, wish, ranking });
    } catch (e) {
      session.failed('This window could not be loaded', e, again);
    }
  };
// Brings a field of the settings into sight, wherever it is folded away.
function openSetting(id) {
  const sheet = $('sheet');
  if (sheet.checkVisibility() && sheet.getAttribute('aria-expanded') === 'false') sheet.click();
  for (let e = $(id); e; e = e.parentElement) if (e.localName === 'details') e.open = true;
  $(id).focus();
}

// Measures what the parts of a row did; its neighbours come with it.
async function explain(item, progress) {
  const { explainRows } = await import('./view/results/explain.js');
  explaining?.abort();
  explaining = new AbortController();
  const { signal } = explaining;
  const found = await explainRows(measure, get(), item, { signal, progress });
  if (get().resultKey === found.key) set({ explained: found });
}
let explaining = null;
// A new ranking makes an old answer's parts uninteresting, and wants the engine.
store.watch(['running'], s => s.running && explaining?.abort());

// Edits of a limit are edits of the clauses that say it.
async function limits(edited) {
  try {
    const clauses = edited(await import('./kit/limit.js'));
    change({ clauses });
  } catch (e) {
    session.failed('The limit was not changed', e);
  }
}

const rankWith = patch => {
  change(patch);
  return ranking.now();
};

// Follows a link of the page; the same address again is a fresh start of its view.
function go(hash) {
  if (location.hash !== hash) location.hash = hash;
  else route.route();
}

const intents = {
  dismiss: session.dismiss,
  setWish: wish.setWish,
  setCatalog: wish.setCatalog,
  setMember: wish.setMember,
  findMembers: wish.findMembers,
  resetClauses: wish.resetClauses,
  useWish: text => {
    wish.useWish(text);
    return ranking.now();
  },
  editClause: (id, patch) => change({ clauses: st.editClause(get().clauses, id, patch), drag: null }),
  dragWeight: (id, weight) => set({ drag: { id, weight } }),
  dropClause: id => change({ clauses: st.dropClause(get().clauses, id) }),
  addClause: text => change({ clauses: [...get().clauses, st.newClause(text)] }),
  addExample: (text, label) =>
    change({ examples: st.toggleExample(get().examples, { item: '', title: '', text, label }) }),
  markExample: e => change({ examples: st.toggleExample(get().examples, e) }),
  addPreference: preferences.add,
  editPreference: preferences.edit,
  endPreference: preferences.setEnd,
  dropPreference: preferences.drop,
  movePreference: preferences.move,
  setChoice: (key, value) => change({ [key]: value }),
  editLimit: (limit, clause, form, type) =>
    limits(l => l.withLimit(get().clauses, clause, limit, form, type)),
  dropLimit: (limit, clause) => limits(l => l.withoutLimit(get().clauses, clause, limit)),
  giveUpLimit: async limit => {
    await limits(l => l.withoutLimit(get().clauses, l.clauseOfLimit(get(), limit)?.id, limit));
    return ranking.now();
  },
  fieldsOf: api.catalog,
  rowLoaded: () => set({ details: true }),
  notLoaded: e => session.failed('This part of the page could not be loaded', e),
  setAnyway: () => set({ anyway: get().resultKey }),
  setSort: sort => set({ sort, page: 0 }),
  setPage: page => set({ page }),
  setDensity: density => {
    set({ density });
    keep('density', density);
  },
  setLive: ranking.setLive,
  rank: ranking.now,
  rankOrCancel: ranking.rankOrCancel,
  cancel: ranking.cancel,
  rankWith,
  rankAll: () => rankWith({ retrieve: 'all', count: st.COUNT_MAX }),
  runAgain: ranking.runAgain,
  dropRun: route.dropRun,
  dropCatalog: route.dropCatalog,
  renameCatalog: route.renameCatalog,
  openRow: route.openRow,
  rowLink: route.rowLink,
  copyLink: async button => copyText(await route.link(), button),
  keepRun: ranking.keepRun,
  compare: () =>
    get().catalog &&
    go(compareHash([{ choices: get() }, { baseline: st.firstBaseline(get()) }])),
  explain,
  openPrompt: opens('openPrompt'),
  openCalibration: opens('openCalibration'),
  makeDefault: models.makeDefault,
  openImport: opens('openImport'),
  openBrowse: opens('openBrowse'),
  openNear: opens('openNear'),
  openSurface: opens('openSurface'),
  openKeys: opens('openKeys'),
  openSetting,
  tellTheme: () => session.tell('theme', document.documentElement.dataset.theme),
  signOut,
  runFile: api.runFile,
};

const block = (parent, cls) => {
  const el = document.createElement('div');
  el.className = cls;
  $(parent).append(el);
  return el;
};
// A part that most lists have nothing for is loaded with the first that has.
function mountLater(root, needed, mount) {
  root.hidden = true;
  const stop = store.watch(['result', 'constraints'], s => {
    if (!needed(s)) return;
    stop();
    mount(root).catch(e => {
      intents.notLoaded(e);
      mountLater(root, needed, mount);
    });
  }, false);
}
const hasLimits = ({ result, constraints }) =>
  constraints !== st.CHOICES.constraints || !!result?.constraints?.length || notesOf(result).length > 0;
mountTop($('head'), $('foot'), store, intents);
mountNotices($('notices'), store, intents);
mountWish(block('ask', 'block'), store, intents);
mountClauses(block('ask', 'block'), store, intents);
mountLater(block('ask', 'block'), hasLimits, async root => {
  await styled('views.css');
  (await import('./view/wish/limits.js')).mountLimits(root, store, intents);
});
mountExamples(block('ask', 'block'), store, intents);
mountPreferencesFold(block('ask', 'block'), store, intents);
mountSettings(block('ask', 'block'), store, intents);
mountProgress(block('answer', 'job'), store, intents);
mountResults(block('answer', 'results'), store, intents);
mountKeyboard(store, intents, () => recall('letters', 'on') === 'on');
$('skip').addEventListener('click', e => {
  if (get().view === 'rank') return toList(e);
  e.preventDefault();
  $('stage').focus();
  $('stage').scrollIntoView();
});
// A file may be dropped anywhere; an open window takes its own.
addEventListener('dragover', e => {
  if (e.dataTransfer.types.includes('Files')) e.preventDefault();
});
addEventListener('drop', e => {
  if (e.defaultPrevented || !e.dataTransfer.files[0]) return;
  e.preventDefault();
  intents.openImport(e.dataTransfer.files[0]);
});
addEventListener('popstate', route.route);
// Another tab may have changed the preferences.
addEventListener('focus', () => get().result && preferences.changed());

async function boot() {
  lookWho().catch(() => {}); // whoever must sign in is told by the next call
  try {
    await route.loadCatalogs();
  } catch (e) {
    set({ catalogs: get().catalogs ?? [] });
    return session.failed('The page could not start', e, () => {
      set({ catalogs: null });
      boot();
    });
  }
  models.load();
  await route.route();
  // Not needed for the first list.
  const acts = { preferences, models, ranking, route, wish };
  import('./act/tabs.js').then(
    ({ followTabs }) => followTabs(session, acts),
    () => {}, // this tab keeps to itself
  );
}
boot();
