// What each part of a request contributed to one item's score: the part is left out and the item scored again.
// Rankings made for this are not saved. explainItem(rank, result, request, item, {signal, progress}) -> {score, parts}
const PARTS = 12;

// The parts that can be left out: [{kind, text, sign, request}], each with the request that lacks it. Pure.
export function partsOf(request, clauses) {
  const given = clauses.map(({ text, sign, weight }) => ({ text, sign, weight }));
  const without = (list, i) => list.filter((_, k) => k !== i);
  const out = given.map((c, i) => ({
    kind: 'clause',
    text: c.text,
    sign: c.sign,
    request: { ...request, clauses: without(given, i) },
  }));
  (request.examples ?? []).forEach((e, i) =>
    out.push({
      kind: 'example',
      text: e.text ?? e.item,
      item: e.item,
      sign: e.label === 'dislike' ? -1 : 1,
      request: { ...request, clauses: given, examples: without(request.examples, i) },
    }),
  );
  if (request.member) {
    const { member, history, ...rest } = request;
    out.push({ kind: 'member', text: member, sign: 1, request: { ...rest, clauses: given } });
  }
  return out.slice(0, PARTS);
}

export async function explainItem(rank, result, request, item, { signal, progress }) {
  const clauses = (result.clauses ?? []).filter(
    c => c.source !== 'example' && c.source !== 'history',
  );
  const base = {
    ...request,
    readout: result.readout?.used ?? request.readout,
    candidates: [item],
    baselines: [],
    top: 1,
    save: false,
  };
  const score = async r => {
    const answer = await rank(r, { signal, progress() {}, score() {} });
    return answer.items[0]?.score ?? null;
  };
  const whole = partsOf(base, clauses);
  const full = await score({
    ...base,
    clauses: clauses.map(({ text, sign, weight }) => ({ text, sign, weight })),
  });
  const parts = [];
  for (const [i, { request: lacking, ...p }] of whole.entries()) {
    progress(i, whole.length);
    const left = await score(lacking);
    parts.push({ ...p, without: left, contribution: full - left });
  }
  return { score: full, parts };
}
