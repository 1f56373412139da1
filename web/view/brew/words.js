// What the view Brew says, and what it asks for. Pure.
import { counted, num, whole } from '../../kit/format.js';

export const LENGTHS = [
  { title: 'A try: 20 steps', step: { steps: 20, measure: 10 } },
  { title: 'Short: 100 steps', step: { steps: 100, measure: 20 } },
  { title: 'Long: 500 steps', step: { steps: 500, measure: 50 } },
];

// A recipe for the histories of catalogues' members.
export const recipeOf = ({ name, model, catalogs, members, length }) => ({
  name,
  model,
  seed: 1,
  data: { catalogs, members },
  steps: [{ do: 'train', readout: 'item', rank: 8, lists: 6, items: 6, vocabulary: 2000, ...LENGTHS[length].step }],
});

export function spanText(s) {
  if (s < 90) return `${Math.max(1, Math.round(s))} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return `${num(s / 3600, 1)} h`;
}

export const estimateText = x =>
  `${counted(x.steps, 'step')} of ${num(x.seconds_step, x.seconds_step < 1 ? 2 : 1)} s: about ${spanText(x.seconds_training)} of training, ` +
  'and the time to measure before and after. Rankings go first.';

const PHASES = {
  train: 'learning',
  'evaluate after': 'measuring with the adapter',
  'evaluate before': 'measuring without it',
};

export function stateText(b) {
  const of = b.steps ? `${whole(b.step)} of ${counted(b.steps, 'step')}` : 'preparing';
  if (b.state === 'running') {
    const left = b.seconds_left === null ? '' : `, ${spanText(b.seconds_left)} left`;
    return `${PHASES[b.phase] ?? 'reading what to learn from'}: ${of}${left}`;
  }
  if (b.state === 'paused') return `paused after ${of}`;
  if (b.state === 'failed') return `failed: ${b.error}`;
  return b.state === 'adopted' ? `adopted as ${b.model}+${b.name}` : 'done, not adopted';
}

const MEASURES = [
  ['ndcg_10', 'NDCG at 10', 1],
  ['auc', 'AUC', 1],
  ['precision_5', 'Precision at 5', 1],
];

// Lines of the report: {name, before, after, change, fell, better}; a change within its interval is neither.
export function reportLines(report) {
  const line = (name, x, sign) =>
    x?.before && x.after && x.change
      ? {
          name,
          ...x,
          better: sign * (sign > 0 ? x.change.lo : x.change.hi) > 0,
        }
      : null;
  const kinds = Object.entries(report.lists?.kinds ?? {});
  return [
    ...MEASURES.map(([key, name, sign]) => line(name, report.lists?.[key], sign)),
    ...(kinds.length > 1 ? kinds.map(([kind, x]) => line(`AUC, ${kind}`, x.auc, 1)) : []),
    line('Cost of plain text (nats a token, less is better)', report.text_nats, -1),
  ].filter(Boolean);
}

export const verdictOf = l =>
  l.fell ? 'fell' : l.better ? 'better' : 'no clear change';

// Points of the two curves: [{step, value}].
export const lossPoints = b =>
  b.curve.filter(p => p.ndcg === null).map(p => ({ step: p.step, value: p.loss }));
export const keptPoints = b =>
  b.curve.filter(p => p.ndcg !== null).map(p => ({ step: p.step, value: p.ndcg }));

// The last different wishes of saved runs, as requests that can be ranked anew.
export function lastWishes(runs, most = 3) {
  const seen = new Set();
  const out = [];
  for (const r of runs) {
    const key = JSON.stringify([r.catalog, r.title]);
    if (!r.title || seen.has(key) || out.length === most) continue;
    seen.add(key);
    out.push(r);
  }
  return out;
}

// Where each of the first k items of `after` stood before: {title, place, was, moved}.
export function movesOf(before, after, k) {
  const was = new Map(before.map((x, i) => [x.item, i + 1]));
  return after.slice(0, k).map((x, i) => {
    const old = was.get(x.item) ?? null;
    return { item: x.item, title: x.title, place: i + 1, was: old, moved: old === null ? null : old - (i + 1) };
  });
}
