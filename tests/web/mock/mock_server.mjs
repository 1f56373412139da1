// A test double of the server, for what a real one cannot show on demand: queues, slow streams, faults, empty stores.
// It keeps the HTTP contract but ranks by word overlap. node mock_server.mjs [port]; or import {startMock}. Its parts: mock/.
import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { answerCall, refuse, Refusal } from './calls.mjs';
import { newStore } from './data.mjs';

const WEB = new URL('../../../web/', import.meta.url);
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
const CSP =
  "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

// In the place of the chart library, which lies outside the page's folder: it draws nothing.
const CHART =
  'globalThis.Chart = class { static defaults = { font: {} }; constructor(canvas, o) { Object.assign(this, o); } update() {} destroy() {} };';

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

async function page(res, path) {
  const name = path.join('/') || 'index.html';
  if (!/^([a-z_]+\/)*[a-z_]+\.(html|js|css|svg)$/.test(name)) refuse(404, 'not_found', 'No such page.');
  const body = name === 'chart.js' ? CHART : await readFile(new URL(name, WEB));
  res.writeHead(200, {
    'Content-Type': TYPES[name.split('.')[1]],
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  res.end(body);
}

async function handle(db, seen, stepMs, req, res) {
  const url = new URL(req.url, 'http://x');
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (path[0] !== 'api') return page(res, path);
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const json = value => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Security-Policy': CSP });
    res.end(JSON.stringify(value));
  };
  return answerCall({ db, seen, stepMs, req, res, url, path, body: Buffer.concat(chunks).toString(), json });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const mock = await startMock({
    port: Number(process.argv[2] ?? 8361),
    empty: process.argv[3] === 'empty',
  });
  console.log(mock.url);
}
