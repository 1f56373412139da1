// Building elements. Text only ever becomes text nodes, so nothing a catalogue holds can become markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(el, props, kids) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
    else if (key === 'class') el.setAttribute('class', value);
    else if (key === 'vars')
      for (const [name, v] of Object.entries(value)) el.style.setProperty(name, v);
    else if (key in el && !key.includes('-') && el.namespaceURI !== SVG && !ATTRIBUTE.has(key))
      el[key] = value;
    else el.setAttribute(key, value === true ? '' : String(value));
  }
  add(el, kids);
  return el;
}
const ATTRIBUTE = new Set(['list', 'form', 'role']);

function add(el, kids) {
  for (const kid of kids.flat(Infinity)) {
    if (kid === null || kid === undefined || kid === false) continue;
    el.append(kid instanceof Node ? kid : document.createTextNode(String(kid)));
  }
}

// h('p', {class: 'note', onclick: f}, 'text', other): an HTML element.
export const h = (tag, props = {}, ...kids) => fill(document.createElement(tag), props, kids);
// The same for SVG.
export const svg = (tag, props = {}, ...kids) =>
  fill(document.createElementNS(SVG, tag), props, kids);
export const sr = text => h('span', { class: 'sr' }, text);

export function fillWith(el, ...kids) {
  el.replaceChildren();
  add(el, kids);
  return el;
}

// Sets a property only where it differs: a caret or a slider in use stays where it is.
export function put(el, key, value) {
  if (el[key] !== value) el[key] = value;
}

// Runs a rebuild of root and gives the focus back to the element with the same data-key.
export function keepFocus(root, rebuild) {
  const at = root.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  rebuild();
  if (at === undefined) return;
  for (const el of root.querySelectorAll('[data-key]')) {
    if (el.dataset.key === at) return el.focus({ preventScroll: true });
  }
}

// Reuses the children of root by key: make(item) builds one, update(el, item) brings it up to date.
export function keyed(root, items, key, make, update) {
  const old = new Map([...root.children].map(el => [el.dataset.id, el]));
  const next = items.map(item => {
    const id = String(key(item));
    const el = old.get(id) ?? make(item);
    el.dataset.id = id;
    update(el, item);
    return el;
  });
  for (const el of [...root.children]) if (!next.includes(el)) el.remove();
  next.forEach((el, i) => {
    if (root.children[i] !== el) root.insertBefore(el, root.children[i] ?? null);
  });
}

// A native dialog with a heading and a close button; returns {dialog, body, open, close}.
export function makeDialog(name, title) {
  const body = h('div', { class: 'dialog-body' });
  const id = `dialog-${name}-title`;
  const close = () => dialog.close();
  const dialog = h(
    'dialog',
    { id: `dialog-${name}`, 'aria-labelledby': id },
    h(
      'header',
      { class: 'dialog-head' },
      h('h2', { id }, title),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'aria-label': 'Close',
          title: 'Close (Esc)',
          onclick: close,
        },
        'Close',
      ),
    ),
    body,
  );
  dialog.addEventListener('click', event => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  return {
    dialog,
    body,
    close,
    open: () => {
      if (!dialog.open) dialog.showModal();
    },
  };
}

// Adds a style sheet of a part that is seldom opened, once; resolves when it is there, or will not come.
const sheets = new Map();
export function styled(href) {
  if (!sheets.has(href))
    sheets.set(
      href,
      new Promise(done => {
        const gone = () => (sheets.delete(href), done());
        document.head.append(h('link', { rel: 'stylesheet', href, onload: done, onerror: gone }));
      }),
    );
  return sheets.get(href);
}

// A part of the page under a heading that can be folded away; on a phone it starts folded.
export function fold(title, ...kids) {
  return h(
    'details',
    { class: 'fold', open: matchMedia('(min-width: 941px)').matches },
    h('summary', {}, h('h2', {}, title)),
    ...kids,
  );
}

const live = () => document.getElementById('live');
// Says something to a screen reader, politely.
export function announce(text) {
  if (live().textContent !== text) live().textContent = text;
}

// Calls fn once nothing was asked for ms milliseconds; cancel() forgets what was asked.
export function later(ms, fn) {
  let timer = 0;
  const call = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

// Copies text; says how it went on the button that was pressed.
export async function copyText(text, button) {
  const before = button.textContent;
  let after = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    after = 'Not allowed to copy';
  }
  button.textContent = after;
  announce(after);
  setTimeout(() => {
    button.textContent = before;
  }, 1600);
}
