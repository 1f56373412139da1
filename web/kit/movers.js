// What a ranking moved the farthest against an order that knows nothing of the wish. Pure.
import { baselineWord, counted, signed } from './format.js';

const PLAIN = ['popularity', 'recency', 'ease', 'item_knn'];
const NONE = ''; // the model's own order without a wish, where nothing else knows one
const UP = 3,
  DOWN = 2;

// The clause that did most for an item, or against it; null where none did.
function partOf(item, clauses, sign) {
  let best = null;
  (item.clauses ?? []).forEach((value, k) => {
    if (sign * value > (best ? sign * best.value : 0) && clauses[k]) best = { text: clauses[k].text, value };
  });
  return best;
}

// [{item, title, rank, by, from, part}]: the farthest up first, then the farthest down.
export function moversOf(result) {
  const items = result.items ?? [];
  const placed = (i, b) =>
    b === NONE ? (i.empty_rank ?? undefined) : i.baselines?.[b]?.score != null ? i.baselines[b].rank : undefined;
  const from = [...PLAIN, NONE].find(b => items.some(i => Number.isInteger(placed(i, b))));
  if (from === undefined) return [];
  const moved = items
    .filter(i => Number.isInteger(placed(i, from)))
    .map(i => ({ i, by: placed(i, from) - i.rank }));
  const far = (sign, n) =>
    moved
      .filter(m => sign * m.by > 0)
      .sort((a, b) => sign * (b.by - a.by) || a.i.rank - b.i.rank)
      .slice(0, n)
      .map(({ i, by }) => ({
        item: i.item,
        title: i.title || i.item,
        rank: i.rank,
        by,
        from,
        part: partOf(i, result.clauses ?? [], sign),
      }));
  return [...far(1, UP), ...far(-1, DOWN)];
}

// What follows the title: " stands at 2, 17 places higher than by popularity, lifted most by “sea” (+1.20)."
export function moveWords({ rank, by, from, part }) {
  const way = by > 0 ? 'higher' : 'lower';
  const why = part
    ? `, ${by > 0 ? 'lifted' : 'held down'} most by \u201c${part.text}\u201d (${signed(part.value, 2)})`
    : '';
  return ` stands at ${rank}, ${counted(Math.abs(by), 'place')} ${way} than ${from === NONE ? 'without a wish' : `by ${baselineWord(from)}`}${why}.`;
}
