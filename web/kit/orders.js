// Two or more orders of the same items: overlap, rank correlation, what differs. Pure.
// An order is a Map from item to rank (1 = first); equal ranks are ties, an item without a rank is not in the Map.

// How many items stand in the first k of both; k is what both have at most.
export function overlapAt(a, b, k) {
  const n = Math.min(k, a.size, b.size);
  const first = order => new Set(sorted(order).slice(0, n));
  const other = first(b);
  return { same: [...first(a)].filter(i => other.has(i)).length, of: n };
}

export const sorted = order => [...order.keys()].sort((x, y) => order.get(x) - order.get(y));

// Kendall's tau-b over the items that both rank: (concordant - discordant) / sqrt((pairs - ties a) (pairs - ties b)).
// Null where it has no value: fewer than two items, or one order with a single rank for all.
export function kendallTau(a, b) {
  const items = [...a.keys()].filter(i => b.has(i));
  let score = 0,
    tiesA = 0,
    tiesB = 0,
    pairs = 0;
  for (let i = 0; i < items.length; i++) {
    for (let j = 0; j < i; j++) {
      const da = Math.sign(a.get(items[i]) - a.get(items[j]));
      const db = Math.sign(b.get(items[i]) - b.get(items[j]));
      pairs++;
      score += da * db;
      if (!da) tiesA++;
      if (!db) tiesB++;
    }
  }
  const under = Math.sqrt((pairs - tiesA) * (pairs - tiesB));
  return under > 0 ? score / under : null;
}

// The widest gap between an item's ranks; Infinity where one order has it and another has not.
export function spread(orders, item) {
  const ranks = orders.map(o => o.get(item)).filter(r => r !== undefined);
  if (ranks.length < orders.length) return ranks.length ? Infinity : 0;
  return Math.max(...ranks) - Math.min(...ranks);
}

// Normalised discounted cumulative gain in the first k, gain 1 for each wanted item. Items of one rank share their
// places evenly, so that a tie counts what it would on average.
export function ndcg(order, wanted, k) {
  const at = place => (place < k ? 1 / Math.log2(place + 2) : 0);
  const items = sorted(order);
  let got = 0,
    best = 0;
  for (let i = 0; i < items.length;) {
    let end = i;
    while (end < items.length && order.get(items[end]) === order.get(items[i])) end++;
    const group = items.slice(i, end);
    const places = group.reduce((sum, _, j) => sum + at(i + j), 0);
    got += (places / group.length) * group.filter(item => wanted.has(item)).length;
    i = end;
  }
  for (let i = 0; i < Math.min(k, wanted.size); i++) best += at(i);
  return best ? got / best : null;
}

// The same ranks with ties where the scores are equal; entries: [item, score], the highest score first in the end.
export function orderByScore(entries) {
  const by = [...entries].sort((a, b) => b[1] - a[1]);
  const order = new Map();
  by.forEach(([item, score], i) => {
    order.set(item, i && score === by[i - 1][1] ? order.get(by[i - 1][0]) : i + 1);
  });
  return order;
}
