// What the page's actions do when answers come late. No browser: a session of plain objects, an api that waits.
import test from 'node:test';
import assert from 'node:assert/strict';
import { INITIAL, createState } from '../../../web/kit/state.js';
import { rankActions } from '../../../web/act/rank.js';
import { routeActions } from '../../../web/act/route.js';
import { wishActions } from '../../../web/act/wish.js';

const SURFACES = { films: ['slow films', 'funny films'], walks: ['something simple'] };

// The actions of a page at the films, and answer(): lets the surfaces that are waited for come.
function page(state) {
  const store = createState({
    ...INITIAL,
    catalogs: Object.keys(SURFACES).map(name => ({ name, surface: name })),
    catalog: 'films',
    surface: { name: 'films', example_wishes: SURFACES.films },
    ...state,
  });
  const { get, set } = store;
  const waiting = [];
  const api = {
    surface: name =>
      new Promise(done => waiting.push(() => done({ example_wishes: SURFACES[name] }))),
    clauses: async () => ({ clauses: [] }),
  };
  const session = { get, set, change: set, failed: assert.fail, step: () => {} };
  const ranking = { stop: () => {}, start: async () => {}, NO_LIST: {} };
  const acts = wishActions(session, api, ranking, { load: async () => {} });
  return { get, acts, answer: () => waiting.splice(0).forEach(f => f()) };
}

// The wish of a page that went to the walks with that wish, and typed another (or not) before their words came.
async function wishAtWalks(wish, typed) {
  const p = page({ wish });
  const done = p.acts.setCatalog('walks');
  if (typed) p.acts.setWish(typed);
  p.answer();
  await done;
  return p.get().wish;
}

test('another catalogue: an example wish becomes one of its own, also none', async () => {
  for (const wish of ['slow films', ' '])
    assert.equal(await wishAtWalks(wish), 'something simple');
});

test("another catalogue: a person's own wish stays", async () => {
  assert.equal(await wishAtWalks('films at sea'), 'films at sea');
});

test('another catalogue: what is typed while its words are on their way stays', async () => {
  assert.equal(await wishAtWalks('slow films', 'a quiet walk'), 'a quiet walk');
});

// The requests that a page sends, as JSON, which is opened at that address.
async function asked(hash, press) {
  const store = createState({
    ...INITIAL,
    catalogs: [{ name: 'films', surface: 'films', items: 3 }],
    surface: { name: 'films', example_wishes: [] },
  });
  const { get, set } = store;
  const sent = [];
  const session = {
    get,
    set,
    change: set,
    failed: () => {},
    notice: () => {},
    step: () => {},
    stepTaken: () => {},
  };
  const ranking = rankActions(session, { settled: async () => {}, took: () => {} });
  const wish = {
    loadSurface: async () => {},
    asSplit: () => {},
    split: () => {},
    findMembers: () => {},
    loadMember: async () => {},
    nameExamples: async () => {},
  };
  const stage = { leave: () => {} };
  const nobody = { querySelectorAll: () => [], getElementById: () => ({}) };
  Object.assign(globalThis, {
    location: { hash },
    document: nobody,
    fetch: async (path, options) => {
      sent.push(JSON.parse(options.body));
      throw new TypeError('no server');
    },
  });
  await routeActions(session, {}, wish, ranking, { need: async () => {} }, stage).route();
  if (press) await ranking.start();
  return sent;
}

test('an address ranks without storing anything; a press stores', async () => {
  const [opened] = await asked('#/?catalog=films&wish=planted', false);
  assert.equal(opened.catalog, 'films');
  assert.equal(opened.save, false);
  const [, pressed] = await asked('#/?catalog=films&wish=planted', true);
  assert.equal('save' in pressed, false);
});
