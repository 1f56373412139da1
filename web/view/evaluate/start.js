// A new experiment: one of the presets, or a specification. Comparisons of models and prompts start here, too.
// starter({session, api, begin}) -> {root, enter(preset)}
import { h, fillWith } from '../../kit/dom.js';
import { PRESETS } from '../../kit/experiment.js';

export function starter({ session, api, begin }) {
  const there = { models: [], surfaces: [] };
  const preset = h('select', { id: 'experiment-preset', onchange: () => write() });
  const spec = h('textarea', { id: 'experiment-spec', rows: 9, spellcheck: false });
  const say = h('p', { class: 'fact', id: 'experiment-lacks' });
  const go = h('button', { type: 'submit', class: 'primary', id: 'experiment-go' }, 'Start');
  const root = h(
    'form',
    {
      class: 'experiment-new',
      onsubmit: e => {
        e.preventDefault();
        begin(spec.value);
      },
    },
    h('div', { class: 'field' }, h('label', { htmlFor: 'experiment-preset' }, 'New experiment'), preset),
    go,
    h(
      'details',
      {},
      h('summary', {}, 'Its specification'),
      h('label', { htmlFor: 'experiment-spec', class: 'sr' }, 'Specification as JSON'),
      spec,
    ),
    say,
  );

  const LACKS = {
    models: 'There is one model only: put another GGUF file into the folder of models to compare them.',
    surfaces: 'There is one surface only.',
  };

  function write() {
    const p = PRESETS[preset.value];
    const lacks = p.needs && there[p.needs].length < 2;
    const catalog = session.get().catalog || 'movies';
    spec.value = JSON.stringify(p.spec(catalog, there), null, 1);
    fillWith(say, lacks ? LACKS[p.needs] : null);
  }

  // The catalogue's own words and the plain ones; or those that somebody wrote.
  function pairOf(surfaces, own) {
    const mine = surfaces.filter(s => !s.built_in || s.changed).map(s => s.name);
    return [...new Set([own, ...mine, 'generic'].filter(Boolean))].slice(0, 4);
  }

  return {
    root,
    async enter(name) {
      const at = Math.max(0, PRESETS.findIndex(p => p.name === name));
      fillWith(
        preset,
        PRESETS.map((p, i) => h('option', { value: i }, p.title)),
      );
      preset.value = String(at);
      write();
      try {
        const [{ models }, { surfaces }] = await Promise.all([api.models(), api.surfaces()]);
        const { catalogs, catalog } = session.get();
        there.models = models.filter(m => m.state !== 'broken').map(m => m.file.split('/').pop());
        there.surfaces = pairOf(surfaces, (catalogs ?? []).find(c => c.name === catalog)?.surface);
        if (PRESETS[preset.value].needs) write();
      } catch {
        /* the other presets need neither */
      }
    },
  };
}
