// How far a score of this catalogue stands for the probability of a like: the fits there are, each with its reliability
// diagram, and a button to make one. mountCalibration(api, store, {fitted}) returns {show}
import { h, fillWith, makeDialog, announce } from '../kit/dom.js';
import { counted, modelName, num, when, whole } from '../kit/format.js';
import { lineChart } from '../kit/charts.js';

const METHODS = {
  isotonic: 'isotonic regression',
  platt: 'Platt\u2019s sigmoid',
  none: 'none: the scores say nothing about likes',
};

export function mountCalibration(api, store, { fitted }) {
  const d = makeDialog('calibration', 'Scores as probabilities');
  const list = h('div', { class: 'fits' });
  const say = h('p', { class: 'hint', role: 'status', id: 'calibration-says' });
  const bar = h('progress', { max: 1, hidden: true, 'aria-label': 'Progress of the fit' });
  const fit = h(
    'button',
    { type: 'button', class: 'primary', id: 'calibrate', onclick: () => make() },
    'Fit to the interactions of this catalogue',
  );
  const charts = [];
  fillWith(
    d.body,
    h(
      'p',
      { class: 'fact' },
      'Scores compare within one run. Where members have liked and disliked items, it can be measured how often a score ' +
        'went with a like: each member\u2019s last interactions are ranked with the earlier ones as history, and a curve is ' +
        'fitted. It counts for a member\u2019s history without a wish or examples.',
    ),
    h('div', { class: 'prompt-do' }, fit, bar),
    say,
    list,
  );
  d.dialog.addEventListener('close', () => {
    working?.abort();
    for (const c of charts.splice(0)) c.then(x => x.stop?.()).catch(() => {});
  });
  let working = null;

  async function load() {
    const { calibrations, cases_min: least } = await api.calibrations(store.get().catalog);
    fillWith(
      list,
      calibrations.length
        ? calibrations.map(one)
        : h('p', { class: 'fact' }, `No fit yet. One needs ${least} interactions with likes and dislikes.`),
    );
  }

  function one({ fit: x, created, stale }) {
    const canvas = h('canvas', { role: 'img', 'aria-label': 'Reliability; the table has the same numbers' });
    const bins = x.bins.filter(b => b.cases);
    if (bins.length > 1)
      charts.push(
        lineChart(canvas, {
          labels: bins.map(b => num(b.predicted)),
          xTitle: 'probability by the fit',
          yTitle: 'share of likes',
          max: 1,
          series: [
            { name: 'held-out members', strong: true, values: bins.map(b => b.liked) },
            { name: 'as it should be', values: bins.map(b => b.predicted) },
          ],
        }),
      );
    return h(
      'section',
      { class: 'fit', 'aria-label': `Fit of the ${x.readout} readout` },
      h('h3', {}, `${x.readout} readout, ${modelName(x.model)}`),
      h(
        'p',
        {},
        `${METHODS[x.method] ?? x.method}; `,
        `${counted(x.cases, 'interaction')} of ${counted(x.members, 'member')}, ${whole(x.likes)} of them likes. `,
        `Log loss ${num(x.log_loss, 3)} against ${num(x.base_loss, 3)} of the share of likes alone, `,
        `ECE ${num(x.ece, 3)}, AUC ${num(x.auc, 3)}; all on members that were held out.`,
      ),
      h('p', { class: 'fact' }, `${when(created)}${stale ? '. The catalogue was changed since.' : ''}`),
      bins.length > 1 ? h('div', { class: 'chart' }, canvas) : null,
      h(
        'table',
        { class: 'ranks' },
        h('caption', { class: 'sr' }, 'Reliability: what was predicted, and what was liked'),
        h(
          'thead',
          {},
          h('tr', {}, ['Probability', 'Liked', 'Interactions'].map(t => h('th', { scope: 'col' }, t))),
        ),
        h(
          'tbody',
          {},
          bins.map(b =>
            h(
              'tr',
              {},
              h('th', { scope: 'row', class: 'mono' }, num(b.predicted)),
              h('td', { class: 'mono' }, num(b.liked)),
              h('td', { class: 'mono' }, whole(b.cases)),
            ),
          ),
        ),
      ),
    );
  }

  async function make() {
    const s = store.get();
    working?.abort();
    working = new AbortController();
    fit.disabled = true;
    bar.hidden = false;
    bar.removeAttribute('value');
    say.textContent = 'Ranking the last interactions of each member';
    const request = {
      catalog: s.catalog,
      ...(s.surface?.name ? { surface: s.surface.name } : {}),
      ...(s.modelId ? { model: s.modelId } : {}),
      ...(['item', 'relevance', 'hybrid'].includes(s.readout) ? { readout: s.readout } : {}),
    };
    try {
      await api.calibrate(request, working.signal, p => {
        if (!p.members_total) return;
        bar.value = p.members_done / p.members_total;
        say.textContent = `${p.members_done} of ${counted(p.members_total, 'member')}`;
      });
      say.textContent = 'Fitted. The next ranking of a member\u2019s history shows probabilities.';
      announce(say.textContent);
      await load();
      fitted();
    } catch (e) {
      say.textContent = e.name === 'AbortError' ? '' : [e.message, e.hint].filter(Boolean).join(' ');
    }
    fit.disabled = false;
    bar.hidden = true;
  }

  return {
    async show() {
      say.textContent = '';
      fillWith(list);
      d.open();
      try {
        await load();
      } catch (e) {
        say.textContent = [e.message, e.hint].filter(Boolean).join(' ');
      }
    },
  };
}
