// What each part of a request contributed to an item's score, as the server measures it by leaving the part out; and
// whether the scores are the same in other orders. explainRows(explain, state, item, {signal, progress}) -> an entry of
// state.explained: {key, items: Map of id to {score, parts}, stability, kept}
import { requestOfKey } from '../../kit/state.js';

export const AMONG = 6;

// The items that are measured together: the row and those around it, so that their order can be changed. Pure.
export function groupOf(items, item) {
  const at = items.findIndex(i => i.item === item);
  const from = Math.max(0, Math.min(at - 1, items.length - AMONG));
  return items.slice(from, from + AMONG).map(i => i.item);
}

// The words of a part: an example is named as the person named it. Pure.
export function wordsOf(part, request, titles) {
  if (part.kind === 'profile') return 'the profile of the member';
  if (part.kind === 'history') return 'the history of the member';
  if (part.kind !== 'example') return part.text;
  const e = request.examples?.[part.index];
  return (e?.item && titles.get(e.item)) || e?.text || part.text;
}

export async function explainRows(explain, s, item, calls) {
  const request = s.stored?.request ?? requestOfKey(s.resultKey);
  const { candidates, top, baselines, save, ...asked } = request;
  const items = groupOf(s.result.items, item);
  const found = await explain({ ...asked, items, stability: true }, calls);
  const titles = new Map(s.examples.map(e => [e.item, e.title]));
  const before = s.explained?.key === s.resultKey ? s.explained.items : [];
  const measured = found.items.map(i => [
    i.item,
    {
      score: i.score,
      parts: i.parts.map(p => ({ ...p, words: wordsOf(p, request, titles) })),
      among: items.length,
      stability: found.stability,
    },
  ]);
  return { key: s.resultKey, kept: !!s.stored, items: new Map([...before, ...measured]) };
}
