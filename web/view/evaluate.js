// Experiments: a grid is started with one press, watched while it runs, and read as a chart and a table.
// mount(root, {session, api}) -> {enter(query), leave()}; the address names the open experiment by "id"
import { h, fillWith, keepFocus } from '../kit/dom.js';
import { baselineName, counted, when } from '../kit/format.js';
import { barChart, lineChart } from '../kit/charts.js';
import { METRICS, PRESETS, figuresOf, settingText, tableOf, verdictNote } from '../kit/experiment.js';

const EVERY_MS = 2000;

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
    'aria-label': 'Results, a line for each cell',
  });
  fillWith(detail, head, chartBox, table, note);
  fillWith(
    root,
    h('h2', {}, 'Evaluate'),
    h(
      'p',
      { class: 'fact' },
      'An experiment measures each combination of its grid on held-out data, in the background and below every ranking. ' +
        'It goes on where it was after a restart. Choices are made on the development split.',
    ),
    starter(),
    say,
    h('div', { class: 'evaluate' }, list, detail),
  );

  function starter() {
    const preset = h(
      'select',
      { id: 'experiment-preset', onchange: () => write() },
      PRESETS.map((p, i) => h('option', { value: i }, p.title)),
    );
    const spec = h('textarea', { id: 'experiment-spec', rows: 9, spellcheck: false });
    const write = () => {
      const catalog = session.get().catalog || 'movies';
      spec.value = JSON.stringify(PRESETS[preset.value].spec(catalog), null, 1);
    };
    ui.write = write;
    return h(
      'form',
      {
        class: 'experiment-new',
        onsubmit: e => {
          e.preventDefault();
          begin(spec.value);
        },
      },
      h(
        'div',
        { class: 'field' },
        h('label', { htmlFor: 'experiment-preset' }, 'New experiment'),
        preset,
      ),
      h('button', { type: 'submit', class: 'primary', id: 'experiment-go' }, 'Start'),
      h(
        'details',
        {},
        h('summary', {}, 'Its specification'),
        h('label', { htmlFor: 'experiment-spec', class: 'sr' }, 'Specification as JSON'),
        spec,
      ),
    );
  }

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

  const stateOf = x =>
    `${x.state}: ${x.done} of ${counted(x.cells, 'cell')}${x.failed ? `, ${x.failed} failed` : ''}`;

  function drawOne(x) {
    const figures = figuresOf(x.results);
    if (!figures.metrics.includes(ui.metric)) ui.metric = figures.metrics[0] ?? '';
    const pick = h(
      'select',
      {
        id: 'experiment-metric',
        'data-key': 'metric',
        onchange: () => {
          ui.metric = pick.value;
          draw();
        },
      },
      figures.metrics.map(m =>
        h('option', { value: m, selected: m === ui.metric }, METRICS[m] ?? m),
      ),
    );
    const run = x.running;
    keepFocus(head, () =>
      fillWith(
        head,
        h('h3', {}, x.name),
        h('p', { class: 'fact' }, stateOf(x)),
        run
          ? h(
              'p',
              { class: 'fact' },
              h('progress', {
                max: run.cases_total || 1,
                value: run.cases_done,
                'aria-label': 'Cases of the cell at work',
              }),
              run.cases_total
                ? ` cell ${run.cell}: ${run.cases_done} of ${counted(run.cases_total, 'case')}`
                : ` cell ${run.cell} is being prepared`,
            )
          : null,
        h(
          'div',
          { class: 'experiment-do' },
          figures.metrics.length ? h('label', { class: 'check' }, 'Show ', pick) : null,
          h('a', { href: api.experimentFile(x.id), download: `${x.id}.csv` }, 'Table as CSV'),
          h(
            'button',
            { type: 'button', class: 'quiet', 'data-key': 'gone', onclick: () => remove(x) },
            'Delete',
          ),
        ),
      ),
    );
    const shown = figures.cells.filter(c => c.figures?.[ui.metric]);
    chartBox.hidden = !shown.length;
    if (shown.length) drawChart(shown, figures);
    fillWith(table, tableOf(x.results, ui.metric));
    note.textContent = verdictNote(x.results, ui.metric);
  }

  // One varying setting that is a number makes lines, anything else bars.
  function drawChart(shown, { varies, baselines }) {
    const axis = varies.length === 1 ? varies[0] : '';
    const type = axis && shown.every(c => typeof c.settings[axis] === 'number') ? 'line' : 'bar';
    const spec = {
      labels: shown.map(
        c => varies.map(v => settingText(c.settings[v], v)).join(', ') || 'the one cell',
      ),
      xTitle: varies.join(', '),
      yTitle: METRICS[ui.metric] ?? ui.metric,
      series: [
        { name: 'Language model', strong: true, values: shown.map(c => c.figures[ui.metric].mean) },
        ...baselines.map(b => ({
          name: baselineName(b),
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
      ui.id = new URLSearchParams(query).get('id') ?? '';
      ui.write();
      return look();
    },
    leave() {
      ui.here = false;
      clearTimeout(ui.timer);
    },
  };
}
