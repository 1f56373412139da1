// What all actions share: the store, the notices, the address, and what the browser remembers.
// createSession() returns {store, get, set, notice, failed, dismiss, writeUrl, stepTaken, change, onChange}
import { later } from './dom.js';
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

export function createSession() {
  const store = createState({ ...INITIAL, live: recall('live', 'on') === 'on' });
  const { get, set } = store;
  let noticeId = 0,
    dirty = false;

  function notice(n) {
    const same = x =>
      x.title === n.title && x.text === n.text && x.error?.message === n.error?.message;
    set({
      notices: [...get().notices.filter(x => !same(x)), { id: ++noticeId, kind: 'note', ...n }],
    });
  }
  function writeUrl(hash, push) {
    if (location.hash === hash) return;
    history[push ? 'pushState' : 'replaceState'](null, '', hash);
  }
  // The first edit after a ranking is a new step for Back, further edits belong to the same step.
  const edited = later(150, () => {
    if (get().view !== 'rank') return;
    const hash = toHash(get());
    if (location.hash === hash) return;
    writeUrl(hash, !dirty);
    dirty = true;
  });
  const session = {
    store,
    get,
    set,
    notice,
    failed: (title, error, retry) => notice({ kind: 'error', title, error, retry }),
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
    change(patch) {
      set(patch);
      edited();
      session.onChange();
    },
  };
  return session;
}
