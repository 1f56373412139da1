// The state of the page, its one writer, and the pure functions between state and request.

export function createState(initial) {
  let now = initial;
  const watchers = new Set();
  return {
    get: () => now,
    set(patch) {
      const before = now;
      now = { ...now, ...patch };
      for (const w of [...watchers]) {
        if (!w.keys || w.keys.some(k => before[k] !== now[k])) w.fn(now, before);
      }
    },
    subscribe(fn) {
      return this.watch(null, fn, false);
    },
    // Calls fn(state) now, and whenever one of the keys has changed.
    watch(keys, fn, first = true) {
      const entry = { keys, fn };
      watchers.add(entry);
      if (first) fn(now, now);
      return () => watchers.delete(entry);
    },
  };
}

// Every baseline there may be; which of them a catalogue has is said by the answer to a ranking.
export const BASELINES = [
  'popularity',
  'recency',
  'bm25',
  'item_knn',
  'ease',
  'embedding',
  'random',
];

export const POLICIES = {
  recent: 'the latest',
  balanced: 'likes and dislikes alike',
  relevant: 'the nearest to the wish',
  likes: 'the latest likes',
};

export const COUNT_MAX = 5000; // candidates of one ranking
export const PAGE = 50; // rows of the list in sight at once
// The page that shows the row of an item, 0 when it is not in the list.
export const pageOf = (items, row) =>
  Math.max(0, Math.floor((items ?? []).findIndex(i => i.item === row) / PAGE));

// What a person chooses; everything here is in the URL and in the request.
export const CHOICES = {
  catalog: '',
  words: '', // a surface other than the catalogue's own
  modelId: '', // '': the default of the server
  member: '',
  wish: '',
  clauses: [],
  examples: [],
  readout: 'auto',
  retrieve: 'auto',
  count: 50,
  top: 20,
  seed: 1,
  history: 10,
  policy: 'recent',
  baselines: null, // null: all that the catalogue has
  constraints: 'after', // what becomes of items that fail a limit: after the others, or hide
  standing: true, // whether the stored preferences count
  row: '',
};

export const INITIAL = {
  who: null, // {needed, user, role}: who is signed in
  ...CHOICES,
  catalogs: null,
  surface: null,
  model: null,
  models: null,
  modelJob: null, // {id, loaded}: a model on its way to be the default
  preferences: [], // of the catalogue, in their order, as the server has them
  explained: null, // {key, items: Map of id to its parts, stability}: of the result with that key
  members: [],
  memberInfo: null,
  drag: null, // {id, weight}: a clause whose weight is being dragged
  theme: '',
  details: false, // whether opened rows can be drawn
  clauseError: '',
  job: null,
  running: false,
  result: null,
  resultKey: '',
  anyway: '', // the key of a result that is shown though its wish contradicts itself
  previous: null,
  stored: null,
  sort: 'rank',
  page: 0,
  view: 'rank',
  live: true,
  density: 'compact', // of the rows: compact or roomy
  known: [], // baselines named by the last answer
  notices: [],
};

// --- clauses: {id, text, sign, weight, from, touched, off}
// `from` is the text the splitter proposed (null: added by hand); `off` hides one that was removed.
let nextId = 1;
export const newClause = (text, sign = 1, weight = 1, from = null, touched = true) => ({
  id: nextId++,
  text,
  sign,
  weight,
  from,
  touched,
  off: false,
});

// New proposals for an edited wish; what the person changed by hand stays changed.
export function mergeClauses(current, proposed) {
  const left = current.filter(c => c.from !== null);
  const out = proposed.map(p => {
    const i = left.findIndex(c => c.from === p.text);
    const old = i >= 0 ? left.splice(i, 1)[0] : null;
    if (old?.touched) return old;
    return {
      ...newClause(p.text, p.sign < 0 ? -1 : 1, p.weight ?? 1, p.text, false),
      ...(old ? { id: old.id } : {}),
    };
  });
  return [...out, ...current.filter(c => c.from === null)];
}

// The parts that a result says it read the wish as, for a wish that nobody has edited in parts; else null.
export function clausesOfResult(s, result) {
  const read = (result.clauses ?? []).filter(c => c.source === 'wish');
  return read.length && !clausesTouched(s.clauses) ? mergeClauses(s.clauses, read) : null;
}

export const clausesTouched = clauses => clauses.some(c => c.touched || c.off);
export const liveClauses = clauses => clauses.filter(c => !c.off && c.text.trim() !== '');

// What stands for the wish once a person changed its parts. A wish that could not be split is one part of its own.
export const editedClauses = s => [
  ...(s.clauseError && s.wish.trim() ? [{ text: s.wish.trim(), sign: 1, weight: 1 }] : []),
  ...liveClauses(s.clauses),
];

export const editClause = (clauses, id, patch) =>
  clauses.map(c => (c.id === id ? { ...c, ...patch, touched: true } : c));
export const dropClause = (clauses, id) =>
  clauses.flatMap(c =>
    c.id !== id ? [c] : c.from === null ? [] : [{ ...c, off: true, touched: true }],
  );

// --- examples: {item, title, text, label}; item is '' for a free text
export const sameExample = (a, b) => (a.item ? a.item === b.item : !b.item && a.text === b.text);

// Marks, changes or takes back: pressing the same label twice removes the example.
export function toggleExample(examples, example) {
  const old = examples.find(e => sameExample(e, example));
  if (!old) return [...examples, example];
  if (old.label === example.label) return examples.filter(e => e !== old);
  return examples.map(e => (e === old ? { ...old, label: example.label } : e));
}

export const labelOf = (examples, item) => examples.find(e => e.item === item)?.label ?? '';

// A baseline to stand beside a ranking: the first that has data here.
export const firstBaseline = s =>
  s.known.find(b => s.result?.baselines?.[b]?.available !== false) ?? s.known[0] ?? 'popularity';

// --- request
export function requestOf(s) {
  const r = {
    catalog: s.catalog,
    instruction: s.wish.trim(),
    readout: s.readout,
    candidates: { retrieve: s.retrieve, count: s.count },
    top: s.top,
    seed: s.seed,
  };
  if (s.baselines) r.baselines = s.baselines;
  if (s.constraints !== CHOICES.constraints) r.constraints = s.constraints;
  if (s.standing) r.preferences = true;
  if (s.modelId) r.model = s.modelId;
  if (s.surface?.name) r.surface = s.surface.name;
  if (clausesTouched(s.clauses))
    r.clauses = editedClauses(s).map(({ text, sign, weight }) => ({
      text: text.trim(),
      sign,
      weight,
    }));
  if (s.member) {
    r.member = s.member;
    r.history = { policy: s.policy, limit: s.history };
  }
  if (s.examples.length) {
    r.examples = s.examples.map(e =>
      e.item ? { item: e.item, label: e.label } : { text: e.text, label: e.label },
    );
  }
  return r;
}

// The stored preferences that count for what is chosen; at: Unix seconds.
export const standingOf = (s, at = Date.now() / 1000) =>
  s.standing
    ? s.preferences.filter(
        p =>
          p.active && !(p.expires && p.expires <= at) && (!p.member || p.member === s.member),
      )
    : [];

// What an answer is known by: its request, and what it counts that the request only points to.
export const keyOf = s => keyWith(requestOf(s), s);
export const keyWith = (request, s) =>
  JSON.stringify([
    request,
    request.preferences
      ? standingOf({ ...s, standing: true, member: request.member ?? '' }).map(p => [
          p.text,
          p.sign,
          p.weight,
        ])
      : [],
  ]);
export const requestOfKey = key => JSON.parse(key)[0];

// The choices that a stored request stands for; own: the surface of its catalogue. Lists of candidate ids are kept only
// by "run again".
export function choicesOf(r, own = '') {
  const retrieve = r.candidates && !Array.isArray(r.candidates) ? r.candidates : {};
  return {
    ...CHOICES,
    catalog: r.catalog ?? '',
    words: own && r.surface !== own ? (r.surface ?? '') : '',
    member: r.member ?? '',
    wish: r.instruction ?? '',
    clauses: (r.clauses ?? []).map(c =>
      newClause(c.text, c.sign < 0 ? -1 : 1, c.weight ?? 1, c.text),
    ),
    examples: (r.examples ?? []).map(e => ({
      item: e.item ?? '',
      title: '',
      text: e.text ?? '',
      label: e.label,
    })),
    readout: r.readout ?? CHOICES.readout,
    retrieve: retrieve.retrieve ?? CHOICES.retrieve,
    count: retrieve.count ?? CHOICES.count,
    top: r.top ?? CHOICES.top,
    seed: r.seed ?? CHOICES.seed,
    history: r.history?.limit ?? CHOICES.history,
    policy: r.history?.policy ?? CHOICES.policy,
    baselines: r.baselines ?? null,
    constraints: r.constraints ?? CHOICES.constraints,
    standing: r.preferences === true,
    modelId: r.model ?? '',
  };
}
