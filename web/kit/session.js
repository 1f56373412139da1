// What all actions share: the store, the notices, the address, and what the browser remembers.
// createSession() returns {store, get, set, notice, failed, dismiss, writeUrl, stepTaken, change, onChange}
import { announce, later } from './dom.js';
import { createState, INITIAL } from './state.js';
import { toHash } from './url.js';

// Kept by the browser for this page; where that is not allowed, for the visit only.
export function recall(key, fallback) {
  try {
    return localStorage.getItem(`taproom-${key}`) ?? fallback;
  } catch {
    return fallback;
  }
}
export function keep(key, value) {
  try {
    localStorage.setItem(`taproom-${key}`, value);
  } catch {
    /* for this visit only */
  }
}

const SETTLED_MS = 1000,
  PROBE_MS = 1500;
// A part of the page that does not come is a server that does not answer.
const told = e =>
  e instanceof TypeError && /module|import/i.test(e.message)
    ? {
        code: 'no_answer',
        message: 'This part of the page did not come from the server.',
        hint: 'Check that taproom serve is still running, then try again.',
      }
    : e;
const isOutage = n => n.error?.code === 'no_answer';

export function createSession() {
  const store = createState({ ...INITIAL, live: recall('live', 'on') === 'on', density: recall('density', 'compact') });
  const { get, set } = store;
  let noticeId = 0,
    dirty = false;

  // While the server is gone there is one notice; when it answers again, it goes and what failed last is tried again.
  let outage = null;
  async function watchServer() {
    if (outage || (await session.alive())) return;
    outage = setInterval(async () => {
      if (!(await session.alive())) return;
      clearInterval(outage);
      outage = null;
      const gone = get().notices.filter(isOutage);
      set({ notices: get().notices.filter(n => !isOutage(n)) });
      announce('The server answers again.');
      gone.at(-1)?.retry?.();
      session.onChange(); // what was edited meanwhile is ranked, too
    }, PROBE_MS);
  }

  function notice(n) {
    const same = x =>
      (isOutage(x) && isOutage(n)) ||
      (x.title === n.title && x.text === n.text && x.error?.message === n.error?.message);
    set({
      notices: [...get().notices.filter(x => !same(x)), { id: ++noticeId, kind: 'note', ...n }],
    });
    if (isOutage(n)) watchServer();
  }
  function writeUrl(hash, push) {
    if (location.hash === hash) return;
    history[push ? 'pushState' : 'replaceState'](null, '', hash);
  }
  // An edit is settled after a pause; what is changed before that belongs to the same step of Back.
  const settle = later(SETTLED_MS, () => {
    dirty = false;
  });
  const edited = later(150, () => {
    if (get().view !== 'rank') return;
    const hash = toHash(get());
    if (location.hash === hash) return;
    writeUrl(hash, !dirty);
    dirty = true;
    settle();
  });
  const session = {
    store,
    get,
    set,
    notice,
    failed: (title, error, retry) => notice({ kind: 'error', title, error: told(error), retry }),
    dismiss: id => set({ notices: get().notices.filter(n => n.id !== id) }),
    writeUrl,
    // A ranking that a person asked for is a step of its own.
    step(hash) {
      writeUrl(hash, !dirty);
      dirty = false;
    },
    stepTaken: () => {
      dirty = false;
    },
    onChange: () => {},
    alive: async () => true, // whether the server answers; the page has its own way to ask
    tell: () => {}, // other tabs, of what was changed on the server
    change(patch) {
      set(patch);
      edited();
      session.onChange();
    },
  };
  return session;
}
