// Cold start, step by step: what the model and each baseline find of a person's later likes as more becomes known.
// mount(root, {session, api}) -> {enter, leave}
import { rank } from '../../kit/api.js';
import { h, fillWith, announce } from '../../kit/dom.js';
import { counted, progressLine } from '../../kit/format.js';
import { lineChart } from '../../kit/charts.js';
import { CHOICES } from '../../kit/state.js';
import { runHash } from '../../kit/url.js';
import * as plan from '../../act/tour_plan.js';
import { personOf } from '../../act/tour_person.js';
import { closing, gapSpec, gapTable, measure, stepCard } from './tour_step.js';

export function mount(root, { session, api }) {
  const { get } = session;
  const ui = { step: -1, results: [], abort: null };
  const who = h('select', { id: 'tour-member', onchange: () => begin(ui.catalog, who.value) });
  const what = h('select', { id: 'tour-catalog', onchange: () => begin(what.value) });
  const steps = h('ol', { class: 'tour-steps' });
  const card = h('section', { class: 'tour-card', 'aria-live': 'polite' });
  const canvas = h('canvas', {
    role: 'img',
    'aria-label': 'NDCG@10 by step; the table beside it has the same numbers',
  });
  const gaps = h('div', { class: 'tour-gaps' });
  const say = h('p', { class: 'fact', role: 'status' });
  const back = h('button', { type: 'button', onclick: () => show(ui.step - 1) }, 'Back');
  const next = h(
    'button',
    { type: 'button', class: 'primary', id: 'tour-next', onclick: () => show(ui.step + 1) },
    'Next',
  );
  const saved = h('a', { id: 'tour-saved', hidden: true }, 'Saved: open the run');
  const keep = h(
    'button',
    { type: 'button', id: 'tour-keep', onclick: () => keepStep() },
    'Save this step as a run',
  );
  fillWith(
    root,
    h('h2', {}, 'Cold start, step by step'),
    h(
      'div',
      { class: 'tour-who' },
      h('div', { class: 'field' }, h('label', { htmlFor: 'tour-catalog' }, 'Catalogue'), what),
      h('div', { class: 'field' }, h('label', { htmlFor: 'tour-member' }, 'Member'), who),
      say,
    ),
    steps,
    h('div', { class: 'tour-do' }, back, next, keep, saved),
    h(
      'div',
      { class: 'tour' },
      card,
      h('div', { class: 'tour-right' }, h('div', { class: 'chart' }, canvas), gaps),
    ),
  );

  function stop() {
    ui.abort?.abort();
    ui.abort = null;
  }

  async function begin(catalog, member) {
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
        able.find(m => m.id === member) ??
        able.find(m => m.interactions >= 30 && m.interactions <= 150) ??
        able[0];
      who.value = pick.id;
      ui.member = pick.id;
      await meet(pick.id);
      if (ui.member === pick.id) return show(0);
    } catch (e) {
      session.failed('The tour', e, () => begin(catalog, member));
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

  const requestOf = c => ({
    catalog: c.catalog,
    leave_out: ui.member,
    instruction: c.wish,
    examples: c.examples.map(e => ({ item: e.item, label: e.label })),
    candidates: ui.person.candidates,
    top: ui.person.candidates.length,
  });

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

  async function show(step) {
    if (step < 0 || step > plan.STEPS.length || !ui.person) return;
    stop();
    ui.step = step;
    draw();
    if (step === plan.STEPS.length || ui.results[step]) return;
    const mine = (ui.abort = new AbortController());
    const c = choicesAt(step);
    try {
      const result = await rank(
        { ...requestOf(c), save: false },
        {
          signal: mine.signal,
          progress: p => {
            const at = document.getElementById('tour-progress');
            if (at) at.textContent = progressLine(p, 'item').text;
          },
          score() {},
        },
      );
      ui.results[step] = measure(result, ui.person.wanted);
      if (mine === ui.abort) draw();
      announce(`${plan.STEPS[step]}: ranked`);
    } catch (e) {
      if (e.name !== 'AbortError') session.failed('The tour', e, () => show(step));
    }
  }

  // Another wish makes all steps after the first one new.
  function useWish(text) {
    ui.wish = text;
    ui.results.length = 1;
    return show(1);
  }

  function draw() {
    fillWith(
      steps,
      [...plan.STEPS, 'The gap'].map((name, i) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: 'quiet',
              'aria-current': i === ui.step ? 'step' : null,
              disabled: !ui.person || (i > ui.results.length && i !== ui.step),
              onclick: () => show(i),
            },
            `${i + 1}. ${name}`,
          ),
        ),
      ),
    );
    back.disabled = ui.step <= 0;
    const last = ui.step >= plan.STEPS.length;
    keep.disabled = last || !ui.results[ui.step];
    saved.hidden = true;
    // A step that is being ranked takes the button away for a while, and must not take the person's place.
    ui.atNext ||= document.activeElement === next;
    next.disabled = !ui.person || last || !ui.results[ui.step];
    if (!next.disabled) {
      if (ui.atNext && document.activeElement === document.body) next.focus({ preventScroll: true });
      ui.atNext = false;
    }
    const r = ui.results[Math.min(ui.step, plan.STEPS.length - 1)];
    if (ui.step >= 0)
      fillWith(card, last ? closing(ui.results) : stepCard(ui, choicesAt(ui.step), r, useWish));
    drawGaps(r);
  }

  function drawGaps(r) {
    fillWith(gaps, r ? gapTable(r, plan.STEPS[Math.min(ui.step, plan.STEPS.length - 1)]) : null);
    const spec = gapSpec(ui.results);
    if (!spec.series.length) return;
    ui.chart ??= lineChart(canvas, spec);
    ui.chart.then(c => c.update(spec)).catch(e => session.failed('The chart', e));
  }

  return {
    enter() {
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
      const start = able.find(c => c.name === get().catalog) ?? able[0];
      what.value = start.name;
      if (ui.catalog !== start.name || !ui.person) return begin(start.name);
    },
    leave: stop,
  };
}
