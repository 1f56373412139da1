// What an experiment's cells say: the settings that vary, the figures, the table. And experiments to start with.
import { h } from './dom.js';
import { baselineName, duration, num, shortHash, NONE } from './format.js';

export const METRICS = {
  auc: 'AUC',
  p5: 'P@5',
  ndcg10: 'NDCG@10',
  hr1: 'HR@1',
  hr5: 'HR@5',
  mrr: 'MRR',
  violations10: 'Violations in the first 10',
};

export const PRESETS = [
  {
    title: 'Readouts, on wishes of the development split',
    spec: catalog => ({
      name: `readouts on ${catalog}`,
      protocol: 'instruction',
      catalog,
      split: 'development',
      grid: { readout: ['auto', 'query', 'relevance', 'item'] },
    }),
  },
  {
    title: 'Cold start: none to ten interactions',
    spec: catalog => ({
      name: `cold start on ${catalog}`,
      protocol: 'coldstart',
      catalog,
      split: 'development',
      members: 12,
      grid: { k: [0, 1, 3, 5, 10] },
    }),
  },
  {
    title: 'How the history is chosen',
    spec: catalog => ({
      name: `histories on ${catalog}`,
      protocol: 'coldstart',
      catalog,
      split: 'development',
      members: 12,
      grid: { history: ['likes', 'recent', 'balanced'], k: [5] },
    }),
  },
];

// A setting as text; a model without a name is the one that is loaded.
export const settingText = (v, key) => (v === '' && key === 'model' ? 'loaded' : String(v ?? NONE));

// Settings that differ between cells; metrics and baselines that any finished cell has.
export function figuresOf(results) {
  const cells = results.map(c => ({
    ...c,
    figures: c.result?.figures,
    baselines: c.result?.baselines,
  }));
  const keys = [...new Set(cells.flatMap(c => Object.keys(c.settings)))];
  const varies = keys.filter(k => new Set(cells.map(c => JSON.stringify(c.settings[k]))).size > 1);
  const metrics = [...new Set(cells.flatMap(c => Object.keys(c.figures ?? {})))];
  const baselines = [...new Set(cells.flatMap(c => Object.keys(c.baselines ?? {})))];
  return { cells, varies, metrics, baselines };
}

// How a baseline stands to the language model, by the interval of the paired difference.
const VERDICTS = { ahead: 'worse', level: 'as good', behind: 'better' };

const figure = (f, verdict) =>
  f
    ? [
        h('span', { class: 'mono' }, num(f.mean, 3)),
        h('span', { class: 'interval' }, ` ${num(f.lo, 2)}\u2013${num(f.hi, 2)}`),
        VERDICTS[verdict] ? h('span', { class: `verdict ${verdict}` }, VERDICTS[verdict]) : null,
      ]
    : NONE;

// What the verdicts mean, for a table that has any: they are about the first metric.
export function verdictNote(results, metric) {
  const { cells, metrics } = figuresOf(results);
  const any = cells.some(c => Object.keys(c.result?.verdicts ?? {}).length);
  return any && metric === metrics[0]
    ? 'A baseline is better or worse than the language model when, case by case, the 95 % interval of the difference excludes 0. ' +
        'Where one is as good or better, the language model is not worth its cost.'
    : '';
}

// A line for each cell: its settings, the metric with its interval, beside every baseline's.
export function tableOf(results, metric) {
  const { cells, varies, metrics, baselines } = figuresOf(results);
  const columns = varies.length ? varies : ['protocol'];
  const verdict = (c, b) => (metric === metrics[0] ? c.result?.verdicts?.[b] : null);
  return h(
    'table',
    { class: 'ranks results-table' },
    h('caption', {}, `${METRICS[metric] ?? 'Results'}: mean and 95 % interval`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        [
          ...columns,
          'Language model',
          ...baselines.map(baselineName),
          'Cases',
          'ms an item',
          'Took',
          'Code',
        ].map(t => h('th', { scope: 'col' }, t)),
      ),
    ),
    h(
      'tbody',
      {},
      cells.map(c =>
        h(
          'tr',
          {},
          columns.map((k, i) =>
            h(i ? 'td' : 'th', i ? {} : { scope: 'row' }, settingText(c.settings[k], k)),
          ),
          c.error
            ? h('td', { colSpan: baselines.length + 5, class: 'missing' }, c.error)
            : [
                h('td', {}, c.figures ? figure(c.figures[metric]) : c.state),
                baselines.map(b => h('td', {}, figure(c.baselines?.[b]?.[metric], verdict(c, b)))),
                h('td', { class: 'mono' }, c.result?.cases ?? NONE),
                h('td', { class: 'mono' }, num(c.result?.ms_per_item, 1)),
                h('td', { class: 'mono' }, c.seconds ? duration(c.seconds * 1000) : NONE),
                h('td', { class: 'mono', title: c.code ?? '' }, c.code ? shortHash(c.code) : NONE),
              ],
        ),
      ),
    ),
  );
}

// What a stored cold-start evaluation says over the number of interactions: {counts, cases, methods: [{name, mean, lo, hi}]},
// the language model ('') first; null where it does not vary that number alone.
export function cohortOf(x) {
  const { cells, varies } = figuresOf(x.results.filter(c => c.result));
  if (varies.length !== 1 || varies[0] !== 'k') return null;
  const by = [...cells].sort((a, b) => a.settings.k - b.settings.k);
  const names = [...new Set(by.flatMap(c => Object.keys(c.baselines ?? {})))].filter(b => b !== 'chance');
  const line = (name, of) => ({
    name,
    ...Object.fromEntries(['mean', 'lo', 'hi'].map(k => [k, by.map(c => of(c)?.ndcg10?.[k] ?? null)])),
  });
  return {
    counts: by.map(c => c.settings.k),
    cases: by[0].result.cases,
    methods: [line('', c => c.figures), ...names.map(b => line(b, c => c.baselines?.[b]))],
  };
}
