// Keyboard: one listener, no key taken from a text field except Ctrl+Enter and Escape.
// mountKeyboard(store, intents, lettersOn)

const typing = el =>
  el?.matches?.('textarea, select, input:not([type=range], [type=checkbox])') ?? false;
const titles = () => [...document.querySelectorAll('#answer button.title')];
const TURN = { 1: '.pager .next', '-1': '.pager .previous' };

function moveRow(to) {
  const all = titles();
  if (!all.length) return false;
  const row = document.activeElement?.closest?.('tr');
  const owner = row?.classList.contains('detail') ? row.previousElementSibling : row;
  const at = all.findIndex(b => b.closest('tr') === owner);
  // Past the end of a page the arrow turns it.
  if (at >= 0 && TURN[to] && !all[at + to]) {
    const turn = document.querySelector(TURN[to]);
    if (turn && !turn.disabled) {
      turn.click();
      const now = titles();
      now[to > 0 ? 0 : now.length - 1]?.focus();
      return true;
    }
  }
  const next =
    to === 'first'
      ? 0
      : to === 'last'
        ? all.length - 1
        : at < 0
          ? 0
          : Math.min(all.length - 1, Math.max(0, at + to));
  all[next].focus();
  all[next].scrollIntoView({ block: 'nearest' });
  return true;
}

const inList = () =>
  document.activeElement === document.body ||
  document.getElementById('answer').contains(document.activeElement);

function escape(store, intents) {
  const s = store.get();
  if (s.job) return intents.cancel();
  if (s.row) return intents.openRow('');
  const notice = s.notices.at(-1);
  if (notice) intents.dismiss(notice.id);
}

function markFocused(label) {
  document.activeElement?.closest?.('tr.item')?.querySelector(`.mark-as.${label}`)?.click();
}

// "Why" opens the row that has the focus, and measures there what its parts did.
function why() {
  const row = document.activeElement?.closest?.('tr.item, tr.detail');
  const item = row?.classList.contains('detail') ? row.previousElementSibling : row;
  if (!item) return;
  if (!item.classList.contains('open')) item.querySelector('button.title').click();
  // The first row that is opened is loaded first.
  const press = frames => {
    const button = document.querySelector('#explain-row');
    if (button) button.click();
    else if (frames) requestAnimationFrame(() => press(frames - 1));
  };
  press(120);
}

export function mountKeyboard(store, intents, lettersOn) {
  const moves = { ArrowDown: 1, ArrowUp: -1, Home: 'first', End: 'last' };
  const letters = {
    '/': () => document.getElementById('wish').focus(),
    '?': intents.openKeys,
    '+': () => markFocused('like'),
    '-': () => markFocused('dislike'),
    c: intents.compare,
    w: why,
  };
  document.addEventListener('keydown', e => {
    if (e.defaultPrevented || e.isComposing || document.querySelector('dialog[open]')) return;
    if (store.get().view !== 'rank') {
      if (e.key === '?' && lettersOn() && !typing(document.activeElement)) intents.openKeys();
      return;
    }
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      return intents.rank();
    }
    if (e.key === 'Escape') return escape(store, intents);
    if (
      typing(document.activeElement) ||
      document.activeElement?.type === 'range' ||
      e.ctrlKey ||
      e.metaKey ||
      e.altKey
    )
      return;
    if (e.key in moves && inList() && moveRow(moves[e.key])) e.preventDefault();
    else if (Object.hasOwn(letters, e.key) && lettersOn()) {
      e.preventDefault();
      letters[e.key]();
    }
  });
}
