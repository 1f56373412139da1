// A ranking from request to list: start, live re-ranking, cancel, and the answers that Back shows again.
// rankActions(session, hooks): hooks.settled() and hooks.took(result) come from the other actions.
import { api, rank } from '../kit/api.js';
import { announce, later } from '../kit/dom.js';
import { asksSomething, contradictionOf, headlineOf } from '../kit/effect.js';
import { counted } from '../kit/format.js';
import * as st from '../kit/state.js';
import { toHash } from '../kit/url.js';
import { keep } from '../kit/session.js';

const KEPT = 20,
  DOUBLE_CLICK_MS = 400,
  LIVE_MS = 150, // a pause in typing; a ranking begun too soon is cancelled by the next key
  NO_JOB = { job: null, running: false };
export const NO_LIST = {
  result: null,
  resultKey: '',
  previous: null,
  stored: null,
  row: '',
  page: 0,
};

// Scores come in bursts; the page is told once for each frame.
function inFrames(tell) {
  let list = [];
  return {
    add(score, item) {
      list.push([score, item]);
      if (list.length > 1) return;
      requestAnimationFrame(() => {
        tell(list);
        list = [];
      });
    },
  };
}

// Where the list has been scrolled away from, it comes back into sight.
export function intoSight() {
  const answer = document.getElementById('answer');
  if (answer.getBoundingClientRect().top > innerHeight * 0.6)
    answer.scrollIntoView({ block: 'start' });
}

// What a screen reader hears of a new list: the sentence above it, how many rows it has, and the first.
function saying(s) {
  const items = s.result.items ?? [];
  if (contradictionOf(s.result)) return 'This wish contradicts itself; no list is shown.';
  const n = counted(items.length, s.surface?.item_word ?? 'item');
  return `${headlineOf(s)}. ${n}. First: ${items[0]?.title || items[0]?.item || 'nothing'}.`;
}

export function rankActions(session, hooks) {
  const { get, set, failed, notice } = session;
  const answers = new Map(); // request as JSON -> {result, previous}: Back shows the list as it was
  let abort = null,
    startedAt = 0,
    shown = null;

  function remember(key, entry) {
    answers.delete(key);
    answers.set(key, entry);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }

  function show(key, result, previous, stored = null) {
    shown = { catalog: get().catalog, items: result.items ?? [] };
    const known = Object.keys(result.baselines ?? {});
    set({
      result,
      resultKey: key,
      previous,
      stored,
      ...NO_JOB,
      sort: 'rank',
      page: st.pageOf(result.items, get().row),
      known: known.length && !get().baselines ? known : get().known,
    });
  }

  // live: begun by an edit, not by a press; it says less and keeps the notices that are there.
  // keep: the server stores the run; never of what only an address asked for.
  async function start(
    request = st.requestOf(get()),
    key = st.keyWith(request, get()),
    live = false,
    keep = !live,
  ) {
    if (!request.catalog) return;
    // An order of nothing would be made up; the page says so in the place of the list.
    if (key === st.keyOf(get()) && !asksSomething(get())) return stop();
    abort?.abort();
    const mine = (abort = new AbortController());
    const before = shown?.catalog === request.catalog ? shown.items : null;
    if (!get().running) startedAt = performance.now();
    set({
      notices: live ? get().notices : get().notices.filter(n => n.kind === 'error'),
      running: true,
      job: {
        phase: 'start',
        items_done: 0,
        items_total: 0,
        started: performance.now(),
        scores: [],
      },
    });
    if (!live) announce('Ranking started');
    const job = patch => {
      if (abort === mine) set({ job: { ...get().job, ...patch } });
    };
    const scores = inFrames(list =>
      job({
        scores: [...(get().job?.scores ?? []), ...list.map(([score]) => score)],
        arrived: list.map(([, item]) => item),
      }),
    );
    try {
      // What is ranked while someone types is not kept, unless it is asked for.
      const result = await rank(keep ? request : { ...request, save: false }, {
        signal: mine.signal,
        progress: job,
        score: (score, item) => Number.isFinite(score) && scores.add(score, item),
      });
      if (abort !== mine) return;
      result.typed = !keep;
      remember(key, { result, previous: before });
      show(key, result, before);
      hooks.took(request, result);
      announce(saying(get()));
    } catch (e) {
      if (abort !== mine) return;
      set(NO_JOB);
      if (e.name !== 'AbortError')
        failed('The ranking did not finish', e, () => start(request, key, false, keep));
    } finally {
      if (abort === mine) abort = null;
    }
  }

  // What an address asks for is shown and not stored: anybody's link could have brought the person here.
  const look = () => start(undefined, undefined, false, false);

  function stop() {
    live.cancel();
    abort?.abort();
    abort = null;
    if (get().job) set(NO_JOB);
  }

  const live = later(LIVE_MS, async () => {
    const before = get();
    if (!before.live || before.view !== 'rank' || !before.catalog || !asksSomething(before)) return;
    await hooks.settled();
    const s = get();
    const request = st.requestOf(s);
    const key = st.keyWith(request, s);
    if (s.view !== 'rank' || (key === s.resultKey && !s.running)) return;
    const known = answers.get(key);
    if (!known) return start(request, key, true);
    stop();
    show(key, known.result, shown?.items ?? null);
  });

  // The run of the list in sight; one made while typing is ranked once more, from what is known, and stored.
  async function keepRun() {
    const { result, resultKey } = get();
    if (!result || result.run) return result?.run ?? null;
    try {
      const { run } = await rank(st.requestOfKey(resultKey), {
        progress() {},
        score() {},
      });
      const entry = answers.get(resultKey);
      if (entry) entry.result = { ...entry.result, run };
      if (get().resultKey === resultKey) set({ result: { ...get().result, run } });
      return run;
    } catch (e) {
      failed('The run was not kept', e);
      return null;
    }
  }

  // A ranking that a person asks for: the URL becomes a step of its own, and the list comes into sight.
  async function rankNow() {
    live.cancel();
    document.activeElement?.matches?.('.clause-text, #member, input[type=number]') &&
      document.activeElement.dispatchEvent(new Event('change'));
    live.cancel();
    await hooks.settled();
    set({ row: '' });
    session.step(toHash(get()));
    const done = start();
    intoSight();
    return done;
  }

  function cancel() {
    const { job, result, surface } = get();
    live.cancel();
    if (!job) return;
    stop();
    const done = job.items_total
      ? ` after ${job.items_done} of ${counted(job.items_total, surface?.item_word ?? 'item')}`
      : '';
    notice({ text: `Cancelled${done}.${result ? ' The list below is the earlier one.' : ''}` });
  }

  session.onChange = live;
  return {
    start,
    look,
    stop,
    show,
    live,
    cancel,
    now: rankNow,
    keepRun,
    NO_LIST,
    sameCatalog: catalog => shown?.catalog === catalog,
    forget: () => {
      shown = null;
    },
    known: key => answers.get(key),
    forgetAnswers: () => answers.clear(),
    runAgain() {
      const { stored } = get();
      if (!stored) return;
      session.stepTaken();
      session.writeUrl(toHash(get()), true);
      return start(stored.request, st.keyOf(get()));
    },
    // The second click of a double-click on Rank meets Cancel in its place, and is not meant for it.
    rankOrCancel() {
      if (!get().running) return rankNow();
      if (performance.now() - startedAt > DOUBLE_CLICK_MS) cancel();
    },
    setLive(on) {
      set({ live: on });
      keep('live', on ? 'on' : 'off');
      if (on) live();
      else live.cancel();
    },
    preview: () => api.preview(st.requestOf(get())),
  };
}
