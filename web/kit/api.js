// The HTTP contract: JSON calls, the error shape, and server-sent events read from a POST's answer.

export class ApiError extends Error {
  constructor(
    {
      code = 'error',
      message = 'The server gave no reason.',
      field = null,
      line = null,
      hint = null,
    } = {},
    status = 0,
    report = null,
  ) {
    super(message);
    Object.assign(this, { code, field, line, hint, status, report });
  }
}

const offline = () =>
  new ApiError({
    code: 'no_answer',
    message: 'The server did not answer.',
    hint: 'Check that taproom serve is still running, then try again.',
  });

async function failure(res) {
  let body = null;
  try {
    body = await res.json();
  } catch {
    /* an answer without our shape is described below */
  }
  return new ApiError(
    body?.error ?? {
      code: `http_${res.status}`,
      message: `The server answered ${res.status} ${res.statusText}.`,
      hint: 'Try again; if it stays, the server log says more.',
    },
    res.status,
    body, // what stands beside the error: an import's counts
  );
}

// What a refused call waits for before it is sent again: ask(signal) resolves once somebody has signed in.
export const gate = { ask: null };

// A server that has too much to do says when to come again. waiting(s) hears how long that is.
const TRIES = 6,
  LONGEST_S = 20;
const pause = (s, signal) =>
  new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, s * 1000);
    signal?.addEventListener('abort', stop, { once: true });
  });
const busyFor = res =>
  [429, 503].includes(res.status) ? Number(res.headers.get('Retry-After') ?? 0) : 0;

async function send(path, options, waiting = () => {}) {
  for (let tries = 1; ; ) {
    let res;
    try {
      res = await fetch(path, options);
    } catch (e) {
      throw e.name === 'AbortError' ? e : offline();
    }
    if (res.ok) return res;
    const again = path !== '/api/session';
    const s = again && tries++ < TRIES ? Math.min(busyFor(res), LONGEST_S) : 0;
    if (s > 0) {
      waiting(s);
      // Not all of those that were refused together come again together.
      await pause(s * (0.75 + Math.random() / 2), options?.signal);
    } else if (res.status === 401 && again && gate.ask) await gate.ask(options?.signal);
    else throw await failure(res);
  }
}

export async function json(path, options) {
  const res = await send(path, options);
  try {
    return await res.json();
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new ApiError({
      code: 'bad_answer',
      message: 'The answer of the server is not JSON.',
      hint: 'Is another program on this port?',
    });
  }
}

export const post = (path, body, signal, headers = {}) => [
  path,
  {
    method: 'POST',
    signal,
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  },
];
const put = (path, body) => {
  const [to, options] = post(path, body);
  return [to, { ...options, method: 'PUT' }];
};
const part = encodeURIComponent;
const query = values =>
  new URLSearchParams(Object.entries(values).filter(([, v]) => v !== '' && v != null)).toString();

export const api = {
  alive: () =>
    fetch('/api/health/live').then(
      r => r.status < 500,
      () => false,
    ),
  session: () => json('/api/session'),
  signIn: token => json(...post('/api/session', { token })),
  signOut: () => json('/api/session', { method: 'DELETE' }),
  catalogs: () => json('/api/catalogs'),
  items: (catalog, values) => json(`/api/catalogs/${part(catalog)}/items?${query(values)}`),
  members: (catalog, values) => json(`/api/catalogs/${part(catalog)}/members?${query(values)}`),
  member: (catalog, id) => json(`/api/catalogs/${part(catalog)}/members/${part(id)}`),
  surfaces: () => json('/api/surfaces'),
  surface: name => json(`/api/surfaces/${part(name)}`),
  putSurface: (name, words) => json(...put(`/api/surfaces/${part(name)}`, words)),
  dropSurface: name => json(`/api/surfaces/${part(name)}`, { method: 'DELETE' }),
  preferences: catalog => json(`/api/catalogs/${part(catalog)}/preferences`),
  addPreference: (catalog, p) => json(...post(`/api/catalogs/${part(catalog)}/preferences`, p)),
  putPreference: (catalog, id, p) =>
    json(...put(`/api/catalogs/${part(catalog)}/preferences/${id}`, p)),
  dropPreference: (catalog, id) =>
    json(`/api/catalogs/${part(catalog)}/preferences/${id}`, { method: 'DELETE' }),
  model: () => json('/api/model'),
  models: () => json('/api/models'),
  // progress: {loaded}, the share
  defaultModel: (model, progress) =>
    follow('/api/models/default', { model }, undefined, (event, body) => progress(body)),
  calibrations: catalog => json(`/api/calibration?${query({ catalog })}`),
  // progress: {members_done, members_total}
  calibrate: (request, signal, progress) =>
    follow('/api/calibration', request, signal, (event, body) => progress(body)),
  clauses: (text, signal) => json(...post('/api/clauses', { text }, signal)),
  preview: (request, signal) => json(...post('/api/prompt/preview', request, signal)),
  // filter: {q, catalog, pinned}
  runs: (offset, limit, filter) => json(`/api/runs?${query({ offset, limit, ...filter })}`),
  run: id => json(`/api/runs/${part(id)}`),
  // marks: of {shared, name, comment, pinned}
  markRun: (id, marks) => json(...put(`/api/runs/${part(id)}`, marks)),
  dropRun: id => json(`/api/runs/${part(id)}`, { method: 'DELETE' }),
  experiments: () => json('/api/experiments'),
  experiment: id => json(`/api/experiments/${part(id)}`),
  startExperiment: spec => json(...post('/api/experiments', spec)),
  cancelExperiment: id => json(`/api/experiments/${part(id)}?keep=1`, { method: 'DELETE' }),
  dropExperiment: id => json(`/api/experiments/${part(id)}`, { method: 'DELETE' }),
  experimentFile: (id, format) => `/api/experiments/${part(id)}?format=${format}`,
  dumpFile: '/api/dump',
  restore: (body, replace) =>
    json(`/api/restore${replace ? '?replace=1' : ''}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/vnd.sqlite3' },
      body,
    }),
  runFile: (id, format) => `/api/runs/${part(id)}?format=${format}`,
  catalog: name => json(`/api/catalogs/${part(name)}`),
  renameCatalog: (name, to) => json(...put(`/api/catalogs/${part(name)}`, { name: to })),
  dropCatalog: name => json(`/api/catalogs/${part(name)}`, { method: 'DELETE' }),
  // kind: items (a catalogue by that name), members or interactions (of one that exists); options: of the query
  import: ({ kind, name, type, body, signal, ...options }) =>
    json(
      kind === 'items'
        ? `/api/catalogs?${query({ name, ...options })}`
        : `/api/catalogs/${part(name)}/${kind}?${query(options)}`,
      { method: 'POST', headers: { 'Content-Type': type }, body, signal },
    ),
};

// Pure parser of text/event-stream: push(text) in pieces of any size; onEvent({event, data}) per event.
// A line may end in LF, CR or CRLF, and the pieces may cut anywhere, also between CR and LF.
export function createSse(onEvent) {
  let line = '',
    name = '',
    data = [],
    skipLf = false,
    first = true;
  const end = () => {
    if (line === '') {
      if (data.length) onEvent({ event: name || 'message', data: data.join('\n') });
      name = '';
      data = [];
    } else if (line[0] !== ':') {
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      let value = colon < 0 ? '' : line.slice(colon + 1);
      if (value[0] === ' ') value = value.slice(1);
      if (field === 'event') name = value;
      if (field === 'data') data.push(value);
    }
    line = '';
  };
  return {
    push(text) {
      if (first && text !== '') {
        first = false;
        if (text[0] === '\uFEFF') text = text.slice(1);
      }
      let from = 0;
      for (let i = 0; i < text.length; i++) {
        const c = text[i];
        if (c !== '\n' && c !== '\r') {
          skipLf = false;
          continue;
        }
        if (c === '\n' && skipLf) {
          skipLf = false;
          from = i + 1;
          continue;
        }
        line += text.slice(from, i);
        end();
        skipLf = c === '\r';
        from = i + 1;
      }
      line += text.slice(from);
    },
  };
}

// Bytes to events: decodes in streaming mode, since a piece may end inside a character.
export async function readEvents(chunks, onEvent) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const sse = createSse(onEvent);
  for await (const bytes of chunks) sse.push(decoder.decode(bytes, { stream: true }));
  sse.push(decoder.decode());
}

async function* pieces(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// An item's raw log-probability as it arrives; older servers call it score.
export const rawScore = event => event.logprob ?? event.score;

// Posts a request whose answer comes as events: take(name, body) hears those before the last; returns the result of
// "done", throws ApiError or AbortError.
async function follow(path, request, signal, take) {
  const res = await send(...post(path, request, signal, { Accept: 'text/event-stream' }), s =>
    take('progress', { phase: 'busy', busy_s: s }),
  );
  if (!(res.headers.get('Content-Type') ?? '').startsWith('text/event-stream')) return res.json();
  let result = null,
    error = null;
  const heard = ({ event, data }) => {
    if (!['progress', 'score', 'done', 'error'].includes(event)) return;
    const body = JSON.parse(data);
    if (event === 'done') result = body.result ?? body;
    else if (event === 'error') error = new ApiError(body.error ?? body);
    else take(event, body);
  };
  try {
    await readEvents(pieces(res.body), heard);
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    if (e instanceof SyntaxError)
      throw new ApiError({ code: 'bad_answer', message: 'The server sent something that is not JSON.' });
    throw offline();
  }
  if (error) throw error;
  if (!result) {
    throw new ApiError({
      code: 'cut_short',
      message: 'The connection ended before the answer was complete.',
      hint: 'Try again; if it stays, the server log says more.',
    });
  }
  return result;
}

// A name for this page: a newer ranking of the same page ends the older one on the server, too.
const CLIENT = `page-${Math.random().toString(36).slice(2, 12)}`;

// Ranks; calls progress with each event and score(number, item) with each item scored on the way; returns the answer.
export const rank = (request, { signal, progress, score }) =>
  follow('/api/rank', { ...request, client: CLIENT }, signal, (event, body) =>
    event === 'progress' ? progress(body) : score(rawScore(body), body.item),
  );

// Explains: request as for a ranking, with items and stability; progress(done, total) counts rankings.
export const explain = (request, { signal, progress }) =>
  follow('/api/explain', request, signal, (event, body) => {
    if (event === 'progress') progress(body.rankings_done, body.rankings_total);
  });
