// How the test double takes a wish apart, how near a text is to an item, and what a limit says: by words alone.
import { createHash } from 'node:crypto';

export const noise = text => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
export const splitWish = text =>
  text
    .split(/[,.;]\s*|\s+but\s+/)
    .map(t => t.trim())
    .filter(Boolean)
    .map(t => {
      const m = /^(?:nothing|not|no|without|avoid)\s+(.+)$/i.exec(t);
      return m ? { text: m[1], sign: -1, weight: 0.7 } : { text: t, sign: 1, weight: 1 };
    });
export const overlap = (text, item) => {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  const hay = `${item.title} ${item.text} ${item.tags.join(' ')}`.toLowerCase();
  return (
    (words.filter(w => hay.includes(w)).length / Math.max(1, words.length)) * 2.4 +
    noise(text + item.id) * 1.6 -
    1
  );
};

export function ranked(items, score) {
  return new Map(
    [...items]
      .sort((a, b) => score(b) - score(a))
      .map((item, i) => [item.id, { rank: i + 1, score: Number(score(item).toFixed(3)) }]),
  );
}

// A wish that holds the word "limit" has one in the first clause with a comparison: of a price that some items keep,
// some break and some do not tell.
const COMPARE = /(?:nothing |price )?(over|at most|at least|below|above) (\d+)( EUR)?/;
const priceOf = id => (noise(`l${id}`) > 0.75 ? null : Math.floor(noise(`p${id}`) * 1000));
export function limitIn(clauses, wish) {
  const clause = /limit/.test(wish) ? clauses.findIndex(c => COMPARE.test(c.text)) : -1;
  if (clause < 0) return null;
  const [text, said, value] = COMPARE.exec(clauses[clause].text);
  const op = { over: '<=', 'at most': '<=', 'at least': '>=', below: '<', above: '>' }[said];
  const name = { '<=': 'at most', '>=': 'at least', '<': 'below', '>': 'above' }[op];
  return { clause, text, field: 'price', op, value, unit: 'EUR', negated: false, words: `price ${name} ${value} EUR` };
}
export function outcomeOf(limit, id) {
  const price = priceOf(id);
  if (!limit) return 'holds';
  if (price === null) return 'unknown';
  const x = Number(limit.value);
  const holds = { '<=': price <= x, '>=': price >= x, '<': price < x, '>': price > x }[limit.op];
  return holds ? 'holds' : 'fails';
}
export const fails = i => (i.outcomes?.includes('fails') ? 1 : 0);
export function talliedOf(limit, items) {
  const n = what => items.filter(i => outcomeOf(limit, i.id) === what).length;
  const high = limit.op[0] === '<';
  const bounds = { lo: high ? null : Number(limit.value), hi: high ? Number(limit.value) : null };
  return { ...limit, ...bounds, holds: n('holds'), fails: n('fails'), unknown: n('unknown') };
}
