// The adapters of this server: compared, removed, taken in.
// adapterList({session, api, go}) -> {element, enter()}
import { h, fillWith, announce } from '../../kit/dom.js';
import { whole } from '../../kit/format.js';
import { calls } from './calls.js';
import { beforeAfterHash } from './sides.js';

const MB = 1e6;

export function adapterList({ session, api }) {
  const list = h('ul', { class: 'adapters' });
  const says = h('p', { class: 'fact', role: 'status' });
  const file = h('input', { type: 'file', id: 'adapter-file', accept: '.gguf', onchange: add });
  const element = h(
    'section',
    { class: 'brew-adapters', 'aria-label': 'Adapters' },
    h('h3', {}, 'Adapters'),
    says,
    list,
    h('div', { class: 'field' }, h('label', { htmlFor: 'adapter-file' }, 'Take one in (GGUF, as llama.cpp and Taproom write it)'), file),
  );

  function draw(adapters, models) {
    const kept = adapters.filter(a => !a.draft);
    says.textContent = kept.length ? '' : 'None yet. An adopted brew is one, and so is a file that you take in here.';
    fillWith(
      list,
      kept.map(a => {
        const own = models.filter(m => m.adapted && m.id.endsWith(`+${a.name}`));
        return h(
          'li',
          {},
          h('strong', {}, a.name),
          h(
            'p',
            { class: 'fact' },
            a.error
              ? `cannot be read: ${a.error}`
              : [
                  `${whole(a.bytes / MB)} MB`,
                  a.readout ? `for the readout ${a.readout}` : null,
                  a.forced ? 'adopted although something fell' : null,
                  own.length ? `ranks as ${own.map(m => m.id).join(', ')}` : 'its model is not loaded or not here',
                ]
                  .filter(Boolean)
                  .join(', '),
          ),
          own.map(m =>
            h('a', { href: beforeAfterHash(session.get(), m.id.slice(0, -a.name.length - 1), m.id) }, 'Compare before and after'),
          ),
          a.removable
            ? h('button', { type: 'button', class: 'quiet', onclick: () => change(() => calls.dropAdapter(a.name), `${a.name} was removed`) }, `Remove ${a.name}`)
            : null,
        );
      }),
    );
  }

  async function show(adapters) {
    const models = await api.models();
    session.set({ models });
    draw(adapters, models.models);
  }
  async function change(call, done) {
    try {
      await show(await call());
      announce(done);
    } catch (e) {
      session.failed('The adapters', e);
    }
  }
  async function add() {
    const chosen = file.files[0];
    if (!chosen) return;
    const name = chosen.name.replace(/\.gguf$/i, '');
    await change(() => calls.addAdapter(name, chosen), `${name} was taken in`);
    file.value = '';
  }

  return { element, enter: async () => show(await calls.adapters()) };
}
