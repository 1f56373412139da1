// What a wish did to the list, in a person's words; whether there was anything to ask; the scale of the scores. All pure.
import { baselineWord, counted, whole } from './format.js';
import { liveClauses, standingOf } from './state.js';

// A wish of dots and spaces asks nothing.
const says = text => /[^\s\p{P}\p{C}]/u.test(text ?? '');

// Whether the choices ask for anything that a ranking could follow.
export const asksSomething = s =>
  says(s.wish) ||
  liveClauses(s.clauses).some(c => c.touched && says(c.text)) ||
  s.examples.length > 0 ||
  !!s.member ||
  standingOf(s).length > 0;

// What the server found that cannot all be kept; '' where nothing.
export const contradictionOf = r =>
  (r?.warnings ?? []).find(w => typeof w === 'string' && /^the wish contradicts itself/i.test(w)) ?? '';

// Orders that know nothing of the wish, the plainest first.
const AGAINST = ['popularity', 'recency', 'ease', 'item_knn'];
const WORDS = {
  recency: 'the newest first',
  ease: 'what others liked (EASE)',
  item_knn: 'what goes with the history (Item-kNN)',
};
const FIRST = 10,
  TITLE = 60;

const short = title => (title.length > TITLE ? `${title.slice(0, TITLE - 1).trimEnd()}\u2026` : title);
const nameOf = i => short(i.title || i.item);

function subjectOf(s) {
  if (says(s.wish) || liveClauses(s.clauses).some(c => c.touched)) return 'Your wish';
  if (s.examples.length) return 'Your examples';
  return s.member ? `What is known of ${s.member}` : 'Your standing preferences';
}

// {from, rankOf} of the order to compare with; null where nothing has a place in another one.
function otherOrder(r) {
  const has = rankOf => r.items.some(i => Number.isInteger(rankOf(i)));
  for (const b of AGAINST) {
    const rankOf = i => i.baselines?.[b]?.rank;
    if (has(rankOf)) return { from: WORDS[b] ?? baselineWord(b), rankOf };
  }
  const rankOf = i => i.empty_rank;
  return has(rankOf) ? { from: 'the order without a wish', rankOf } : null;
}

// "Your wish moved Contact up 16 places against popularity": one sentence, without the stop.
export function headlineOf(s, r = s.result) {
  const items = r.items ?? [];
  const subject = subjectOf(s);
  if (!items.length) return 'There is nothing to show';
  const own = (r.clauses ?? []).filter(c => c.source === 'wish');
  const level = items.every(i => Math.abs(i.score - items[0].score) < 1e-7);
  if (level && own.length && own.every(c => c.check) && r.funnel?.within < r.funnel?.items)
    return `${whole(r.funnel.within)} of ${counted(r.funnel.items, s.surface?.item_word ?? 'item')} keep your limits`;
  if (r.funnel?.within === 0 && r.funnel.items > 0 && items.every(i => failing(i)))
    return `None of ${counted(r.funnel.items, s.surface?.item_word ?? 'item')} keeps all of your limits; below, the others by the rest of your wish`;
  if (r.empty?.same) return `${subject} changed nothing: this is the order without it, too`;
  const other = otherOrder(r);
  const first = [...items].sort((a, b) => a.rank - b.rank).slice(0, FIRST);
  if (!other) return `${subject} puts ${nameOf(first[0])} first`;
  let best = null;
  for (const i of first) {
    const by = (other.rankOf(i) ?? i.rank) - i.rank;
    if (!best || by > best.by) best = { by, i };
  }
  if (best.by > 0)
    return `${subject} moved ${nameOf(best.i)} up ${counted(best.by, 'place')} against ${other.from}`;
  return `${subject} leaves the first ${first.length > 1 ? first.length : ''} as in ${other.from}`.replace('  ', ' ');
}

// How the model was asked, for who does not know its names.
export const ASKED = {
  query: 'part by part',
  relevance: 'yes or no',
  item: 'how expected each item is',
  blend: 'in all ways, added up',
  hybrid: 'and what others liked was added',
};

// How well two orders agree, with what the number means.
export const agreementWords = tau =>
  tau > 0.9
    ? 'nearly the same order'
    : tau > 0.5
      ? 'much the same order'
      : tau > 0.2
        ? 'a somewhat similar order'
        : tau > -0.2
          ? 'another order altogether'
          : 'rather the reverse';

// The largest score that the bars have room for, the same for all lists of a wish: parts are measured in standard
// deviations of the catalogue, so three of them (of the parts together) hold nearly every item. Without parts, what the
// list has on either side of 0.
export function scaleOf(r) {
  const items = r.items ?? [];
  const most = items.reduce((m, i) => Math.max(m, Math.abs(i.score) || 0), 0);
  const parts = items.some(i => i.clauses?.length) && !items.some(i => Number.isFinite(i.learnt));
  if (!parts) return { most: most || 1, ofSample: false };
  const weights = (r.clauses ?? []).filter(c => c.weight > 0).map(c => c.weight);
  const sd = Math.hypot(...weights, ...(items.some(i => Number.isFinite(i.whole)) ? [1] : []));
  return { most: Math.max(3 * (sd || 1), most), ofSample: most <= 3 * (sd || 1) };
}

// Items whose score is the same as a neighbour's: item -> the first rank of its group. Scores are stored with nine digits.
export function tiesOf(items) {
  const by = [...items].sort((a, b) => a.rank - b.rank);
  const same = (a, b) =>
    !!a && !!b && Math.abs(a.score - b.score) <= 1e-7 * Math.max(1, Math.abs(a.score)) && failing(a) === failing(b);
  const ties = new Map();
  by.forEach((i, at) => {
    const before = same(by[at - 1], i);
    if (before || same(i, by[at + 1]))
      ties.set(i.item, before ? (ties.get(by[at - 1].item) ?? i.rank) : i.rank);
  });
  return ties;
}
const failing = i => (i.outcomes ?? []).includes('fails');

const LANGUAGES = {
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  it: 'Italian',
  nl: 'Dutch',
  pt: 'Portuguese',
};
// '' for English, and where the language is not known.
const languageOf = r => LANGUAGES[r?.language] ?? '';

// What a person should know of the wish itself: its language, and what cannot all be kept.
export function notesOf(r) {
  const language = languageOf(r);
  const against = contradictionOf(r);
  return [
    against && `${against.charAt(0).toUpperCase()}${against.slice(1)}.`,
    language &&
      `Read as ${language}: limits and exclusions work, the rest is judged by a model that has read mostly English.`,
  ].filter(Boolean);
}

// Where the items of a list would stand if its clause k had another weight: item -> rank among them. What a clause
// contributes grows with its weight, so no model is asked. Null where that cannot be known.
export function ghostsOf(r, k, weight) {
  const was = r.clauses?.[k]?.weight;
  const items = r.items ?? [];
  if (!(was > 0) || !items.length || items.some(i => !Number.isFinite(i.clauses?.[k]))) return null;
  const score = i => i.score + i.clauses[k] * (weight / was - 1);
  const by = [...items].sort((a, b) => failing(a) - failing(b) || score(b) - score(a) || a.rank - b.rank);
  const places = items.map(i => i.rank).sort((a, b) => a - b);
  return new Map(by.map((i, at) => [i.item, places[at]]));
}
