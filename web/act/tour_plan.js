// The cold-start tour's plan, pure: what is known of a person at each step, and what they turn out to like later.

export const STEPS = ['No profile', 'A wish', 'One example', 'Three examples', 'The history'];
// After the steps: what the model gained, examples of one's own, the curve over interactions.
export const GAP = STEPS.length,
  PLAY = GAP + 1,
  CURVE = GAP + 2;
export const TABS = [...STEPS, 'The gap', 'Your choice', 'By interactions'];
const LATER = 8, // later likes that the order should find
  FULL = 50; // examples that one request may hold

export const liked = i => i.label === 'like' || i.label > 0 || i.rating >= 4;
const disliked = i => i.label === 'dislike' || i.label < 0 || (i.rating > 0 && i.rating <= 2);

// {wanted, known} of a history in the order of its times; null when too little is there to hold something back.
export function split(history) {
  const likes = history.filter(liked);
  if (likes.length < 6) return null;
  const n = Math.min(LATER, Math.floor(likes.length / 2));
  const wanted = likes.slice(-n);
  const cut = history.indexOf(wanted[0]);
  return { wanted, known: history.slice(0, cut), later: history.slice(cut) };
}

// The examples of each step, the latest first: one like; two likes and a dislike; everything known.
export function examplesAt(step, known) {
  const recent = [...known].reverse();
  const likes = recent.filter(liked);
  const bad = recent.find(disliked);
  const give = i => ({
    item: i.item,
    title: i.title,
    text: '',
    label: disliked(i) ? 'dislike' : 'like',
  });
  if (step < 2) return [];
  if (step === 2) return likes.slice(0, 1).map(give);
  if (step === 3) return [...likes.slice(0, bad ? 2 : 3), ...(bad ? [bad] : [])].map(give);
  return recent
    .filter(i => liked(i) || disliked(i))
    .slice(0, FULL)
    .map(give);
}

// The tags that stand out among liked items against a sample of the catalogue, as a wish.
export function wishOf(likedTags, sampleTags) {
  const share = lists => {
    const n = new Map();
    for (const tags of lists) for (const t of new Set(tags)) n.set(t, (n.get(t) ?? 0) + 1);
    return t => (n.get(t) ?? 0) / Math.max(1, lists.length);
  };
  const mine = share(likedTags),
    all = share(sampleTags);
  const tags = [...new Set(likedTags.flat())]
    .filter(t => mine(t) >= 0.2)
    .sort((a, b) => mine(b) - all(b) - (mine(a) - all(a)));
  return tags.slice(0, 2).join(', ').toLowerCase();
}

// Every n-th of a list, so that a sample of `want` is spread over the whole; the same for the same list.
export const spreadOver = (list, want) =>
  list.length <= want
    ? list
    : Array.from({ length: want }, (_, i) => list[Math.floor((i * list.length) / want)]);

// The numbers of interactions that the curve is measured at; the last one is everything.
export const COUNTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, FULL];

// The newest n interactions that say something, as examples.
export const lastOf = (known, n) => examplesAt(4, known).slice(0, n);

// The same shuffled order for the same seed: ties must not fall in the order in which a list was put together.
export function shuffled(list, seed) {
  const place = text => {
    let x = 2166136261;
    for (const c of `${seed}/${text}`) x = Math.imul(x ^ c.codePointAt(0), 16777619);
    x = Math.imul(x ^ (x >>> 15), 2246822507);
    return (x ^ (x >>> 13)) >>> 0;
  };
  return [...list].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

// The address of a step; examples: those of a choice of one's own. Pure.
export function tourHash({ catalog, member, step, examples = [] }) {
  const q = new URLSearchParams({ catalog, member, step: step + 1 });
  for (const e of examples) q.append(e.label, e.item);
  return `#/tour?${q}`;
}

// {catalog, member, step, examples} of an address; a wrong step is the first one.
export function tourOf(query) {
  const q = new URLSearchParams(query);
  const step = Number(q.get('step')) - 1;
  return {
    catalog: q.get('catalog') ?? '',
    member: q.get('member') ?? '',
    step: Number.isInteger(step) && step >= 0 && step <= CURVE ? step : 0,
    examples: [...q].flatMap(([label, item]) =>
      label === 'like' || label === 'dislike' ? [{ item, title: item, text: '', label }] : [],
    ),
  };
}
