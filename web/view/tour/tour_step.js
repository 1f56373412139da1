// What a step of the tour shows: its card, the first ten, the gap to each baseline in numbers and as a chart's lines.
import { h } from '../../kit/dom.js';
import { MODEL, markOf, styleOf } from '../../kit/charts.js';
import { METRIC_SAYS } from '../../kit/experiment.js';
import { baselineName, counted, num, signed } from '../../kit/format.js';
import { ndcg, orderByScore, sorted } from '../../kit/orders.js';
import { toHash } from '../../kit/url.js';
import { STEPS } from '../../act/tour_plan.js';

const K = 10;
const SAYS = [
  'Nothing is known. The model has nothing to read, so all items tie; without the person only the items themselves, such as how popular they are, can make an order.',
  'One sentence. The wish below was put together from the tags this person liked; write another one if you like.',
  'The same wish, and the last thing this person liked.',
  'Two likes and, where there is one, a dislike.',
  'Everything this person did before, at most 50 examples.',
];
const nameOf = name => (name === MODEL ? 'Language model' : baselineName(name));

// {scores: name -> NDCG or null, order, titles} of an answer.
export function measure(result, wanted) {
  const order = orderByScore(result.items.map(i => [i.item, i.score]));
  const scores = new Map([[MODEL, ndcg(order, wanted, K)]]);
  const names = new Set(result.items.flatMap(i => Object.keys(i.baselines ?? {})));
  for (const b of names) {
    const ranks = result.items.filter(i => Number.isInteger(i.baselines?.[b]?.rank));
    scores.set(
      b,
      ranks.length ? ndcg(new Map(ranks.map(i => [i.item, i.baselines[b].rank])), wanted, K) : null,
    );
  }
  return {
    scores,
    order,
    titles: new Map(result.items.map(i => [i.item, i.title || i.item])),
    model: scores.get(MODEL),
    tokens: result.timing?.tokens_computed ?? 0,
    ms: result.timing?.score_ms ?? 0,
  };
}

// ui: {step, person}; c: the step's choices; r: what it measured, if it is ranked yet; useWish(text) tries another wish.
export function stepCard(ui, c, r, useWish) {
  const wish = h('textarea', { id: 'tour-wish', rows: 2, value: c.wish });
  return [
    h('h3', {}, `${ui.step + 1}. ${STEPS[ui.step]}`),
    h('p', {}, SAYS[ui.step]),
    ui.step === 1
      ? h(
          'form',
          {
            class: 'joined',
            onsubmit: e => {
              e.preventDefault();
              useWish(wish.value.trim());
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
    r ? topTen(r, ui.person.wanted) : h('p', { class: 'fact', id: 'tour-progress' }, 'Ranking'),
    r ? openLink(c) : null,
  ];
}

export const topTen = (r, wanted) => [
  new Set(r.order.values()).size === 1
    ? h('p', { class: 'fact' }, 'All tie: these ten are drawn by lot, not ranked.')
    : null,
  h(
    'ol',
    { class: 'order', 'aria-label': 'The first ten' },
    sorted(r.order)
      .slice(0, K)
      .map(item =>
        h(
          'li',
          { class: wanted.has(item) ? 'wanted' : '' },
          h('span', { class: 'mono' }, r.order.get(item)),
          h('span', { class: 'order-title' }, r.titles.get(item)),
          wanted.has(item) ? h('span', { class: 'found' }, 'liked later') : null,
        ),
      ),
  ),
];

function openLink(c) {
  const a = h(
    'a',
    { href: toHash({ ...c, examples: c.examples.slice(0, 20) }) },
    'Open this as a ranking of the whole catalogue',
  );
  return h('p', { class: 'fact' }, a);
}

export function closing(results) {
  const first = results[1]?.scores,
    end = results.at(-1)?.scores;
  const gap = (scores, b) => scores.get(MODEL) - scores.get(b);
  const moved = b =>
    gap(end, b) > gap(first, b)
      ? 'the model gained on it.'
      : gap(end, b) < gap(first, b)
        ? 'the model fell back.'
        : 'the model kept its place.';
  const said = b =>
    first?.get(b) == null
      ? `: cannot rank by the wish alone, ${signed(gap(end, b), 2)} with the history.`
      : `: ${signed(gap(first, b), 2)} with the wish alone, ${signed(gap(end, b), 2)} with the history: ${moved(b)}`;
  const lines = [...(end?.keys() ?? [])]
    .filter(b => b !== MODEL && end.get(b) !== null)
    .map(b => h('li', {}, h('strong', {}, baselineName(b)), said(b)));
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
      'A minus means that the baseline is ahead.',
    ),
  ];
}

// The numbers of the step as bars.
export function gapTable(r, step) {
  const model = r.scores.get(MODEL);
  const bar = (v, name) =>
    h('span', {
      class: 'bar',
      'aria-hidden': 'true',
      vars: { '--share': v === null ? '0' : v.toFixed(4), '--of': `var(--${styleOf(name)[0]})` },
    });
  return h(
    'table',
    { class: 'gaps' },
    h('caption', {}, `NDCG@${K} at "${step}" (${METRIC_SAYS.ndcg10}), and the model's lead`),
    h(
      'thead',
      { class: 'sr' },
      h(
        'tr',
        {},
        ['Ranked by', 'Bar', 'NDCG', 'Lead of the model'].map(t => h('th', { scope: 'col' }, t)),
      ),
    ),
    h(
      'tbody',
      {},
      [...r.scores].map(([name, v]) =>
        h(
          'tr',
          { class: name === MODEL ? 'model' : '' },
          h('th', { scope: 'row' }, markOf(name), ' ', nameOf(name)),
          h('td', {}, bar(v, name)),
          h('td', { class: 'mono' }, v === null ? 'no data' : num(v)),
          h('td', { class: 'mono' }, name === MODEL || v === null ? '' : signed(model - v, 2)),
        ),
      ),
    ),
  );
}

// All steps so far as the lines of a chart.
export function gapSpec(results) {
  const names = namesIn(results.filter(Boolean));
  return {
    labels: STEPS,
    series: lines(names, name => STEPS.map((_, i) => results[i]?.scores.get(name) ?? null)),
    yTitle: `NDCG@${K}`,
    max: 1,
  };
}

const lines = (names, values) =>
  names.map(name => ({ name: nameOf(name), key: name, strong: name === MODEL, values: values(name) }));
const namesIn = list => [...new Set(list.flatMap(x => [...x.scores.keys()]))];

// After each choice of one's own.
export const trailSpec = trail => ({
  labels: trail.map(r => String(r.examples.length)),
  series: lines(namesIn(trail), name => trail.map(r => r.scores.get(name) ?? null)),
  yTitle: `NDCG@${K}`,
  xTitle: 'your examples, choice after choice',
  max: 1,
});

export const pointLabel = p => (p.all && p.n > 10 ? `all ${p.n}` : String(p.n));

// Over the number of interactions of one person.
export const curveSpec = points => ({
  labels: points.map(pointLabel),
  series: lines(namesIn(points), name => points.map(p => p.scores.get(name) ?? null)),
  yTitle: `NDCG@${K}`,
  xTitle: 'interactions known',
  max: 1,
});

// Over the number of interactions of many; each line with its interval as a band.
export const cohortSpec = ({ counts, methods }) => ({
  labels: counts.map(String),
  series: methods.map(m => ({
    name: m.name === '' ? nameOf(MODEL) : nameOf(m.name),
    key: m.name === '' ? MODEL : m.name,
    strong: m.name === '',
    values: m.mean,
    band: m.name === '' ? { lo: m.lo, hi: m.hi } : null,
  })),
  yTitle: 'NDCG@10',
  xTitle: 'interactions known',
  max: 1,
});
