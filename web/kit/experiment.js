// What an experiment's cells say: the settings that vary, the figures, two sentences. And experiments to start with. Pure.
import { baselineWord, counted, num, whole, NONE } from './format.js';

export const METRICS = {
  auc: 'AUC',
  p5: 'P@5',
  ndcg10: 'NDCG@10',
  hr1: 'HR@1',
  hr5: 'HR@5',
  mrr: 'MRR',
  violations10: 'Violations in the first 10',
};

// Each: spec(catalog, {models, surfaces}); needs: of what there must be at least two.
// What each says, in a person's words.
export const METRIC_SAYS = {
  auc: 'how often a right item stands before a wrong one; 0.5 is chance, 1 is always',
  p5: 'the share of right items among the first five',
  ndcg10: 'how far up the right items stand among the first ten; 1 is all of them on top',
  hr1: 'how often the right item stands first',
  hr5: 'how often the right item is among the first five',
  mrr: 'one over the place of the right item, on average; 1 is always first',
  violations10: 'how many of the first ten break the wish; fewer is better',
};

export const PRESETS = [
  {
    name: 'readouts',
    needs: 'wishes',
    title: 'Ways to ask the model, on written wishes',
    spec: catalog => ({
      name: `ways to ask on ${catalog}`,
      protocol: 'instruction',
      catalog,
      split: 'development',
      grid: { readout: ['auto', 'query', 'relevance', 'item'] },
    }),
  },
  {
    name: 'coldstart',
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
    name: 'histories',
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
  {
    name: 'models',
    title: 'Models against each other',
    needs: 'models',
    spec: (catalog, { models }) => ({
      name: `models on ${catalog}`,
      protocol: 'coldstart',
      catalog,
      split: 'development',
      members: 12,
      grid: { model: models, k: [5] },
    }),
  },
  {
    name: 'prompts',
    title: 'Prompts: the words of two surfaces',
    needs: 'surfaces',
    spec: (catalog, { surfaces }) => ({
      name: `prompts on ${catalog}`,
      protocol: 'coldstart',
      catalog,
      split: 'development',
      members: 12,
      grid: { surface: surfaces, k: [5] },
    }),
  },
];

// Catalogues that come with wishes whose right answers somebody wrote down.
const WITH_WISHES = ['movies', 'jobs', 'listings'];
// Names of the catalogues in which something tells a good order from a bad one: written wishes, or members' likes.
export const measurable = (preset, catalogs) =>
  catalogs
    .filter(c => (preset.needs === 'wishes' ? WITH_WISHES.includes(c.name) : c.members > 0 && c.interactions > 0))
    .map(c => c.name);

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

// Fewer is better for these.
const DOWN = new Set(['violations10']);

const listed = names =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');
const upperFirst = text => text.charAt(0).toUpperCase() + text.slice(1);
// A cell by the settings that vary: "5 interactions, readout query".
export const cellName = (c, varies) =>
  varies
    .map(k => (k === 'k' ? counted(c.settings.k, 'interaction') : `${k} ${settingText(c.settings[k], k)}`))
    .join(', ');

// Two sentences: where the language model is at its best, and whether it is worth its cost there. '' before there are figures.
export function verdictOf(results) {
  const { cells, varies, metrics } = figuresOf(results);
  const [metric] = metrics;
  const measured = cells.filter(c => c.figures?.[metric]);
  if (!measured.length) return [];
  const sign = DOWN.has(metric) ? -1 : 1;
  const best = measured.reduce((a, b) => (sign * b.figures[metric].mean > sign * a.figures[metric].mean ? b : a));
  const f = best.figures[metric];
  const where = varies.length ? ` with ${cellName(best, varies)}` : '';
  const first =
    `The language model ${varies.length ? 'is at its best' : 'comes to'}${where}${varies.length ? ':' : ''} ${METRICS[metric] ?? metric} ` +
    `${num(f.mean, 3)} (95 % interval ${num(f.lo, 2)} to ${num(f.hi, 2)}, ${whole(best.result.cases)} cases).`;
  const by = what =>
    Object.entries(best.result.verdicts ?? {})
      .filter(([b, v]) => v === what && b !== 'chance')
      .map(([b]) => baselineWord(b));
  const [better, level, worse] = [by('behind'), by('level'), by('ahead')];
  if (!better.length && !level.length && !worse.length) return [first];
  const verb = (names, one, many) => (names.length === 1 ? one : many);
  const parts = [
    better.length && `${listed(better)} ${verb(better, 'is', 'are')} better`,
    level.length && `${listed(level)} cannot be told from it`,
    worse.length && `${listed(worse)} ${verb(worse, 'is', 'are')} worse`,
  ].filter(Boolean);
  const cost = best.result.ms_per_item ? ` of ${num(best.result.ms_per_item, 1)} ms an item` : '';
  const worth = better.length ? 'it is not worth' : level.length ? 'it is not shown to be worth' : 'it is worth';
  return [first, `${upperFirst(parts.join(', '))}: ${worth} its cost${cost}.`];
}

// Milliseconds until an experiment is done: by the cells that are, else by how fast the first one goes.
// seen: {at, share} when its running cell was first looked at; now in the same milliseconds. Null while that is not known.
export function remainingMs(x, seen, now) {
  const { running } = x;
  const share = running?.cases_total ? running.cases_done / running.cases_total : 0;
  const left = x.cells - x.done - x.failed - share;
  const took = (x.results ?? []).filter(c => c.state === 'done' && c.seconds > 0).map(c => c.seconds * 1000);
  if (took.length) return (left * took.reduce((a, b) => a + b, 0)) / took.length;
  const gone = share - (seen?.share ?? share);
  return gone > 0 ? (left * (now - seen.at)) / gone : null;
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
