// Cold start, step by step: what the model and each baseline find of a person's later likes as more becomes known.
// mount(root, {session, api, go}) -> {enter, leave}
import { rank } from './api.js';
import { h, fillWith, announce } from './dom.js';
import { baselineName, counted, num, progressLine, signed } from './format.js';
import { lineChart } from './chart_kit.js';
import { ndcg, orderByScore, sorted } from './orders.js';
import { toHash } from './url.js';
import { CHOICES } from './state.js';
import * as plan from './tour_plan.js';

const K = 10,
  OTHERS = 60,
  PAGES = 12,
  PEOPLE = 20,
  MODEL = 'language model';
const SAYS = [
  'Nothing is known. The model has nothing to read, so all items tie; what can be known without the person, popularity, leads.',
  'One sentence. The wish below was put together from the tags this person liked; write another one if you like.',
  'The same wish, and the last thing this person liked.',
  'Two likes and, where there is one, a dislike.',
  'Everything this person did before, at most 50 examples.',
];

export function mount(root, { session, api, go }) {
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
    h('div', { class: 'tour-do' }, back, next),
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

  // The person: what is known, what comes later, and among which others it must be found.
  async function meet(id) {
    const { history } = await api.member(ui.catalog, id);
    const parts = plan.split([...history].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)));
    if (!parts)
      throw new Error('This member likes too few items to hold some back. Choose another one.');
    const seen = new Set(history.map(i => i.item));
    const [all, others] = await Promise.all([sample(), othersLiked(id, seen)]);
    const tags = new Map(all.map(i => [i.id, i.tags ?? []]));
    const likes = parts.known.filter(plan.liked);
    ui.person = {
      ...parts,
      wanted: new Set(parts.wanted.map(i => i.item)),
      candidates: [...parts.wanted.map(i => i.item), ...others],
    };
    ui.wish = plan.wishOf(
      likes.map(i => tags.get(i.item)).filter(Boolean),
      all.map(i => i.tags ?? []),
    );
    say.textContent =
      `${counted(parts.wanted.length, 'later like')} to be found among ${counted(others.length, 'item')} of other people. One person is an ` +
      'anecdote, averages say more. No baseline has learned from this person\u2019s interactions.';
  }

  // Items from all over the catalogue, for what its tags are like.
  async function sample() {
    const { total } = await api.items(ui.catalog, { limit: 1 });
    const size = Math.ceil(total / PAGES);
    const pages = await Promise.all(
      Array.from({ length: PAGES }, (_, i) =>
        api.items(ui.catalog, { offset: i * size, limit: Math.min(100, size) }),
      ),
    );
    return pages.flatMap(p => p.items);
  }

  // What must not be mistaken for a like: items from other people's histories, so that popular ones come up as often
  // as they are popular, and popularity alone does not solve the task.
  async function othersLiked(id, seen) {
    const ids = ui.able.map(m => m.id).filter(m => m !== id);
    const people = await Promise.all(
      plan.spreadOver(ids, PEOPLE).map(m => api.member(ui.catalog, m)),
    );
    const items = people.flatMap(m => plan.spreadOver(m.history, 20).map(i => i.item));
    return plan.spreadOver(
      [...new Set(items)].filter(i => !seen.has(i)),
      OTHERS,
    );
  }

  const choicesAt = step => ({
    ...CHOICES,
    catalog: ui.catalog,
    wish: step > 0 ? ui.wish : '',
    examples: plan.examplesAt(step, ui.person.known),
  });

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
        {
          catalog: c.catalog,
          leave_out: ui.member,
          instruction: c.wish,
          examples: c.examples.map(e => ({ item: e.item, label: e.label })),
          candidates: ui.person.candidates,
          top: ui.person.candidates.length,
        },
        {
          signal: mine.signal,
          progress: p => {
            const at = document.getElementById('tour-progress');
            if (at) at.textContent = progressLine(p, 'item').text;
          },
          score() {},
        },
      );
      ui.results[step] = measure(result);
      if (mine === ui.abort) draw();
      announce(`${plan.STEPS[step]}: ranked`);
    } catch (e) {
      if (e.name !== 'AbortError') session.failed('The tour', e, () => show(step));
    }
  }

  function measure(result) {
    const { wanted } = ui.person;
    const order = orderByScore(result.items.map(i => [i.item, i.score]));
    const scores = new Map([[MODEL, ndcg(order, wanted, K)]]);
    const names = new Set(result.items.flatMap(i => Object.keys(i.baselines ?? {})));
    for (const b of names) {
      const ranks = result.items.filter(i => Number.isInteger(i.baselines?.[b]?.rank));
      scores.set(
        b,
        ranks.length
          ? ndcg(new Map(ranks.map(i => [i.item, i.baselines[b].rank])), wanted, K)
          : null,
      );
    }
    return {
      scores,
      order,
      titles: new Map(result.items.map(i => [i.item, i.title || i.item])),
      run: result.run,
    };
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
    next.disabled = !ui.person || last || !ui.results[ui.step];
    const r = ui.results[Math.min(ui.step, plan.STEPS.length - 1)];
    if (ui.step >= 0) fillWith(card, last ? closing() : stepCard(r));
    drawGaps(r);
  }

  function stepCard(r) {
    const c = choicesAt(ui.step);
    const wish = h('textarea', { id: 'tour-wish', rows: 2, value: c.wish });
    return [
      h('h3', {}, `${ui.step + 1}. ${plan.STEPS[ui.step]}`),
      h('p', {}, SAYS[ui.step]),
      ui.step === 1
        ? h(
            'form',
            {
              class: 'joined',
              onsubmit: e => {
                e.preventDefault();
                ui.wish = wish.value.trim();
                ui.results.length = 1;
                show(1);
              },
            },
            h('label', { htmlFor: 'tour-wish', class: 'sr' }, 'The wish'),
            wish,
            h('button', { type: 'submit' }, 'Use it'),
          )
        : c.wish
          ? h('p', { class: 'tour-said' }, c.wish)
          : null,
      c.examples.length
        ? h(
            'details',
            { open: c.examples.length < 5 },
            h('summary', {}, counted(c.examples.length, 'example')),
            h(
              'ul',
              { class: 'history' },
              c.examples.map(e => h('li', {}, `${e.label === 'like' ? '+' : '\u2212'} ${e.title}`)),
            ),
          )
        : null,
      r ? topTen(r) : h('p', { class: 'fact', id: 'tour-progress' }, 'Ranking'),
      r ? openLink(c) : null,
    ];
  }

  const topTen = r =>
    h(
      'ol',
      { class: 'order', 'aria-label': 'The first ten' },
      sorted(r.order)
        .slice(0, K)
        .map(item =>
          h(
            'li',
            { class: ui.person.wanted.has(item) ? 'wanted' : '' },
            h('span', { class: 'mono' }, r.order.get(item)),
            h('span', { class: 'order-title' }, r.titles.get(item)),
            ui.person.wanted.has(item) ? h('span', { class: 'found' }, 'liked later') : null,
          ),
        ),
    );

  function openLink(c) {
    const a = h(
      'a',
      { href: toHash({ ...c, examples: c.examples.slice(0, 20) }) },
      'Open this as a ranking of the whole catalogue',
    );
    return h('p', { class: 'fact' }, a);
  }

  function closing() {
    const first = ui.results[1]?.scores,
      end = ui.results.at(-1)?.scores;
    const gap = (scores, b) => scores.get(MODEL) - scores.get(b);
    const lines = [...(end?.keys() ?? [])]
      .filter(b => b !== MODEL && end.get(b) !== null && first?.get(b) != null)
      .map(b =>
        h(
          'li',
          {},
          h('strong', {}, baselineName(b)),
          `: ${signed(gap(first, b), 2)} with the wish alone, ${signed(gap(end, b), 2)} with the history: the model `,
          gap(end, b) > gap(first, b)
            ? 'gained on it.'
            : gap(end, b) < gap(first, b)
              ? 'fell back.'
              : 'kept its place.',
        ),
      );
    return [
      h('h3', {}, 'The gap'),
      h(
        'p',
        {},
        'How far the language model stands above each baseline, in NDCG@10, for this one person:',
      ),
      h('ul', { class: 'remarks' }, lines),
      h(
        'p',
        { class: 'fact' },
        'A minus means that the baseline is ahead. Without a history only those can rank that need none.',
      ),
    ];
  }

  // The numbers of the step as bars, and all steps so far as lines.
  function drawGaps(r) {
    const model = r?.scores.get(MODEL) ?? null;
    const bar = v =>
      h('span', {
        class: 'bar',
        'aria-hidden': 'true',
        vars: { '--share': v === null ? '0' : v.toFixed(4) },
      });
    fillWith(
      gaps,
      r
        ? h(
            'table',
            { class: 'gaps' },
            h(
              'caption',
              {},
              `NDCG@${K} at "${plan.STEPS[Math.min(ui.step, plan.STEPS.length - 1)]}", and the model's lead`,
            ),
            h(
              'thead',
              { class: 'sr' },
              h(
                'tr',
                {},
                ['Ranked by', 'Bar', 'NDCG', 'Lead of the model'].map(t =>
                  h('th', { scope: 'col' }, t),
                ),
              ),
            ),
            h(
              'tbody',
              {},
              [...r.scores].map(([name, v]) =>
                h(
                  'tr',
                  { class: name === MODEL ? 'model' : '' },
                  h('th', { scope: 'row' }, name === MODEL ? 'Language model' : baselineName(name)),
                  h('td', {}, bar(v)),
                  h('td', { class: 'mono' }, v === null ? 'no data' : num(v)),
                  h(
                    'td',
                    { class: 'mono' },
                    name === MODEL || v === null ? '' : signed(model - v, 2),
                  ),
                ),
              ),
            ),
          )
        : null,
    );
    const names = [...new Set(ui.results.flatMap(x => (x ? [...x.scores.keys()] : [])))];
    const spec = {
      labels: plan.STEPS,
      series: names.map(name => ({
        name: name === MODEL ? 'Language model' : baselineName(name),
        strong: name === MODEL,
        values: plan.STEPS.map((_, i) => ui.results[i]?.scores.get(name) ?? null),
      })),
      yTitle: `NDCG@${K}`,
      max: 1,
    };
    if (!names.length) return;
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
