// Signing in: a window that stays until a token of this server was given. Calls that were refused wait for it and are
// sent again, so nothing that was being written is lost.
// createSignIn(api, known): {ask(signal)}; known(who) hears who is signed in, {needed, user, role}.
import { fillWith, h } from '../kit/dom.js';

const WHY = {
  401: 'This token is not known here. Check it, or ask who keeps this server.',
  429: 'Too many wrong tokens came from this address. Wait a second, then try again.',
};

export function createSignIn(api, known) {
  let waiting = null, // what all refused calls wait for
    last = null; // who was signed in before

  const token = h('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'current-password',
    required: true,
    spellcheck: false,
    'aria-describedby': 'sign-in-help sign-in-fault',
  });
  const shown = h('input', { type: 'checkbox', id: 'token-shown' });
  shown.addEventListener('change', () => {
    token.type = shown.checked ? 'text' : 'password';
  });
  const fault = h('p', { id: 'sign-in-fault', class: 'fault', role: 'alert' });
  const go = h('button', { class: 'primary', id: 'sign-in' }, 'Sign in');
  const form = h(
    'form',
    { class: 'sign-in' },
    h('p', { id: 'sign-in-help' }, 'This server asks who you are. Its keeper gave you a token.'),
    h('label', { class: 'field', htmlFor: 'token' }, 'Token', token),
    h('label', { class: 'check' }, shown, 'Show it'),
    fault,
    go,
  );
  const dialog = h(
    'dialog',
    { id: 'dialog-sign-in', 'aria-labelledby': 'sign-in-title' },
    h('header', { class: 'dialog-head' }, h('h2', { id: 'sign-in-title' }, 'Sign in')),
    h('div', { class: 'dialog-body' }, form),
  );
  // Esc closes nothing: behind the window there is nothing to work with.
  dialog.addEventListener('cancel', e => e.preventDefault());
  dialog.addEventListener('close', () => waiting && dialog.showModal());

  function open() {
    if (!dialog.isConnected) document.body.append(dialog);
    token.value = '';
    fillWith(fault);
    if (!dialog.open) dialog.showModal();
    token.focus();
  }

  function begin() {
    waiting = {};
    waiting.done = new Promise(done => {
      waiting.end = done;
    });
    open();
  }

  form.addEventListener('submit', async e => {
    e.preventDefault();
    go.disabled = true;
    try {
      const who = await api.signIn(token.value.trim());
      // Somebody else's work must not be seen.
      if (last !== null && last !== who.user) return location.reload();
      last = who.user;
      known(who);
      token.value = '';
      const { end } = waiting;
      waiting = null;
      dialog.close();
      end();
    } catch (error) {
      fillWith(fault, WHY[error.status] ?? `${error.message} ${error.hint ?? ''}`);
      token.select();
      token.focus();
    } finally {
      go.disabled = false;
    }
  });

  return {
    // Who is signed in already; asked once, when the page starts.
    async look() {
      const who = await api.session();
      if (who.user !== null) last = who.user;
      known(who);
    },
    ask(signal) {
      if (!waiting) begin();
      return new Promise((done, fail) => {
        signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
        waiting.done.then(done);
      });
    },
  };
}
