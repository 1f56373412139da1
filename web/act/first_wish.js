// A first wish for a catalogue that has no examples of its own, in its own words: the tags that most of its items have,
// or the values of a further field where they repeat. Pure.

const MOST = 3;
const isWord = text =>
  typeof text === 'string' &&
  text.length > 2 &&
  text.length <= 40 &&
  /\p{L}{3}/u.test(text) &&
  !/[\d<>{}|\\/@\n]/.test(text);

// Words with how many items have them, the most first; those that all items have say nothing.
function counted(lists) {
  const count = new Map();
  for (const words of lists)
    for (const w of new Set(words.filter(isWord))) count.set(w, (count.get(w) ?? 0) + 1);
  return [...count].filter(([, n]) => n < lists.length).sort((a, b) => b[1] - a[1]);
}

// The further field whose values repeat most, each item with one of few.
function valuesOf(items) {
  const names = new Set(items.flatMap(i => Object.keys(i.extra ?? {})));
  let best = [];
  for (const name of names) {
    const values = counted(items.map(i => [i.extra?.[name]].flat()));
    const filled = values.reduce((n, [, k]) => n + k, 0);
    const few = values.length > 1 && values.length * 2 <= filled && filled * 2 > items.length;
    if (few && values[0][1] > (best[0]?.[1] ?? 1)) best = values;
  }
  return best;
}

// At most three wishes; [] where the items have no such words.
export function firstWishes(items) {
  const tags = counted(items.map(i => i.tags ?? []));
  const words = (tags.length ? tags : valuesOf(items)).map(([w]) => w);
  const [a, b, c, d] = words;
  return [a, b && c ? `${b}, ${c}` : b, d].filter(Boolean).slice(0, MOST);
}
