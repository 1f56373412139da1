// The curve of a cold start: what is found of this person's later likes with none to ten interactions and with all of
// them, what each ranking cost, and beside it what stored evaluations say of many people.
// mountCurve(tools) -> {root, begin, show, stop}
import { h, fillWith, announce } from '../../kit/dom.js';
import { counted, duration, whole, NONE } from '../../kit/format.js';
import { barChart, lineChart } from '../../kit/charts.js';
import { cohortOf } from '../../kit/experiment.js';
import * as plan from '../../act/tour_plan.js';
import { cohortSpec, curveSpec, pointLabel } from './tour_step.js';

export function mountCurve({ api, session, person, catalog, ask }) {
  const ui = { points: [], abort: null, drawn: new Map() };
  const say = h('p', { class: 'fact', role: 'status' });
  const picture = (label, cls = 'chart') => {
    const canvas = h('canvas', { role: 'img', 'aria-label': label });
    return { canvas, box: h('div', { class: cls, hidden: true }, canvas) };
  };
  const quality = picture('NDCG@10 over the number of interactions; the table has the same numbers');
  const cost = picture('Tokens read for each ranking; the table has the same numbers', 'chart low');
  const many = picture('NDCG@10 of many members over the number of interactions, with 95 % intervals');
  const table = h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The curve in numbers' });
  const cohort = h('div', { class: 'tour-cohort' });
  const root = h(
    'div',
    { class: 'tour curve', hidden: true },
    h(
      'section',
      { class: 'tour-card' },
      h('h3', {}, '8. By interactions: this person'),
      h('p', {}, 'No wish, only the last interactions: what is found of the later likes, and what it cost to read them.'),
      say,
      quality.box,
      cost.box,
      table,
    ),
    h('section', { class: 'tour-card' }, h('h3', {}, 'And many people'), cohort, many.box),
  );

  const stop = () => {
    ui.abort?.abort();
    ui.abort = null;
  };

  function chart(make, { canvas, box }, spec) {
    box.hidden = false;
    if (!ui.drawn.has(canvas)) ui.drawn.set(canvas, make(canvas, spec));
    ui.drawn
      .get(canvas)
      .then(c => c.update(spec))
      .catch(e => session.failed('The chart', e));
  }

  function draw() {
    const { points } = ui;
    if (!points.length) return;
    chart(lineChart, quality, curveSpec(points));
    chart(barChart, cost, {
      labels: points.map(pointLabel),
      yTitle: 'tokens read',
      series: [{ name: 'Language model', strong: true, values: points.map(p => p.tokens) }],
    });
    fillWith(
      table,
      h(
        'table',
        { class: 'ranks' },
        h(
          'thead',
          {},
          h('tr', {}, ['Interactions', 'NDCG@10', 'Tokens read', 'Took'].map(t => h('th', { scope: 'col' }, t))),
        ),
        h(
          'tbody',
          {},
          points.map(p =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, pointLabel(p)),
              h('td', { class: 'mono' }, p.model === null ? NONE : p.model.toFixed(2)),
              h('td', { class: 'mono' }, whole(p.tokens)),
              h('td', { class: 'mono' }, duration(p.ms)),
            ),
          ),
        ),
      ),
    );
  }

  // Each number of interactions once; those that there are not so many of are left out.
  async function measureAll() {
    const mine = (ui.abort = new AbortController());
    const most = plan.lastOf(person().known, Infinity).length;
    const counts = [...new Set(plan.COUNTS.map(n => Math.min(n, most)))];
    for (const n of counts.slice(ui.points.length)) {
      say.textContent = `Ranking with ${counted(n, 'interaction')}: ${ui.points.length} of ${counts.length} done.`;
      const found = await ask({ wish: '', examples: plan.lastOf(person().known, n) }, mine.signal, () => {});
      if (mine !== ui.abort) return;
      ui.points.push({ ...found, n, all: n === most });
      draw();
    }
    say.textContent = `Measured ${counts.length} times. The cost is what the model had to read anew; what it knew from before came from the cache.`;
    announce('The curve is measured');
  }

  async function drawCohort() {
    const { experiments } = await api.experiments();
    const fit = experiments.filter(x => x.done && x.spec.protocol === 'coldstart' && x.spec.catalog === catalog());
    for (const x of fit) {
      const found = cohortOf(await api.experiment(x.id));
      if (!found) continue;
      fillWith(
        cohort,
        h(
          'p',
          {},
          `${counted(found.cases, 'case')} of \u201c${x.name}\u201d: the next like among 19 others, mean and 95 % interval. `,
          'That is another task than the one on the left, so compare the shape of the lines, not their height. ',
          h('a', { href: `#/evaluate?id=${encodeURIComponent(x.id)}` }, 'Open the evaluation'),
        ),
      );
      return chart(lineChart, many, cohortSpec(found));
    }
    many.box.hidden = true;
    fillWith(
      cohort,
      h(
        'p',
        { class: 'fact' },
        'No stored evaluation of this catalogue varies the number of interactions yet. ',
        h('a', { href: '#/evaluate?preset=coldstart' }, 'Start one'),
        ': it runs in the background and then stands here.',
      ),
    );
  }

  return {
    root,
    stop,
    begin() {
      ui.points = [];
      fillWith(table);
      quality.box.hidden = cost.box.hidden = true;
    },
    async show() {
      stop();
      draw();
      try {
        await Promise.all([measureAll(), drawCohort()]);
      } catch (e) {
        if (e.name !== 'AbortError') session.failed('The curve', e, () => this.show());
      }
    },
  };
}
