// A new experiment: one of the presets, or a specification. Comparisons of models and prompts start here, too.
// starter({session, api, begin}) -> {root, enter(preset)}
import { h, fillWith } from '../../kit/dom.js';
import { PRESETS, measurable } from '../../kit/experiment.js';

export function starter({ session, api, begin }) {
  const there = { models: [], surfaces: [] };
  const preset = h('select', { id: 'experiment-preset', onchange: () => choose() });
  const place = h('select', { id: 'experiment-catalog', onchange: () => write() });
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
    h('div', { class: 'field' }, h('label', { htmlFor: 'experiment-catalog' }, 'In the catalogue'), place),
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

  // The catalogues that the preset can measure in, that of the ranking first if it is one.
  function choose() {
    const { catalogs, catalog } = session.get();
    const names = measurable(PRESETS[preset.value], catalogs ?? []);
    const was = place.value || catalog;
    fillWith(place, names.map(n => h('option', { value: n }, n)));
    place.value = names.includes(was) ? was : (names[0] ?? '');
    write();
  }

  function lacking(p) {
    if (!place.value) return 'No catalogue here has likes of members yet, so nothing tells a good order from a bad one: import some.';
    if (there[p.needs]?.length < 2) return LACKS[p.needs];
    const { catalog } = session.get();
    return catalog && ![...place.options].some(o => o.value === catalog)
      ? `${catalog} has no ${p.needs === 'wishes' ? 'written wishes' : 'likes of members'} to measure by, so it is not among the catalogues.`
      : null;
  }

  function write() {
    const p = PRESETS[preset.value];
    spec.value = place.value ? JSON.stringify(p.spec(place.value, there), null, 1) : '';
    fillWith(say, lacking(p));
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
      choose();
      try {
        const [{ models }, { surfaces }] = await Promise.all([api.models(), api.surfaces()]);
        const { catalogs, catalog } = session.get();
        there.models = models.filter(m => m.state !== 'broken').map(m => m.file.split('/').pop());
        there.surfaces = pairOf(surfaces, (catalogs ?? []).find(c => c.name === (place.value || catalog))?.surface);
        if (PRESETS[preset.value].needs) write();
      } catch {
        /* the other presets need neither */
      }
    },
  };
}
