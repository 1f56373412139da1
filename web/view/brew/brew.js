// Training an adapter on this machine: begun, watched, measured, adopted or discarded.
// mount(root, {session, api}) -> {enter(query), leave()}; the address names the open brew by "id"
import { h, fillWith, keepFocus, styled, announce } from '../../kit/dom.js';
import { when } from '../../kit/format.js';
import { lineChart } from '../../kit/charts.js';
import { adapterList } from './adapters.js';
import { calls } from './calls.js';
import { reportTable } from './report.js';
import { wishSides } from './sides.js';
import { brewForm } from './start.js';
import { keptPoints, lossPoints, stateText } from './words.js';

const EVERY_MS = 1500;

export function mount(root, context) {
  const { session } = context;
  const ui = { id: '', one: null, timer: 0, here: false, shown: '' };
  const say = h('p', { class: 'fact', role: 'status' });
  const list = h('ul', { class: 'experiments' });
  const detail = h('section', { class: 'experiment', 'aria-label': 'The open brew' });
  const head = h('div', { class: 'experiment-head' });
  const charts = [
    chartOf('Loss', 'Loss: how surprised the model still is by what was liked (mean over 20 steps, falling is learning)', lossPoints),
    chartOf('Kept out', 'Kept out: how far up the right items stand (NDCG at 10, 1 is all of them on top)', keptPoints),
  ];
  const result = h('div', { class: 'brew-result' });
  const form = brewForm({ ...context, begun: answer => open(answer.brew.id) });
  const adapters = adapterList(context);
  fillWith(detail, head, h('div', { class: 'brew-charts' }, charts.map(c => c.box)), result);
  fillWith(
    root,
    h('h2', {}, 'Brew'),
    h(
      'p',
      { class: 'fact' },
      'A brew trains a small addition to a model, an adapter, from what people liked. It is measured on what was kept out, ' +
        'and nothing changes until you adopt it. Rankings go first while it runs.',
    ),
    form.element,
    say,
    h('div', { class: 'evaluate' }, list, detail),
    adapters.element,
  );

  function chartOf(name, title, points) {
    const canvas = h('canvas', { role: 'img' });
    const box = h('figure', { class: 'brew-chart', hidden: true }, h('figcaption', {}, title), h('div', { class: 'chart' }, canvas));
    let chart = null;
    return {
      box,
      draw(b) {
        const all = points(b);
        box.hidden = !all.length;
        if (!all.length) return;
        canvas.setAttribute('aria-label', `${title}: ${all.length} points, the last ${all.at(-1).value.toFixed(3)} at step ${all.at(-1).step}`);
        const values = all.map(p => p.value);
        const room = (Math.max(...values) - Math.min(...values)) * 0.1 || 0.01;
        const spec = {
          labels: all.map(p => p.step),
          xTitle: 'step',
          min: Math.min(...values) - room,
          max: Math.max(...values) + room,
          series: [{ name, key: 'language model', strong: true, values }],
        };
        chart ??= lineChart(canvas, spec);
        chart.then(c => c.update(spec)).catch(e => session.failed('The curve', e));
      },
    };
  }

  function open(id) {
    ui.id = id;
    ui.one = null;
    session.writeUrl(id ? `#/brew?id=${encodeURIComponent(id)}` : '#/brew', true);
    return look();
  }

  // Reads what there is; again while one goes on and this view is open.
  async function look() {
    clearTimeout(ui.timer);
    let all = [];
    try {
      all = await calls.brews();
      ui.id ||= all[0]?.id ?? '';
      ui.one = ui.id ? await calls.brew(ui.id) : null;
      say.textContent = all.length ? '' : 'No brew yet.';
    } catch (e) {
      if (e.status !== 404) return session.failed('The brews', e, look);
      say.textContent = `There is no brew ${ui.id}.`;
      ui.one = null;
    }
    if (!ui.here) return;
    drawList(all);
    detail.hidden = !ui.one;
    if (ui.one) drawOne(ui.one);
    if (all.some(b => b.state === 'running')) ui.timer = setTimeout(look, EVERY_MS);
  }

  function drawList(all) {
    keepFocus(list, () =>
      fillWith(
        list,
        all.map(b =>
          h(
            'li',
            {},
            h(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'data-key': b.id,
                'aria-current': b.id === ui.id ? 'true' : null,
                onclick: () => open(b.id),
              },
              b.name,
            ),
            h('p', { class: 'fact' }, `${b.state}, ${when(b.created)}`),
          ),
        ),
      ),
    );
  }

  const action = (key, text, act, kind = 'quiet') =>
    h('button', { type: 'button', class: kind, 'data-key': key, id: `brew-${key}`, onclick: () => attempt(text, act) }, text);

  async function attempt(text, act) {
    try {
      await act();
    } catch (e) {
      return session.failed(`${text}: not done`, e);
    }
    announce(`${text}: done`);
    await look();
    return adapters.enter();
  }

  function actions(b, report) {
    const fell = report?.fell;
    return [
      b.state === 'running' ? action('cancel', 'Cancel', () => calls.cancel(b.id), '') : null,
      ['paused', 'failed'].includes(b.state) ? action('resume', 'Go on', () => calls.goOn(b.id), 'primary') : null,
      b.state === 'done'
        ? action('adopt', fell ? 'Adopt nevertheless' : 'Adopt', () => calls.adopt(b.id, !!fell), fell ? 'alarm' : 'primary')
        : null,
      b.state !== 'running'
        ? action('discard', 'Discard', async () => {
            await calls.discard(b.id);
            ui.id = '';
          })
        : null,
    ];
  }

  function drawOne({ brew: b, report }) {
    keepFocus(head, () =>
      fillWith(
        head,
        h('h3', {}, `${b.name}, for ${b.model}`),
        h('p', { class: 'fact', id: 'brew-state' }, stateText(b)),
        b.state === 'running'
          ? h('progress', { max: b.steps || 1, value: b.step, 'aria-label': 'Steps' })
          : null,
        report?.fell ? h('p', { class: 'finding fault' }, `Worse than before by more than chance: ${report.fell}. It is not adopted by itself.`) : null,
        h('div', { class: 'experiment-do' }, actions(b, report)),
      ),
    );
    for (const c of charts) c.draw(b);
    // The report is drawn once, so that the lists below it stay.
    const key = `${b.id} ${b.state}`;
    if (ui.shown === key) return;
    ui.shown = key;
    fillWith(result, report && ['done', 'adopted'].includes(b.state) ? [reportTable(report), wishSides({ ...context, brew: b })] : []);
  }

  return {
    async enter(query) {
      ui.here = true;
      ui.id = new URLSearchParams(query).get('id') ?? '';
      await styled('brew.css');
      await Promise.all([form.enter(), adapters.enter(), look()]);
    },
    leave() {
      ui.here = false;
      clearTimeout(ui.timer);
    },
  };
}
