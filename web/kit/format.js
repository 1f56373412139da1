// Numbers and sentences, all pure: what the page says about scores, ranks, time and counts.

export const MINUS = '\u2212';
export const NONE = '\u2013';

export function num(x, digits = 2) {
  if (typeof x !== 'number' || !Number.isFinite(x)) return NONE;
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? MINUS + text : text;
}

export function signed(x, digits = 0) {
  if (typeof x !== 'number' || !Number.isFinite(x)) return NONE;
  const text = num(x, digits);
  return x > 0 && Number(x.toFixed(digits)) !== 0 ? `+${text}` : text;
}

export function whole(n) {
  return typeof n === 'number' && Number.isFinite(n)
    ? String(Math.round(n))
        .replace(/\B(?=(\d{3})+$)/g, ',')
        .replace(/^-/, MINUS)
    : NONE;
}

export function plural(word) {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

export const counted = (n, word) => `${whole(n)} ${n === 1 ? word : plural(word)}`;

export function duration(ms) {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) return NONE;
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

// A running clock: tenths of a second, so that it does not jump between units.
export const elapsed = ms =>
  ms < 59_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : duration(ms);

// Time in Unix seconds or ISO 8601 as "12 May 2025, 14:03"; the zone is the reader's unless given.
export function when(at, timeZone) {
  const date = new Date(typeof at === 'number' ? at * 1000 : at);
  if (at === null || at === undefined || Number.isNaN(date.getTime())) return NONE;
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(date);
}

const NAMES = {
  bm25: 'BM25',
  item_knn: 'Item-kNN',
  ease: 'EASE',
  popularity: 'Popularity',
  recency: 'Recency',
  embedding: 'Embedding',
  random: 'Random',
  chance: 'Chance',
};
// An item's own time: a year where that is all that is known, else a day.
export const day = at => (at ? at.slice(0, /^\d{4}-01-01T00:00:00/.test(at) ? 4 : 10) : '');

export const baselineName = key => NAMES[key] ?? key;
// Inside a sentence, "popularity" and "random" are plain words; "BM25" and "EASE" are names.
export const baselineWord = key =>
  ['bm25', 'item_knn', 'ease'].includes(key) ? baselineName(key) : baselineName(key).toLowerCase();

// A model by its file's name, without how it is stored; what the file calls itself is a detail.
export const modelName = m =>
  m?.id ? m.id.replace(/[-_.]i?(q\d\w*|bf16|f16|f32)$/i, '').replace(/-instruct$/i, '') : (m?.name ?? '');
export const modelDetail = m =>
  [m?.name && `In its file: ${m.name}`, m?.id && `file ${m.id}`].filter(Boolean).join('; ');

// How far an item rose against a baseline: 5 means five places higher than there; null without data.
export function rankChange(baselineRank, rank) {
  return Number.isInteger(baselineRank) && Number.isInteger(rank) ? baselineRank - rank : null;
}

export function changeWords(change, from) {
  if (change === null) return `no data from ${from}`;
  if (change === 0) return `same place as ${from}`;
  return `${change > 0 ? 'up' : 'down'} ${Math.abs(change)} from ${from}`;
}

// Where a score stands on a scale from -most to most, as shares of its width: {from, to}, of which one is the middle.
export function barOf(score, most) {
  const x = Number.isFinite(score) && most > 0 ? Math.max(-1, Math.min(1, score / most)) : 0;
  return x < 0 ? { from: 0.5 + x / 2, to: 0.5 } : { from: 0.5, to: 0.5 + x / 2 };
}

export function extent(values) {
  const good = values.filter(v => typeof v === 'number' && Number.isFinite(v));
  return good.length
    ? [good.reduce((a, b) => Math.min(a, b)), good.reduce((a, b) => Math.max(a, b))]
    : [0, 0];
}

export function median(values) {
  const good = values
    .filter(v => typeof v === 'number' && Number.isFinite(v))
    .sort((a, b) => a - b);
  if (!good.length) return null;
  const mid = good.length >> 1;
  return good.length % 2 ? good[mid] : (good[mid - 1] + good[mid]) / 2;
}

export const LOW_LABEL_MASS = 0.5;
export function labelMassWarning(items) {
  const m = median(items.map(i => i.label_mass));
  return m !== null && m < LOW_LABEL_MASS
    ? `The model hardly wanted to answer: for half of the items only ${m.toFixed(2)} or less of its probability is on the words asked for (the label mass), ` +
        'so this order says little. Ask it part by part instead.'
    : null;
}

// {share, text, queued}: what the progress line says of a job.
export function progressLine(job, word) {
  if (job.queue_position > 0) {
    return {
      share: null,
      queued: true,
      text: `Waiting: ${counted(job.queue_position, 'ranking')} before this one`,
    };
  }
  if (job.phase === 'busy')
    return {
      share: null,
      queued: true,
      text: `Many others rank at this moment; asked again in about ${job.busy_s} s`,
    };
  if (job.phase === 'load')
    return {
      share: job.loaded ?? 0,
      queued: false,
      text: `Loading the model, ${Math.round((job.loaded ?? 0) * 100)} %`,
    };
  const total = job.items_total || 0;
  if (!total && !job.tokens_total)
    return { share: null, queued: false, text: 'Preparing the prompt' };
  const share =
    job.tokens_total > 0 ? job.tokens_done / job.tokens_total : total ? job.items_done / total : 0;
  const items = total ? `${whole(job.items_done)} of ${counted(total, word)}` : '';
  const tokens =
    job.tokens_total > 0 ? `${whole(job.tokens_done)} of ${whole(job.tokens_total)} tokens` : '';
  return {
    share: Math.min(1, Math.max(0, share)),
    queued: false,
    text: [items, tokens].filter(Boolean).join(', '),
  };
}

// What the last ranking took, in the place of its progress.
export function tookLine(r, word) {
  const t = r.timing ?? {};
  if (t.score_ms === undefined) return '';
  const n = r.candidates ?? r.items?.length ?? 0;
  return [
    `${counted(n, word)} in ${duration(t.score_ms)}`,
    t.queue_ms > 500 && `${duration(t.queue_ms)} of waiting`,
    t.tokens_computed !== undefined &&
      `${whole(t.tokens_computed)} tokens computed, ${whole(t.tokens_cached ?? 0)} from the cache`,
  ]
    .filter(Boolean)
    .join('; ');
}

// What one item's prompt costs, from its parts, and what the whole job costs, from the answer.
export function promptSize(p) {
  const one = (p.parts ?? []).reduce((n, x) => n + (x.tokens ?? 0), 0);
  return {
    one: `About ${counted(one, 'token')} for one item.`,
    job:
      p.tokens === undefined
        ? ''
        : ` ${counted(p.tokens, 'token')} in the whole job, ${whole(p.shared_tokens ?? 0)} shared by all items and computed once.`,
  };
}

// BM25 still numbers the items that hold none of the words; such a place says nothing.
export const noMatch = (key, entry) => key === 'bm25' && entry?.score === 0;

export function timeLeft(ms) {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0
    ? `about ${duration(Math.max(ms, 1))} left`
    : '';
}

// Places against the order before: item id -> change, null where the item is new.
export function movesSince(before, items) {
  const places = new Map((before ?? []).map(i => [i.item, i.rank]));
  return new Map(items.map(i => [i.item, places.has(i.item) ? places.get(i.item) - i.rank : null]));
}

export function overlapLine(before, items) {
  if (!before?.length || !items.length) return '';
  const moves = [...movesSince(before, items).values()];
  const stayed = moves.filter(m => m !== null);
  if (stayed.length === items.length && stayed.every(m => m === 0))
    return 'The same order as before.';
  const held = stayed.filter(m => m === 0).length;
  return `Against the order before: ${stayed.length} of ${items.length} stayed in the list, ${held} in the same place.`;
}

export const warningText = w =>
  typeof w === 'string' ? w : (w?.message ?? w?.text ?? JSON.stringify(w));

// Ways to ask the model (readouts, as the API calls them): name -> [what it is called here, what it does].
export const READOUTS = {
  auto: [
    'as fits the wish',
    'The words of the catalogue and the request decide; what was chosen, and why, stands above the list under "how".',
  ],
  relevance: [
    'yes or no',
    'Asks of each item whether the member would like it: how far yes outweighs no, minus what the model says without you.',
  ],
  query: [
    'part by part',
    'Asks how well each item explains each part of the wish. Likes and dislikes count as parts.',
  ],
  item: [
    'how expected it is',
    'Asks how much more expected the item becomes once the model has read the wish and the history.',
  ],
  blend: ['all ways added up', 'A sum of the other ways on one scale, with weights fitted on development data.'],
  hybrid: [
    'with what others liked',
    'What the language model says and what EASE has learnt from interactions; the model alone where there are none.',
  ],
};
export const readoutName = key => (READOUTS[key] ? `${READOUTS[key][0]} (${key})` : key);

export const RETRIEVERS = {
  auto: 'whatever fits the request',
  bm25: 'words of the wish',
  popularity: 'popularity',
  item_knn: 'item neighbours',
  ease: 'EASE',
  recency: 'what is newest',
  embedding: 'embedding',
  random: 'chance',
  all: 'the whole catalogue',
};

export const shortHash = sha =>
  typeof sha === 'string' && sha.length > 12 ? `${sha.slice(0, 12)}\u2026` : (sha ?? NONE);
