// A test double of the server, for what a real one cannot show on demand: queues, slow streams, faults, empty stores.
// It keeps the HTTP contract but ranks by word overlap. node mock_server.mjs [port]; or import {startMock}.
import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { importRows } from './mock_import.mjs';

const WEB = new URL('../../web/', import.meta.url);
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
const CSP =
  "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const FILMS = [
  [
    "The Lamplighter's Winter",
    'An old lamplighter keeps his round after the town is wired for electricity, and after his wife is gone.',
    'Drama',
  ],
  [
    'Salt Between the Boards',
    'A widow and her daughter repair a fishing boat through one slow, quiet summer of grief.',
    'Drama',
  ],
  [
    'Seven Minutes of Night',
    'A crew is hunted through a stranded ice station by something that mimics voices. Scary to the end.',
    'Horror, Thriller',
  ],
  [
    'Brass Pigeons',
    'Two safe crackers fall in love with the same bank, in a funny film about doors.',
    'Comedy, Crime',
  ],
  [
    'A Field Guide to Leaving',
    'A birdwatcher walks the coast from end to end, writing to a brother who no longer answers.',
    'Drama, Romance',
  ],
  [
    'Iron Titan Parade',
    'Giant robots settle a border quarrel over a city that would rather be asleep.',
    'Action, Sci-Fi',
  ],
  [
    'The Understudy',
    'The night the lead falls ill, nobody on stage knows their lines but the usher.',
    'Comedy, Musical',
  ],
  [
    'Nine Tides',
    'A lighthouse logbook, read aloud: nine storms, nine years, nine letters about loss and the sea.',
    'Documentary',
  ],
  ['Dust Ledger', 'A frontier bookkeeper discovers who really owns the railway.', 'Western'],
  [
    'What the Orchard Kept',
    'A family returns to sell the farm and stays for one last harvest; a quiet, tender story.',
    "Drama, Children's",
  ],
  ['Half a Moon of Cheese', 'A mouse, a rocket, and a very patient cat.', 'Animation, Comedy'],
  [
    'Cold Switchboard',
    'A telephone operator in 1947 overhears a crime that has not happened yet.',
    'Film-Noir, Mystery',
  ],
];
// The preferences that count now, in their order.
const standingOf = (catalog, member) =>
  catalog.preferences.filter(
    p =>
      p.active &&
      (!p.member || p.member === member) &&
      !(p.expires !== null && p.expires <= Date.now() / 1000),
  );

const WORDS = [
  'North',
  'Glass',
  'Paper',
  'Second',
  'Copper',
  'Low',
  'Hollow',
  'Early',
  'Quiet',
  'Borrowed',
];

function makeItems() {
  const items = FILMS.map(([title, text, tags], i) => ({
    id: String(i + 1),
    title,
    text,
    tags: tags.split(', '),
    popularity: 900 - 61 * i,
    time: 0,
  }));
  for (let i = items.length; i < 120; i++) {
    const [title, text, tags] = FILMS[i % FILMS.length];
    items.push({
      id: String(i + 1),
      title: `${WORDS[i % 10]} ${title.replace(/^(The|A) /, '')}`,
      text: `${text} Part ${1 + Math.floor(i / 12)}.`,
      tags: tags.split(', '),
      popularity: 300 - i,
      time: 0,
    });
  }
  return items;
}

// In the place of the chart library, which lies outside the page's folder: it draws nothing.
const CHART =
  'globalThis.Chart = class { static defaults = { font: {} }; constructor(canvas, o) { Object.assign(this, o); } update() {} destroy() {} };';

const noise = text => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
const splitWish = text =>
  text
    .split(/[,.;]\s*|\s+but\s+/)
    .map(t => t.trim())
    .filter(Boolean)
    .map(t => {
      const m = /^(?:nothing|not|no|without|avoid)\s+(.+)$/i.exec(t);
      return m ? { text: m[1], sign: -1, weight: 0.7 } : { text: t, sign: 1, weight: 1 };
    });
const overlap = (text, item) => {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  const hay = `${item.title} ${item.text} ${item.tags.join(' ')}`.toLowerCase();
  return (
    (words.filter(w => hay.includes(w)).length / Math.max(1, words.length)) * 2.4 +
    noise(text + item.id) * 1.6 -
    1
  );
};

function ranked(items, score) {
  return new Map(
    [...items]
      .sort((a, b) => score(b) - score(a))
      .map((item, i) => [item.id, { rank: i + 1, score: Number(score(item).toFixed(3)) }]),
  );
}

function answer(catalog, req, id) {
  const own = req.clauses ?? splitWish(req.instruction ?? '');
  const standing = req.preferences ? standingOf(catalog, req.member ?? '') : [];
  const clauses = [
    ...own,
    ...standing.map(({ text, sign, weight }) => ({ text, sign, weight })),
    ...(req.examples ?? []).map(e => ({
      text: e.text ?? catalog.items.find(i => i.id === e.item)?.title ?? e.item,
      sign: e.label === 'dislike' ? -1 : 1,
      weight: 1,
    })),
  ];
  const named = Array.isArray(req.candidates) ? req.candidates.map(id => catalog.items.find(i => i.id === id)) : null;
  const items = named ?? catalog.items.slice(0, req.candidates?.count ?? 100);
  const parts = new Map(
    items.map(i => [i.id, clauses.map(c => c.sign * c.weight * overlap(c.text, i))]),
  );
  const relevance = req.readout === 'relevance';
  const blend = req.readout === 'blend';
  // What "auto" adds beside the clauses; a blend has another part.
  const whole = i => (relevance || blend ? 0 : 0.5 * overlap(req.instruction ?? '', i));
  const meaning = i => (relevance || blend ? 0 : noise(`e${req.instruction}${i.id}`) - 0.5);
  const tie = x => (/\btie\b/.test(req.instruction ?? '') ? Math.round(x) : x);
  const total = i =>
    tie(parts.get(i.id).reduce((a, b) => a + b, 0) + whole(i) + meaning(i) + (blend ? 0.25 : 0));
  const order = ranked(items, total);
  const limit = limitIn(clauses, req.instruction ?? '');
  const limited = !!limit;
  const outcome = id => outcomeOf(limit, id);
  const near = catalog.items.filter(i => !items.includes(i) && outcome(i.id) === 'fails').map(i => i.id);
  const base = {
    popularity: req.instruction?.includes('warn') ? null : ranked(items, i => i.popularity ?? 0),
    bm25: ranked(items, i => overlap((req.instruction ?? '').slice(0, 12), i)),
    random: ranked(items, i => noise(`r${req.seed}${i.id}`)),
  };
  const asked = (req.baselines ?? Object.keys(base)).filter(b => b in base);
  return {
    run: id,
    model: {
      name: req.model ? `A ${req.model} model` : 'SmolLM2-135M-Instruct',
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      backend: 'cpu',
      precision: 'bf16',
    },
    readout: {
      used: relevance || blend ? req.readout : 'query',
      why:
        relevance || blend ? 'asked for' : 'the request has an instruction and the model is small',
    },
    prompt: { tokens: 412, shared_tokens: 38, truncated: [], sha256: 'ab'.repeat(32) },
    clauses: relevance
      ? []
      : clauses.map((c, k) => ({
          ...c,
          check: limit?.clause === k ? limit.words : '',
          source:
            k < own.length ? 'wish' : k < own.length + standing.length ? 'preference' : 'example',
        })),
    items: items
      .map(i => ({
        item: i.id,
        title: i.title,
        text: i.text,
        tags: i.tags,
        rank: order.get(i.id).rank,
        score: total(i),
        logprob: -31.2 + total(i) * 3,
        prior: -33.9,
        ...(blend ? { other: 0.25 } : relevance ? {} : { whole: whole(i), meaning: meaning(i) }),
        probability: req.member ? 0.62 : null,
        label_mass: relevance ? 0.12 + noise(`m${i.id}`) * 0.2 : null,
        clauses: relevance ? [] : parts.get(i.id),
        baselines: Object.fromEntries(
          asked
            .filter(b => base[b]?.has(i.id) && !(b === 'bm25' && noise(`x${i.id}`) > 0.9))
            .map(b => [
              b,
              b === 'bm25' && noise(`z${i.id}`) > 0.6
                ? { ...base[b].get(i.id), score: 0 }
                : base[b].get(i.id),
            ]),
        ),
      }))
      .sort((a, b) => a.rank - b.rank)
      .map(i => (limited ? { ...i, outcomes: [outcome(i.item)] } : i))
      .filter(i => req.constraints !== 'hide' || !i.outcomes?.includes('fails'))
      .sort((a, b) => fails(a) - fails(b) || a.rank - b.rank)
      .map((i, at) => ({ ...i, rank: at + 1 }))
      .slice(0, req.top ?? 20),
    constraints: limited ? [talliedOf(limit, items)] : [],
    language: /\bnicht\b/.test(req.instruction ?? '') ? 'de' : 'en',
    funnel: {
      items: catalog.items.length,
      within: limited ? catalog.items.filter(i => outcome(i.id) !== 'fails').length : catalog.items.length,
      retrieved: items.length,
      ranked: items.length,
      by: 'embedding and BM25',
      near: near.length,
      near_items: near.slice(0, 20),
      failing_kept: limited ? items.filter(i => outcome(i.id) === 'fails').length : 0,
    },
    baselines: Object.fromEntries(
      asked.map(b => [
        b,
        base[b]
          ? {
              available: true,
              trained_on: { popularity: '100,000 interactions', bm25: 'item texts' }[b],
            }
          : { available: false, why: 'the catalogue has no interactions' },
      ]),
    ),
    calibration: req.member
      ? { calibrated: true, method: 'platt', cases: 100, likes: 64, ece: 0.031, stale: false }
      : { calibrated: false, why: 'it counts for a history alone' },
    timing: { tokens_computed: 8123, tokens_cached: 2210, queue_ms: 3, score_ms: 4210 },
    warnings: req.instruction?.includes('warn')
      ? ['The wish changed nothing against the empty profile.']
      : /storms.*nothing with storms/.test(req.instruction ?? '')
        ? ['the wish contradicts itself: "storms" is wanted and unwanted']
        : [],
  };
}

// A wish that holds the word "limit" has one in the first clause with a comparison: of a price that some items keep,
// some break and some do not tell.
const COMPARE = /(?:nothing |price )?(over|at most|at least|below|above) (\d+)( EUR)?/;
const priceOf = id => (noise(`l${id}`) > 0.75 ? null : Math.floor(noise(`p${id}`) * 1000));
function limitIn(clauses, wish) {
  const clause = /limit/.test(wish) ? clauses.findIndex(c => COMPARE.test(c.text)) : -1;
  if (clause < 0) return null;
  const [text, said, value] = COMPARE.exec(clauses[clause].text);
  const op = { over: '<=', 'at most': '<=', 'at least': '>=', below: '<', above: '>' }[said];
  const name = { '<=': 'at most', '>=': 'at least', '<': 'below', '>': 'above' }[op];
  return { clause, text, field: 'price', op, value, unit: 'EUR', negated: false, words: `price ${name} ${value} EUR` };
}
function outcomeOf(limit, id) {
  const price = priceOf(id);
  if (!limit) return 'holds';
  if (price === null) return 'unknown';
  const x = Number(limit.value);
  const holds = { '<=': price <= x, '>=': price >= x, '<': price < x, '>': price > x }[limit.op];
  return holds ? 'holds' : 'fails';
}
const fails = i => (i.outcomes?.includes('fails') ? 1 : 0);
function talliedOf(limit, items) {
  const n = what => items.filter(i => outcomeOf(limit, i.id) === what).length;
  const high = limit.op[0] === '<';
  const bounds = { lo: high ? null : Number(limit.value), hi: high ? Number(limit.value) : null };
  return { ...limit, ...bounds, holds: n('holds'), fails: n('fails'), unknown: n('unknown') };
}

class Refusal extends Error {
  constructor(status, { beside = {}, ...error }) {
    super(error.message);
    Object.assign(this, { status, error, beside });
  }
}
const refuse = (status, code, message, more = {}) => {
  throw new Refusal(status, { code, message, field: null, line: null, hint: null, ...more });
};

const SURFACES = {
  movies: {
    title: 'Movies',
    item_word: 'movie',
    example_wishes: [
      'Slow, quiet films about grief, nothing scary',
      'A funny film, nothing romantic, from before 1980',
      'Something for children that adults do not mind',
    ],
  },
  generic: { title: 'Items', item_word: 'item', example_wishes: ['Something unusual'] },
};

function newStore(empty) {
  const history = [
    ['1', 5],
    ['3', 1],
    ['8', 4],
  ].map(([item, rating], i) => ({
    item,
    title: FILMS[item - 1][0],
    label: rating > 3 ? 'like' : 'dislike',
    rating,
    at: 880000000 + i * 86400,
  }));
  const members = [
    { id: '196', name: '196', profile: '49 years old, writer', history },
    { id: '7', name: '7', profile: '57 years old, administrator', history: [] },
  ];
  const catalogs = new Map(
    empty
      ? []
      : [
          ['jobs', { surface: 'generic', items: [], members: [], preferences: [], interactions: 0 }],
          [
            'movies',
            { surface: 'movies', items: makeItems(), members, preferences: [], interactions: 100000 },
          ],
        ],
  );
  return { catalogs, runs: new Map() };
}

export async function startMock({ port = 0, stepMs = 60, empty = false } = {}) {
  const db = newStore(empty);
  const seen = { imports: [], importMs: [], aborted: 0, splitFaults: 0, busy: 0, ids: 0, clients: new Set(), model: 'small', fits: [] };
  const server = http.createServer((req, res) =>
    handle(db, seen, stepMs, req, res).catch(e => {
      if (!(e instanceof Refusal)) console.error(e);
      if (res.headersSent) return res.end();
      const again = e.error?.retry ? { 'Retry-After': String(e.error.retry) } : {};
      res.writeHead(e.status ?? 500, { 'Content-Type': 'application/json', ...again });
      const error = e.error ?? { code: 'internal', message: e.message };
      res.end(JSON.stringify({ error, ...e.beside }));
    }),
  );
  await new Promise(done => server.listen(port, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    db,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function stream(res, seen, stepMs, result, wish) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  let seq = 0,
    gone = false;
  res.on('close', () => {
    gone = !res.writableFinished;
    if (gone) seen.aborted++;
  });
  const send = (event, body) =>
    res.write(`event: ${event}\ndata: ${JSON.stringify({ seq: ++seq, ...body })}\n\n`);
  const wait = ms => new Promise(done => setTimeout(done, ms));
  const total = 100;
  for (let q = wish.includes('queue') ? 3 : 0; q > 0 && !gone; q--) {
    send('progress', {
      phase: 'queue',
      queue_position: q,
      items_done: 0,
      items_total: total,
      tokens_done: 0,
      tokens_total: 0,
      elapsed_ms: 0,
      remaining_ms: null,
    });
    await wait(stepMs * 8);
  }
  for (let done = 0; done <= total && !gone; done += 10) {
    if (wish.includes('cut') && done === 50) return res.destroy();
    if (wish.includes('break') && done === 50) {
      send('error', {
        error: {
          code: 'out_of_memory',
          message: 'The ranking needs 812 MB and 500 MB are allowed.',
          field: 'candidates.count',
          line: null,
          hint: 'Rank fewer candidates or start with a larger --memory.',
        },
      });
      return res.end();
    }
    send('progress', {
      phase: 'score',
      items_done: done,
      items_total: total,
      tokens_done: done * 81,
      tokens_total: total * 81,
      elapsed_ms: (done * stepMs) / 10,
      remaining_ms: ((total - done) * stepMs) / 10,
      queue_position: 0,
    });
    for (let k = done; k < Math.min(total, done + 10); k++)
      send('score', { item: String(k + 1), logprob: noise(`s${k}`) * 4 - 1 });
    await wait(stepMs * (wish.includes('slow motion') ? 20 : 1));
  }
  if (!gone) {
    send('done', { result });
    res.end();
  }
}

async function handle(db, seen, stepMs, req, res) {
  const url = new URL(req.url, 'http://x');
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (path[0] !== 'api') {
    const name = path.join('/') || 'index.html';
    if (!/^([a-z_]+\/)*[a-z_]+\.(html|js|css|svg)$/.test(name)) refuse(404, 'not_found', 'No such page.');
    const body = name === 'chart.js' ? CHART : await readFile(new URL(name, WEB));
    res.writeHead(200, {
      'Content-Type': TYPES[name.split('.')[1]],
      'Content-Security-Policy': CSP,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    return res.end(body);
  }
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const body = Buffer.concat(chunks).toString();
  const json = value => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Security-Policy': CSP });
    res.end(JSON.stringify(value));
  };
  const catalog = name =>
    db.catalogs.get(name) ??
    refuse(404, 'not_found', `There is no catalogue "${name}".`, {
      field: 'catalog',
      hint: 'GET /api/catalogs lists what there is.',
    });
  const brief = (name, c) => ({
    name,
    surface: c.surface,
    items: c.items.length,
    members: c.members.length,
    interactions: c.interactions,
  });
  const what = `${req.method} /${path.slice(1, 2)}`;
  const q = url.searchParams.get('q') ?? '';
  if (what === 'GET /models')
    return json({
      default: seen.model,
      loaded_max: 3,
      models: ['small', 'large'].map(id => ({
        id,
        name: `A ${id} model`,
        bytes: 98362432,
        state: id === seen.model ? 'loaded' : 'available',
        default: id === seen.model,
        loaded: 0,
        parameters: 134515008,
        context: 8192,
        backend: 'cpu',
        precision: 'bf16',
      })),
    });
  if (what === 'POST /models') {
    seen.model = JSON.parse(body).model;
    return json({ default: seen.model });
  }
  if (what === 'GET /calibration')
    return json({ catalog: q, cases_min: 30, calibrations: seen.fits });
  if (what === 'POST /calibration') {
    const fit = {
      method: 'platt',
      readout: 'item',
      model: { id: seen.model, name: 'A small model' },
      cases: 100,
      likes: 64,
      members: 20,
      log_loss: 0.61,
      base_loss: 0.65,
      ece: 0.031,
      auc: 0.7,
      bins: [
        { cases: 40, predicted: 0.41, liked: 0.38 },
        { cases: 0, predicted: 0, liked: 0 },
        { cases: 60, predicted: 0.8, liked: 0.82 },
      ],
    };
    seen.fits = [{ created: 1760000000, stale: false, fit }];
    return json(fit);
  }
  if (what === 'GET /model')
    return json({
      name: 'SmolLM2-135M-Instruct',
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      architecture: 'llama',
      parameters: 134515008,
      context: 8192,
      backend: 'cpu',
      precision: 'bf16',
    });
  if (what === 'GET /session') return json({ needed: false, user: '', role: 'admin' });
  if (what === 'GET /surfaces')
    return json({ name: path[2], question: '', ...(SURFACES[path[2]] ?? SURFACES.generic) });
  if (what === 'POST /clauses') {
    const { text } = JSON.parse(body);
    if (seen.splitFaults > 0 && seen.splitFaults--) refuse(503, 'busy', 'The server is busy.');
    return json({ clauses: splitWish(text) });
  }
  if (what === 'GET /catalogs' && path.length === 2)
    return json({ catalogs: [...db.catalogs].map(([n, c]) => brief(n, c)) });
  if (what === 'POST /catalogs' && path.length === 2) {
    seen.imports.push(url.search);
    if (seen.importMs.length) await new Promise(done => setTimeout(done, seen.importMs.shift()));
    return json(importRows(db, url, 'items', url.searchParams.get('name'), body, refuse));
  }
  if (what === 'POST /catalogs' && ['members', 'interactions'].includes(path[3])) {
    catalog(path[2]);
    seen.imports.push(url.search);
    return json(importRows(db, url, path[3], path[2], body, refuse));
  }
  if (path[3] === 'preferences') {
    const { preferences } = catalog(path[2]);
    const at = preferences.findIndex(p => String(p.id) === path[4]);
    if (path[4] && at < 0) refuse(404, 'not_found', 'There is no such preference.');
    if (req.method === 'DELETE') return json({ deleted: preferences.splice(at, 1)[0].id });
    if (req.method === 'GET')
      return json({
        preferences: preferences.map(p => ({
          ...p,
          expired: p.expires !== null && p.expires <= Date.now() / 1000,
        })),
      });
    const fresh = { member: '', sign: 1, weight: 1, active: true, position: 0, expires: null };
    const p = Object.assign(at < 0 ? { id: ++seen.ids, ...fresh } : preferences[at], JSON.parse(body));
    if (at < 0) preferences.push(p);
    preferences.sort((a, b) => a.position - b.position || a.id - b.id);
    return json(p);
  }
  if (what === 'GET /catalogs' && path.length === 3)
    return json({
      ...brief(path[2], catalog(path[2])),
      fields: [
        { name: 'tags', type: 'list', unit: '' },
        { name: 'time', type: 'date', unit: '' },
        { name: 'price', type: 'money', unit: 'EUR' },
      ],
    });
  if (what === 'PUT /catalogs') {
    const { name } = JSON.parse(body);
    if (db.catalogs.has(name)) refuse(409, 'conflict', `there is a catalogue '${name}' already`, { field: 'name' });
    db.catalogs.set(name, catalog(path[2]));
    db.catalogs.delete(path[2]);
    return json({ catalog: name });
  }
  if (what === 'DELETE /catalogs') {
    catalog(path[2]);
    db.catalogs.delete(path[2]);
    return json({ deleted: path[2] });
  }
  if (what === 'GET /catalogs' && path[3] === 'items') {
    const all = catalog(path[2]).items.filter(i => (i.id + i.title + i.tags).includes(q));
    return json({
      items: all.slice(0, Number(url.searchParams.get('limit') ?? 20)),
      total: all.length,
    });
  }
  if (what === 'GET /catalogs' && path[3] === 'members' && !path[4])
    return json({
      members: catalog(path[2])
        .members.filter(m => m.id.includes(q))
        .map(({ history, ...m }) => ({ ...m, interactions: history.length })),
    });
  if (what === 'GET /catalogs' && path[3] === 'members')
    return json(
      catalog(path[2]).members.find(m => m.id === path[4]) ??
        refuse(404, 'not_found', `Member "${path[4]}" is not in this catalogue.`, {
          field: 'member',
          hint: 'Pick one from the list, or no one.',
        }),
    );
  if (what === 'POST /prompt')
    return json(promptOf(catalog(JSON.parse(body).catalog), JSON.parse(body)));
  if (what === 'GET /runs' && path.length === 2) {
    const all = [...db.runs.values()].reverse();
    const at = Number(url.searchParams.get('offset') ?? 0);
    return json({
      runs: all.slice(at, at + Number(url.searchParams.get('limit') ?? 20)).map(r => ({
        id: r.run,
        catalog: r.request.catalog,
        title: (r.request.instruction ?? '').slice(0, 80),
        created: r.created,
      })),
      total: all.length,
    });
  }
  if (what === 'GET /runs') {
    const run = db.runs.get(path[2]) ?? refuse(404, 'not_found', `There is no run "${path[2]}".`);
    if (url.searchParams.get('format') !== 'csv') return json(run);
    res.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8' });
    return res.end(
      `rank,item,score\r\n${run.items.map(i => `${i.rank},${i.item},${i.score}`).join('\r\n')}\r\n`,
    );
  }
  if (what === 'POST /rank') {
    const request = JSON.parse(body);
    const wish = request.instruction ?? '';
    seen.clients.add(request.client);
    if (seen.busy > 0 && seen.busy--) refuse(503, 'busy', 'Too many rankings are waiting.', { retry: 1 });
    if (wish.includes('refuse'))
      refuse(503, 'queue_full', 'Too many rankings are waiting.', {
        field: 'instruction',
        line: 3,
        hint: 'Wait a few seconds and press Try again.',
      });
    const saved = request.save !== false;
    const id = `r-${createHash('sha256')
      .update(body + db.runs.size)
      .digest('hex')
      .slice(0, 16)}`;
    const result = answer(catalog(request.catalog), request, saved ? id : null);
    if (saved) db.runs.set(id, { ...result, request, created: 1760000000 + db.runs.size * 60 });
    return req.headers.accept === 'text/event-stream'
      ? stream(res, seen, stepMs, result, wish)
      : json(result);
  }
  refuse(404, 'not_found', 'No such call.');
}

function promptOf(catalog, r) {
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

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const mock = await startMock({
    port: Number(process.argv[2] ?? 8361),
    empty: process.argv[3] === 'empty',
  });
  console.log(mock.url);
}
