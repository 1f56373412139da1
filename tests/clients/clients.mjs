// JavaScript clients of other servers, unmodified, against a running server: AT=http://127.0.0.1:PORT node clients.mjs
// The packages are those of package-lock.json, in the folder that NODE_MODULES names.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { AT, NODE_MODULES } = process.env;
const require = createRequire(path.join(NODE_MODULES, 'x.js'));
const load = name => import(pathToFileURL(require.resolve(name)));

const query = 'camping shelter';
const documents = ['Blue wool socks', 'A waterproof tent for two people', 'A cookbook of French desserts'];
const answer = await fetch(AT + '/v1/rerank', {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query, documents }) });
const want = (await answer.json()).results.map(r => [r.index, r.relevance_score]);

const same = (got, top = 3) => {
  assert.deepEqual(got, want.slice(0, top));
  assert.deepEqual(got.filter(([, score]) => score > .5).map(([index]) => index), [1]);
};

test('cohere-ai, version 2', async () => {
  const { CohereClientV2 } = await load('cohere-ai');
  const c = new CohereClientV2({ token: 'none', environment: AT });
  const got = await c.rerank({ model: 'rerank-v3.5', query, documents });
  same(got.results.map(r => [r.index, r.relevanceScore]));
  assert.match(got.id, /^[0-9a-f-]{36}$/);
  assert.equal(got.meta.apiVersion.version, '2');
  assert.equal(got.meta.billedUnits.searchUnits, 1);
  same((await c.rerank({ model: 'm', query, documents, topN: 1 })).results.map(r => [r.index, r.relevanceScore]), 1);
  await assert.rejects(c.rerank({ model: 'm', query: '', documents }), e => e.statusCode === 400);
});

test('cohere-ai, version 1', async () => {
  const { CohereClient } = await load('cohere-ai');
  const c = new CohereClient({ token: 'none', environment: AT });
  const objects = documents.map(name => ({ name }));
  const got = await c.rerank({ query, documents: objects, rankFields: ['name'], returnDocuments: true });
  same(got.results.map(r => [r.index, r.relevanceScore]));
  assert.equal(got.meta.apiVersion.version, '1');
  assert.deepEqual(got.results.map(r => r.document.text), want.map(([i]) => documents[i]));
});

test('@ai-sdk/cohere', async () => {
  const { createCohere } = await load('@ai-sdk/cohere');
  const { rerank } = await load('ai');
  const model = createCohere({ baseURL: AT + '/v2', apiKey: 'none' }).reranking('rerank-v3.5');
  const ask = more => rerank({ model, query, documents, maxRetries: 0, ...more });
  same((await ask({})).ranking.map(r => [r.originalIndex, r.score]));
  const got = await ask({ topN: 1 });
  same(got.ranking.map(r => [r.originalIndex, r.score]), 1);
  assert.deepEqual(got.rerankedDocuments, [documents[1]]);
});
