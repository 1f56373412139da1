// What the test double answers to a wish: an order with its parts, and the prompt, in the forms of the real server.
import { createHash } from 'node:crypto';
import { fails, limitIn, noise, outcomeOf, overlap, ranked, splitWish, talliedOf } from './words.mjs';

// The preferences that count now, in their order.
const standingOf = (catalog, member) =>
  catalog.preferences.filter(
    p =>
      p.active &&
      (!p.member || p.member === member) &&
      !(p.expires !== null && p.expires <= Date.now() / 1000),
  );

// What is asked: the wish's own clauses, standing preferences, examples.
function clausesOf(catalog, req) {
  const plain = ({ text, sign, weight }) => ({ text, sign, weight });
  const own = req.clauses ?? splitWish(req.instruction ?? '');
  const standing = req.preferences ? standingOf(catalog, req.member ?? '') : [];
  const examples = (req.examples ?? []).map(e => ({
    text: e.text ?? catalog.items.find(i => i.id === e.item)?.title ?? e.item,
    sign: e.label === 'dislike' ? -1 : 1,
    weight: 1,
  }));
  const clauses = [...own, ...standing.map(plain), ...examples];
  const sourceOf = k => (k < own.length ? 'wish' : k < own.length + standing.length ? 'preference' : 'example');
  return { clauses, sourceOf };
}

// Each item's score and its parts: what `auto` adds beside the clauses; a blend has another part.
function scoresOf(req, items, clauses) {
  const parts = new Map(items.map(i => [i.id, clauses.map(c => c.sign * c.weight * overlap(c.text, i))]));
  const blend = req.readout === 'blend';
  const alone = req.readout === 'relevance' || blend;
  const whole = i => (alone ? 0 : 0.5 * overlap(req.instruction ?? '', i));
  const meaning = i => (alone ? 0 : noise(`e${req.instruction}${i.id}`) - 0.5);
  const tie = x => (/\btie\b/.test(req.instruction ?? '') ? Math.round(x) : x);
  const total = i => tie(parts.get(i.id).reduce((a, b) => a + b, 0) + whole(i) + meaning(i) + (blend ? 0.25 : 0));
  return { parts, whole, meaning, total };
}

function baselinesOf(req, items) {
  const base = {
    popularity: req.instruction?.includes('warn') ? null : ranked(items, i => i.popularity ?? 0),
    bm25: ranked(items, i => overlap((req.instruction ?? '').slice(0, 12), i)),
    random: ranked(items, i => noise(`r${req.seed}${i.id}`)),
  };
  const asked = (req.baselines ?? Object.keys(base)).filter(b => b in base);
  const of = i =>
    Object.fromEntries(
      asked
        .filter(b => base[b]?.has(i.id) && !(b === 'bm25' && noise(`x${i.id}`) > 0.9))
        .map(b => [
          b,
          b === 'bm25' && noise(`z${i.id}`) > 0.6 ? { ...base[b].get(i.id), score: 0 } : base[b].get(i.id),
        ]),
    );
  const trained = { popularity: '100,000 interactions', bm25: 'item texts' };
  const told = Object.fromEntries(
    asked.map(b => [
      b,
      base[b]
        ? { available: true, trained_on: trained[b] }
        : { available: false, why: 'the catalogue has no interactions' },
    ]),
  );
  return { of, told };
}

// The items in their order, those that break a limit behind the others or left out.
function rowsOf(req, items, scores, baselines, limit) {
  const relevance = req.readout === 'relevance';
  const beside = i =>
    req.readout === 'blend' ? { other: 0.25 } : relevance ? {} : { whole: scores.whole(i), meaning: scores.meaning(i) };
  const order = ranked(items, scores.total);
  return items
    .map(i => ({
      item: i.id,
      title: i.title,
      text: i.text,
      tags: i.tags,
      rank: order.get(i.id).rank,
      score: scores.total(i),
      logprob: -31.2 + scores.total(i) * 3,
      prior: -33.9,
      ...beside(i),
      probability: req.member ? 0.62 : null,
      label_mass: relevance ? 0.12 + noise(`m${i.id}`) * 0.2 : null,
      clauses: relevance ? [] : scores.parts.get(i.id),
      baselines: baselines.of(i),
    }))
    .sort((a, b) => a.rank - b.rank)
    .map(i => (limit ? { ...i, outcomes: [outcomeOf(limit, i.item)] } : i))
    .filter(i => req.constraints !== 'hide' || !i.outcomes?.includes('fails'))
    .sort((a, b) => fails(a) - fails(b) || a.rank - b.rank)
    .map((i, at) => ({ ...i, rank: at + 1 }))
    .slice(0, req.top ?? 20);
}

function funnelOf(catalog, items, limit) {
  const outcome = i => outcomeOf(limit, i.id);
  const near = catalog.items.filter(i => !items.includes(i) && outcome(i) === 'fails').map(i => i.id);
  return {
    items: catalog.items.length,
    within: limit ? catalog.items.filter(i => outcome(i) !== 'fails').length : catalog.items.length,
    retrieved: items.length,
    ranked: items.length,
    by: 'embedding and BM25',
    near: near.length,
    near_items: near.slice(0, 20),
    failing_kept: limit ? items.filter(i => outcome(i) === 'fails').length : 0,
  };
}

function warningsOf(wish) {
  if (wish.includes('warn')) return ['The wish changed nothing against the empty profile.'];
  if (/storms.*nothing with storms/.test(wish)) return ['the wish contradicts itself: "storms" is wanted and unwanted'];
  return [];
}

export function answer(catalog, req, id) {
  const wish = req.instruction ?? '';
  const { clauses, sourceOf } = clausesOf(catalog, req);
  const named = Array.isArray(req.candidates) ? req.candidates.map(id => catalog.items.find(i => i.id === id)) : null;
  const items = named ?? catalog.items.slice(0, req.candidates?.count ?? 100);
  const asked = req.readout === 'relevance' || req.readout === 'blend';
  const limit = limitIn(clauses, wish);
  const baselines = baselinesOf(req, items);
  return {
    run: id,
    model: {
      name: req.model ? `A ${req.model} model` : 'SmolLM2-135M-Instruct',
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      backend: 'cpu',
      precision: 'bf16',
    },
    readout: {
      used: asked ? req.readout : 'query',
      why: asked ? 'asked for' : 'the request has an instruction and the model is small',
    },
    prompt: { tokens: 412, shared_tokens: 38, truncated: [], sha256: 'ab'.repeat(32) },
    clauses:
      req.readout === 'relevance'
        ? []
        : clauses.map((c, k) => ({ ...c, check: limit?.clause === k ? limit.words : '', source: sourceOf(k) })),
    items: rowsOf(req, items, scoresOf(req, items, clauses), baselines, limit),
    constraints: limit ? [talliedOf(limit, items)] : [],
    language: /\bnicht\b/.test(wish) ? 'de' : 'en',
    funnel: funnelOf(catalog, items, limit),
    baselines: baselines.told,
    calibration: req.member
      ? { calibrated: true, method: 'platt', cases: 100, likes: 64, ece: 0.031, stale: false }
      : { calibrated: false, why: 'it counts for a history alone' },
    timing: { tokens_computed: 8123, tokens_cached: 2210, queue_ms: 3, score_ms: 4210 },
    warnings: warningsOf(wish),
  };
}

export function promptOf(catalog, r) {
  const item = catalog.items[0] ?? { title: '', text: '', tags: [] };
  const part = (name, role, text, per_item = false) => ({
    name,
    role,
    text,
    tokens: Math.ceil(text.length / 4),
    per_item,
  });
  const parts = [
    part('frame', 'system', '<|im_start|>system\nYou describe films in a few words.<|im_end|>\n'),
    part(
      'item',
      'user',
      `<|im_start|>user\n${item.title}: ${item.text} (${item.tags.join(', ')})<|im_end|>\n`,
      true,
    ),
    ...(r.clauses ?? splitWish(r.instruction ?? '')).map(c =>
      part('clause', 'assistant', `<|im_start|>assistant\n${c.text}`, true),
    ),
  ];
  return {
    readout: { used: 'query', why: 'the request has an instruction and the model is small' },
    parts,
    tokens: parts.reduce((n, p) => n + p.tokens * (p.per_item ? 50 : 1), 0),
    shared_tokens: parts[0].tokens,
    truncated: r.member
      ? [{ part: 'history', dropped: 37, why: 'the oldest interactions did not fit' }]
      : [],
    sha256: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
  };
}
