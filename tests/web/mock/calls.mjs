// The calls of the test double: each function answers those it knows, or says that they are not its own.
import { createHash } from 'node:crypto';
import { importRows } from './mock_import.mjs';
import { answer, promptOf } from './answer.mjs';
import { SURFACES } from './data.mjs';
import { stream } from './stream.mjs';
import { splitWish } from './words.mjs';

export class Refusal extends Error {
  constructor(status, { beside = {}, ...error }) {
    super(error.message);
    Object.assign(this, { status, error, beside });
  }
}
export const refuse = (status, code, message, more = {}) => {
  throw new Refusal(status, { code, message, field: null, line: null, hint: null, ...more });
};

const NOT_MINE = Symbol('another answers');
const MODEL = {
  name: 'SmolLM2-135M-Instruct',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  architecture: 'llama',
  parameters: 134515008,
  context: 8192,
  backend: 'cpu',
  precision: 'bf16',
};

function models({ seen, what, body, json }) {
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
  return what === 'GET /model' ? json(MODEL) : NOT_MINE;
}

function calibration({ seen, what, q, json }) {
  if (what === 'GET /calibration') return json({ catalog: q, cases_min: 30, calibrations: seen.fits });
  if (what !== 'POST /calibration') return NOT_MINE;
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

function words({ seen, what, path, body, json }) {
  if (what === 'GET /session') return json({ needed: false, user: '', role: 'admin' });
  if (what === 'GET /surfaces')
    return json({ name: path[2], question: '', ...(SURFACES[path[2]] ?? SURFACES.generic) });
  if (what !== 'POST /clauses') return NOT_MINE;
  const { text } = JSON.parse(body);
  if (seen.splitFaults > 0 && seen.splitFaults--) refuse(503, 'busy', 'The server is busy.');
  return json({ clauses: splitWish(text) });
}

async function imports({ db, seen, url, what, path, body, json, catalog }) {
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
  return NOT_MINE;
}

function preferences({ seen, req, path, body, json, catalog }) {
  if (path[3] !== 'preferences') return NOT_MINE;
  const { preferences: all } = catalog(path[2]);
  const at = all.findIndex(p => String(p.id) === path[4]);
  if (path[4] && at < 0) refuse(404, 'not_found', 'There is no such preference.');
  if (req.method === 'DELETE') return json({ deleted: all.splice(at, 1)[0].id });
  const expired = p => p.expires !== null && p.expires <= Date.now() / 1000;
  if (req.method === 'GET') return json({ preferences: all.map(p => ({ ...p, expired: expired(p) })) });
  const fresh = { member: '', sign: 1, weight: 1, active: true, position: 0, expires: null };
  const p = Object.assign(at < 0 ? { id: ++seen.ids, ...fresh } : all[at], JSON.parse(body));
  if (at < 0) all.push(p);
  all.sort((a, b) => a.position - b.position || a.id - b.id);
  return json(p);
}

const brief = (name, c) => ({
  name,
  surface: c.surface,
  items: c.items.length,
  members: c.members.length,
  interactions: c.interactions,
});
const FIELDS = [
  { name: 'tags', type: 'list', unit: '' },
  { name: 'time', type: 'date', unit: '' },
  { name: 'price', type: 'money', unit: 'EUR' },
];

function catalogs({ db, what, path, body, json, catalog }) {
  if (what === 'GET /catalogs' && path.length === 2)
    return json({ catalogs: [...db.catalogs].map(([n, c]) => brief(n, c)) });
  if (what === 'GET /catalogs' && path.length === 3)
    return json({ ...brief(path[2], catalog(path[2])), fields: FIELDS });
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
  return NOT_MINE;
}

function contents({ url, what, path, q, json, catalog }) {
  if (what !== 'GET /catalogs') return NOT_MINE;
  if (path[3] === 'items') {
    const all = catalog(path[2]).items.filter(i => (i.id + i.title + i.tags).includes(q));
    return json({ items: all.slice(0, Number(url.searchParams.get('limit') ?? 20)), total: all.length });
  }
  if (path[3] !== 'members') return NOT_MINE;
  const { members } = catalog(path[2]);
  if (!path[4])
    return json({
      members: members
        .filter(m => m.id.includes(q))
        .map(({ history, ...m }) => ({ ...m, interactions: history.length })),
    });
  const none = { field: 'member', hint: 'Pick one from the list, or no one.' };
  return json(
    members.find(m => m.id === path[4]) ??
      refuse(404, 'not_found', `Member "${path[4]}" is not in this catalogue.`, none),
  );
}

function runs({ db, res, url, what, path, json }) {
  if (what !== 'GET /runs') return NOT_MINE;
  if (path.length === 2) {
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
  const run = db.runs.get(path[2]) ?? refuse(404, 'not_found', `There is no run "${path[2]}".`);
  if (url.searchParams.get('format') !== 'csv') return json(run);
  res.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8' });
  return res.end(`rank,item,score\r\n${run.items.map(i => `${i.rank},${i.item},${i.score}`).join('\r\n')}\r\n`);
}

function rank({ db, seen, stepMs, req, res, what, body, json, catalog }) {
  if (what === 'POST /prompt') return json(promptOf(catalog(JSON.parse(body).catalog), JSON.parse(body)));
  if (what !== 'POST /rank') return NOT_MINE;
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
  const id = `r-${createHash('sha256').update(body + db.runs.size).digest('hex').slice(0, 16)}`;
  const result = answer(catalog(request.catalog), request, saved ? id : null);
  if (saved) db.runs.set(id, { ...result, request, created: 1760000000 + db.runs.size * 60 });
  return req.headers.accept === 'text/event-stream' ? stream(res, seen, stepMs, result, wish) : json(result);
}

// In the order in which they are asked.
const CALLS = [models, calibration, words, imports, preferences, catalogs, contents, runs, rank];

// call: db, seen, stepMs, req, res, url, path, body, json.
export async function answerCall(call) {
  const { db, req, path, url } = call;
  const catalog = name =>
    db.catalogs.get(name) ??
    refuse(404, 'not_found', `There is no catalogue "${name}".`, {
      field: 'catalog',
      hint: 'GET /api/catalogs lists what there is.',
    });
  const all = { ...call, catalog, what: `${req.method} /${path.slice(1, 2)}`, q: url.searchParams.get('q') ?? '' };
  for (const answers of CALLS) if ((await answers(all)) !== NOT_MINE) return;
  refuse(404, 'not_found', 'No such call.');
}
