// Experiments: a grid is started with one press, watched while it runs, and read as a chart and a table.
// mount(root, {session, api}) -> {enter(query), leave()}; the address names the open experiment by "id"
import { announce, h, fillWith, keepFocus } from '../../kit/dom.js';
import { saveFile } from '../../kit/save.js';
import { baselineName, timeLeft, when } from '../../kit/format.js';
import { MODEL, barChart, lineChart } from '../../kit/charts.js';
import { METRICS, figuresOf, remainingMs, settingText } from '../../kit/experiment.js';
import { experimentHead, stateOf } from './head.js';
import { resultsTable, verdictNote } from './results.js';
import { starter } from './start.js';

const EVERY_MS = 2000,
  HEAD = 140,
  COLUMN = 128; // the least width of a table's first column, of the others

export function mount(root, { session, api }) {
  const ui = { id: '', list: [], one: null, metric: '', timer: 0, chart: null, type: '' };
  const say = h('p', { class: 'fact', role: 'status' });
  const list = h('ul', { class: 'experiments' });
  const detail = h('section', { class: 'experiment', 'aria-label': 'The open experiment' });
  const canvas = h('canvas', { role: 'img', 'aria-label': 'Chart of the table below' });
  const chartBox = h('div', { class: 'chart', hidden: true }, canvas);
  const head = h('div', { class: 'experiment-head' });
  const note = h('p', { class: 'fact' });
  const table = h('div', {
    class: 'scroll',
    tabIndex: 0,
    role: 'region',
    'aria-label': 'Results, a line for each method',
  });
  const start = starter({ session, api, begin });
  const everything = h(
    'button',
    { type: 'button', class: 'link', id: 'experiments-all', onclick: () => exportAll() },
    'Everything as JSON',
  );
  fillWith(detail, head, chartBox, table, note);
  fillWith(
    root,
    h('h2', {}, 'Evaluate'),
    h(
      'p',
      { class: 'fact' },
      'Which way of ranking is best here? An experiment tries each on likes and wishes whose right answers are known but were ' +
        'not shown to it. It runs in the background, rankings go first, and it goes on after a restart. ' +
        'Two models or prompts on one wish are compared under ',
      h('a', { href: '#/compare' }, 'Compare'),
      '; here they are compared on many.',
    ),
    start.root,
    say,
    h('div', { class: 'evaluate' }, h('div', {}, list, everything), detail),
  );

  async function begin(text) {
    try {
      let spec;
      try {
        spec = JSON.parse(text);
      } catch (e) {
        throw Object.assign(new Error(`The specification is not JSON: ${e.message}`), {
          field: 'specification',
        });
      }
      open((await api.startExperiment(spec)).id);
    } catch (e) {
      session.failed('The experiment was not started', e);
    }
  }
  function open(id) {
    ui.id = id;
    ui.one = null;
    session.writeUrl(id ? `#/evaluate?id=${encodeURIComponent(id)}` : '#/evaluate', true);
    return look();
  }

  // Reads what there is; again every two seconds while something is at work and this view is open.
  async function look() {
    clearTimeout(ui.timer);
    try {
      ui.list = (await api.experiments()).experiments;
      ui.id ||= ui.list[0]?.id ?? '';
      ui.one = ui.id ? await api.experiment(ui.id) : null;
      everything.hidden = !ui.list.length;
      say.textContent = ui.list.length
        ? ''
        : 'No experiment yet. Start the one above: a few minutes, then its table is here.';
    } catch (e) {
      if (e.status === 404 && ui.id) {
        say.textContent = `There is no experiment ${ui.id}.`;
        ui.one = null;
      } else return session.failed('The experiments', e, look);
    }
    if (!ui.here) return;
    draw();
    if (ui.list.some(x => x.state === 'running' || x.state === 'waiting'))
      ui.timer = setTimeout(look, EVERY_MS);
  }

  function draw() {
    keepFocus(list, () =>
      fillWith(
        list,
        ui.list.map(x =>
          h(
            'li',
            {},
            h(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'data-key': x.id,
                'aria-current': x.id === ui.id ? 'true' : null,
                onclick: () => open(x.id),
              },
              x.name,
            ),
            h('p', { class: 'fact' }, `${stateOf(x)}, ${when(x.created)}`),
          ),
        ),
      ),
    );
    detail.hidden = !ui.one;
    if (ui.one) drawOne(ui.one);
  }

  function drawOne(x) {
    const figures = figuresOf(x.results);
    if (!figures.metrics.includes(ui.metric)) ui.metric = figures.metrics[0] ?? '';
    const acts = {
      cancel: () => cancel(x),
      goOn: () => begin(JSON.stringify(x.spec)),
      remove: () => remove(x),
      choose: metric => {
        ui.metric = metric;
        draw();
      },
    };
    keepFocus(head, () =>
      fillWith(head, experimentHead(x, { figures, metric: ui.metric, left: x.running ? timeOf(x) : '', api }, acts)),
    );
    const shown = figures.cells.filter(c => c.figures?.[ui.metric]);
    chartBox.hidden = !shown.length;
    if (shown.length) drawChart(shown, figures);
    fillWith(table, resultsTable(x.results, ui.metric, Math.floor((table.clientWidth - HEAD) / COLUMN)));
    note.textContent = verdictNote(x.results, ui.metric);
  }

  // How fast the first cell goes is seen from one look to the next.
  function timeOf(x) {
    const now = performance.now();
    const { cell, cases_done: done, cases_total: of } = x.running;
    const at = `${x.id} ${cell}`;
    if (ui.seen?.of !== at && of) ui.seen = { of: at, at: now, share: done / of };
    const left = timeLeft(remainingMs(x, ui.seen?.of === at ? ui.seen : null, now));
    return left && `, ${left}`;
  }

  // One varying setting that is a number makes lines, anything else bars.
  function drawChart(shown, { varies, baselines }) {
    const axis = varies.length === 1 ? varies[0] : '';
    const type = axis && shown.every(c => typeof c.settings[axis] === 'number') ? 'line' : 'bar';
    const spec = {
      labels: shown.map(
        c => varies.map(v => settingText(c.settings[v], v)).join(', ') || 'the one cell',
      ),
      xTitle: varies.map(v => (v === 'k' ? 'interactions known' : v)).join(', '),
      yTitle: METRICS[ui.metric] ?? ui.metric,
      series: [
        { name: 'Language model', key: MODEL, strong: true, values: shown.map(c => c.figures[ui.metric].mean) },
        ...baselines.map(b => ({
          name: baselineName(b),
          key: b,
          values: shown.map(c => c.baselines?.[b]?.[ui.metric]?.mean ?? null),
        })),
      ].filter(s => s.values.some(v => v !== null)),
    };
    const key = `${type} ${ui.id}`;
    if (ui.type !== key) {
      const old = ui.chart;
      ui.type = key;
      ui.chart = Promise.resolve(old)
        .then(c => c?.stop())
        .then(() => (type === 'line' ? lineChart : barChart)(canvas, spec));
    }
    ui.chart.then(c => c.update(spec)).catch(e => session.failed('The chart', e));
  }

  async function cancel(x) {
    try {
      await api.cancelExperiment(x.id);
      announce('Cancelled; what was done is kept');
      await look();
    } catch (e) {
      session.failed('The experiment was not cancelled', e);
    }
  }

  async function exportAll() {
    try {
      const all = await Promise.all(ui.list.map(x => api.experiment(x.id)));
      saveFile('taproom-experiments.json', JSON.stringify({ experiments: all }, null, 1), 'application/json');
    } catch (e) {
      session.failed('The experiments were not exported', e);
    }
  }

  async function remove(x) {
    try {
      await api.dropExperiment(x.id);
      open('');
    } catch (e) {
      session.failed('The experiment was not deleted', e);
    }
  }

  return {
    enter(query) {
      ui.here = true;
      const q = new URLSearchParams(query);
      ui.id = q.get('id') ?? '';
      start.enter(q.get('preset'));
      return look();
    },
    leave() {
      ui.here = false;
      clearTimeout(ui.timer);
    },
  };
}
