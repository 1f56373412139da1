// Cold start, step by step: what the model and each baseline find of a person's later likes as more becomes known; then
// with examples of one's own, and over the number of interactions. The address names catalogue, member and step.
// mount(root, {session, api}) -> {enter(query), leave}
import { rank } from '../../kit/api.js';
import { h, fillWith, announce } from '../../kit/dom.js';
import { counted, progressLine } from '../../kit/format.js';
import { lineChart } from '../../kit/charts.js';
import { CHOICES } from '../../kit/state.js';
import { runHash } from '../../kit/url.js';
import * as plan from '../../act/tour_plan.js';
import { personOf } from '../../act/tour_person.js';
import { closing, gapSpec, gapTable, measure, stepCard } from './tour_step.js';
import { mountPlay } from './play.js';
import { mountCurve } from './curve.js';

export function mount(root, { session, api }) {
  const { get } = session;
  const ui = { step: -1, results: [], abort: null };
  const who = h('select', { id: 'tour-member', onchange: () => begin({ catalog: ui.catalog, member: who.value }, true) });
  const what = h('select', { id: 'tour-catalog', onchange: () => begin({ catalog: what.value }, true) });
  const steps = h('ol', { class: 'tour-steps' });
  const card = h('section', { class: 'tour-card', 'aria-live': 'polite' });
  const canvas = h('canvas', {
    role: 'img',
    'aria-label': 'NDCG@10 by step; the table beside it has the same numbers',
  });
  const gaps = h('div', { class: 'tour-gaps' });
  const say = h('p', { class: 'fact', role: 'status' });
  const other = h('p', { class: 'fact' });
  const back = h('button', { type: 'button', onclick: () => go(ui.step - 1) }, 'Back');
  const next = h(
    'button',
    { type: 'button', class: 'primary', id: 'tour-next', onclick: () => go(ui.step + 1) },
    'Next',
  );
  const saved = h('a', { id: 'tour-saved', hidden: true }, 'Saved: open the run');
  const keep = h(
    'button',
    { type: 'button', id: 'tour-keep', onclick: () => keepStep() },
    'Save this step as a run',
  );
  const guided = h(
    'div',
    { class: 'tour' },
    card,
    h('div', { class: 'tour-right' }, h('div', { class: 'chart' }, canvas), gaps),
  );
  // What the two last parts need of this one.
  const tools = {
    api,
    session,
    person: () => ui.person,
    catalog: () => ui.catalog,
    ask: (c, signal, progress) => ask({ ...CHOICES, catalog: ui.catalog, ...c }, signal, progress),
    moved: () => address(true),
  };
  const play = mountPlay(tools);
  const curve = mountCurve(tools);
  fillWith(
    root,
    h('h2', {}, 'Cold start, step by step'),
    h(
      'div',
      { class: 'tour-who' },
      h('div', { class: 'field' }, h('label', { htmlFor: 'tour-catalog' }, 'Catalogue'), what),
      h('div', { class: 'field' }, h('label', { htmlFor: 'tour-member' }, 'Member'), who),
      h('div', {}, say, other),
    ),
    steps,
    h('div', { class: 'tour-do' }, back, next, keep, saved),
    guided,
    play.root,
    curve.root,
  );

  function stop() {
    ui.abort?.abort();
    ui.abort = null;
    play.stop();
    curve.stop();
  }

  // to: as tourOf; push: whether it is a step of Back
  async function begin(to, push) {
    const { catalog, member, step = 0, examples = [] } = to;
    stop();
    Object.assign(ui, { catalog, member: '', step: -1, results: [], person: null });
    fillWith(card);
    fillWith(gaps);
    try {
      const { members } = await api.members(catalog, { limit: 100 });
      ui.able = members.filter(m => m.interactions >= 12);
      const able = ui.able.slice(0, 30);
      if (!able.length) {
        fillWith(who);
        say.textContent = 'No member here has a history to hold something back from.';
        return draw();
      }
      const named = ui.able.find(m => m.id === member);
      if (named && !able.includes(named)) able.push(named);
      fillWith(
        who,
        able.map(m =>
          h(
            'option',
            { value: m.id },
            `${m.name || m.id}${m.profile ? `, ${m.profile}` : ''}`.slice(0, 70),
          ),
        ),
      );
      const pick =
        named ?? able.find(m => m.interactions >= 30 && m.interactions <= 150) ?? able[0];
      who.value = pick.id;
      ui.member = pick.id;
      await meet(pick.id);
      if (ui.member !== pick.id) return undefined;
      play.begin(examples);
      curve.begin();
      return await show(step, push);
    } catch (e) {
      session.failed('The tour', e, () => begin(to, push));
    }
  }

  async function meet(id) {
    ui.person = await personOf(api, ui.catalog, id, ui.able);
    ui.wish = ui.person.wish;
    say.textContent =
      `${counted(ui.person.wanted.size, 'later like')} to be found among ${counted(ui.person.others, 'item')} of other people. ` +
      'One person is an anecdote, averages say more. No baseline has learned from this person\u2019s interactions.';
  }

  const choicesAt = step => ({
    ...CHOICES,
    catalog: ui.catalog,
    wish: step > 0 ? ui.wish : '',
    examples: plan.examplesAt(step, ui.person.known),
  });

  const requestOf = c => {
    const known = new Set(c.examples.map(e => e.item));
    const candidates = ui.person.candidates.filter(i => !known.has(i));
    return {
      catalog: c.catalog,
      leave_out: ui.member,
      instruction: c.wish,
      examples: c.examples.map(e => ({ item: e.item, label: e.label })),
      candidates,
      top: candidates.length,
    };
  };

  async function ask(c, signal, progress) {
    const result = await rank({ ...requestOf(c), save: false }, { signal, progress, score() {} });
    return measure(result, ui.person.wanted);
  }

  // The same ranking once more, from the cache, and this time kept.
  async function keepStep() {
    keep.disabled = true;
    try {
      const { run } = await rank(requestOf(choicesAt(ui.step)), { progress() {}, score() {} });
      saved.href = runHash(run);
      saved.hidden = false;
      announce('Saved as a run');
    } catch (e) {
      session.failed('The step was not saved', e);
      keep.disabled = false;
    }
  }

  function address(push) {
    const { catalog, member, step } = ui;
    const examples = step === plan.PLAY ? play.examples() : [];
    session.writeUrl(plan.tourHash({ catalog, member, step, examples }), push);
  }
  const go = step => show(step, true);

  async function show(step, push) {
    if (step < 0 || step > plan.CURVE || !ui.person) return;
    stop();
    ui.step = step;
    address(push);
    draw();
    if (step === plan.PLAY) return play.show();
    if (step === plan.CURVE) return curve.show();
    // The gap is between all steps.
    const wanted = step === plan.GAP ? plan.STEPS.map((_, i) => i) : [step];
    const mine = (ui.abort = new AbortController());
    try {
      for (const i of wanted) {
        if (ui.results[i]) continue;
        const found = await ask(choicesAt(i), mine.signal, p => {
          const at = document.getElementById('tour-progress');
          if (at) at.textContent = progressLine(p, 'item').text;
        });
        if (mine !== ui.abort) return;
        ui.results[i] = found;
        draw();
        announce(`${plan.STEPS[i]}: ranked`);
      }
    } catch (e) {
      if (e.name !== 'AbortError') session.failed('The tour', e, () => show(step, false));
    }
  }

  // Another wish makes all steps after the first one new.
  function useWish(text) {
    ui.wish = text;
    ui.results.length = Math.min(1, ui.results.length);
    return go(1);
  }

  function draw() {
    const own = ui.step >= plan.PLAY;
    guided.hidden = own;
    play.root.hidden = ui.step !== plan.PLAY;
    curve.root.hidden = ui.step !== plan.CURVE;
    fillWith(
      steps,
      plan.TABS.map((name, i) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: 'quiet',
              'aria-current': i === ui.step ? 'step' : null,
              disabled: !ui.person,
              onclick: () => go(i),
            },
            `${i + 1}. ${name}`,
          ),
        ),
      ),
    );
    const last = ui.step >= plan.GAP;
    const done = ui.step === plan.GAP ? plan.STEPS.every((_, i) => ui.results[i]) : !!ui.results[ui.step];
    back.disabled = ui.step <= 0;
    keep.hidden = last;
    keep.disabled = !done;
    saved.hidden = true;
    // A step that is being ranked takes the button away for a while, and must not take the person's place.
    ui.atNext ||= document.activeElement === next;
    next.disabled = !ui.person || ui.step >= plan.CURVE || (!own && !done);
    if (!next.disabled) {
      if (ui.atNext && document.activeElement === document.body) next.focus({ preventScroll: true });
      ui.atNext = false;
    }
    const r = ui.results[Math.min(ui.step, plan.GAP - 1)];
    if (ui.step >= 0 && !own)
      fillWith(
        card,
        ui.step < plan.GAP
          ? stepCard(ui, choicesAt(ui.step), r, useWish)
          : done
            ? closing(ui.results)
            : h('p', { class: 'fact', id: 'tour-progress' }, 'Ranking'),
      );
    drawGaps(r);
  }

  function drawGaps(r) {
    fillWith(gaps, r ? gapTable(r, plan.STEPS[Math.min(ui.step, plan.GAP - 1)]) : null);
    const spec = gapSpec(ui.results);
    if (!spec.series.length) return;
    ui.chart ??= lineChart(canvas, spec);
    ui.chart.then(c => c.update(spec)).catch(e => session.failed('The chart', e));
  }

  return {
    enter(query) {
      const able = (get().catalogs ?? []).filter(c => c.members && c.interactions);
      fillWith(
        what,
        able.map(c => h('option', { value: c.name }, c.name)),
      );
      if (!able.length) {
        say.textContent =
          'The tour needs a catalogue with members and interactions. Import some first.';
        return draw();
      }
      const to = plan.tourOf(query);
      const at = name => able.find(c => c.name === name);
      const start = at(to.catalog) ?? (ui.person && at(ui.catalog)) ?? at(get().catalog) ?? able[0];
      what.value = start.name;
      const asked = to.catalog || get().catalog;
      other.textContent = asked && asked !== start.name && !at(asked) ? `${asked} has no likes of members, so this is ${start.name}.` : '';
      const here = ui.catalog === start.name && ui.person && (!to.member || to.member === ui.member);
      if (!here) return begin({ ...to, catalog: start.name }, false);
      if (!to.member) return show(ui.step, false);
      if (to.step === plan.PLAY) play.set(to.examples);
      return show(to.step, false);
    },
    leave: stop,
  };
}
