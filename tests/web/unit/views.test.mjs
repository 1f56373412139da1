// The pure parts of the views beside the ranking: the tour, experiments, saved runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS, cohortOf, measurable, remainingMs, verdictOf } from '../../../web/kit/experiment.js';
import { moversOf, moveWords } from '../../../web/kit/movers.js';
import { askedDiff, movesOf } from '../../../web/view/runs/diff.js';
import * as plan from '../../../web/act/tour_plan.js';

test('an order that was drawn by lot is the same for the same person, and another for another', () => {
  const list = Array.from({ length: 40 }, (_, i) => `i${i}`);
  const a = plan.shuffled(list, '2');
  assert.deepEqual([...a].sort(), [...list].sort());
  assert.deepEqual(plan.shuffled([...list].reverse(), '2'), a);
  assert.notDeepEqual(plan.shuffled(list, '3'), a);
  const first = new Set(a.slice(0, 8));
  assert.ok(list.slice(0, 8).filter(i => first.has(i)).length < 6);
});

test('a step of the tour has an address', () => {
  const at = { catalog: 'a b', member: 'ü&1', step: plan.PLAY, examples: [{ item: 'x=1', label: 'like' }, { item: 'y', label: 'dislike' }] };
  const back = plan.tourOf(plan.tourHash(at).split('?')[1]);
  assert.deepEqual([back.catalog, back.member, back.step], [at.catalog, at.member, at.step]);
  assert.deepEqual(back.examples.map(e => [e.item, e.label]), [['x=1', 'like'], ['y', 'dislike']]);
  for (const wrong of ['step=0', 'step=99', 'step=x', '']) assert.equal(plan.tourOf(wrong).step, 0);
});

test('what a stored evaluation says over the number of interactions', () => {
  const f = mean => ({ ndcg10: { mean, lo: mean - 0.1, hi: mean + 0.1 } });
  const cell = (k, mean) => ({ settings: { protocol: 'coldstart', k }, result: { cases: 20, figures: f(mean), baselines: { popularity: f(0.5), chance: f(0.2) } } });
  const found = cohortOf({ results: [cell(5, 0.6), cell(0, 0.3), { settings: { k: 9 }, result: null }] });
  assert.deepEqual(found.counts, [0, 5]);
  assert.deepEqual(found.methods.map(m => m.name), ['', 'popularity']);
  assert.deepEqual(found.methods[0].mean, [0.3, 0.6]);
  assert.equal(found.methods[1].hi[0], 0.6);
  assert.equal(cohortOf({ results: [cell(5, 0.6)] }), null);
});

test('two sentences on an experiment: where the model is at its best, and what it is worth there', () => {
  const f = mean => ({ ndcg10: { mean, lo: mean - 0.1, hi: mean + 0.1 } });
  const cell = (k, mean, verdicts) => ({ settings: { k }, result: { cases: 20, figures: f(mean), baselines: {}, verdicts, ms_per_item: 4 } });
  const [first, second] = verdictOf([cell(0, 0.3, {}), cell(5, 0.612, { popularity: 'behind', ease: 'behind', bm25: 'level', random: 'ahead', chance: 'ahead' })]);
  assert.equal(first, 'The language model is at its best with 5 interactions: NDCG@10 0.612 (95 % interval 0.51 to 0.71, 20 cases).');
  assert.equal(second, 'Popularity and EASE are better, BM25 cannot be told from it, random is worse: it is not worth its cost of 4.0 ms an item.');
  assert.match(verdictOf([cell(0, 0.3, { random: 'ahead' })])[1], /^Random is worse: it is worth its cost/);
  assert.deepEqual(verdictOf([{ settings: {}, result: null }]), []);
});

test('where an experiment can measure anything', () => {
  const catalogs = [
    { name: 'movies', members: 9, interactions: 99 },
    { name: 'huts', members: 0, interactions: 0 },
    { name: 'shop', members: 2, interactions: 7 },
  ];
  const names = name => measurable(PRESETS.find(p => p.name === name), catalogs);
  assert.deepEqual(names('readouts'), ['movies']);
  assert.deepEqual(names('coldstart'), ['movies', 'shop']);
});

test('the time an experiment has left', () => {
  const done = s => ({ state: 'done', seconds: s });
  const x = { cells: 4, done: 2, failed: 0, running: { cases_done: 5, cases_total: 10 }, results: [done(10), done(20), { state: 'waiting', seconds: 0 }] };
  assert.equal(remainingMs(x, null, 0), 1.5 * 15000);
  const first = { cells: 2, done: 0, failed: 0, running: { cases_done: 5, cases_total: 10 }, results: [] };
  assert.equal(remainingMs(first, { at: 1000, share: 0.25 }, 3000), 1.5 * 2000 / 0.25);
  assert.equal(remainingMs(first, null, 3000), null);
});

test('what a ranking moved the farthest, a sentence each', () => {
  const item = (id, rank, at, clauses) => ({ item: id, title: `T${id}`, rank, clauses, baselines: { recency: { rank: 1, score: 1 }, popularity: { rank: at, score: at ? 1 : null } } });
  const result = {
    clauses: [{ text: 'sea' }, { text: 'storm' }],
    items: [item('a', 1, 9, [0.5, 1.25]), item('b', 2, 3, [1, 0]), item('c', 3, 3, [0, 0]), item('d', 4, 1, [-0.5, -0.2]), item('e', 5, null, [3, 3])],
  };
  const moves = moversOf(result);
  assert.deepEqual(moves.map(m => [m.item, m.by]), [['a', 8], ['b', 1], ['d', -3]]);
  assert.equal(moveWords(moves[0]), ' stands at 1, 8 places higher than by popularity, lifted most by “storm” (+1.25).');
  assert.equal(moveWords(moves[1]), ' stands at 2, 1 place higher than by popularity, lifted most by “sea” (+1.00).');
  assert.equal(moveWords(moves[2]), ' stands at 4, 3 places lower than by popularity, held down most by “sea” (−0.50).');
  assert.deepEqual(moversOf({ items: [{ item: 'a', rank: 1, baselines: {} }] }), []);
  const [up] = moversOf({ items: [{ item: 'a', title: 'A', rank: 1, empty_rank: 4, baselines: {} }] });
  assert.equal(moveWords(up), ' stands at 1, 3 places higher than without a wish.');
});

test('what differs between two runs', () => {
  const run = (wish, ids, more = {}) => ({ request: { instruction: wish, catalog: 'm' }, items: ids.map((id, i) => ({ item: id, title: id, rank: i + 1 })), ...more });
  const a = run('sea', ['a', 'b', 'c', 'd'], { readout: { used: 'query' } });
  const b = run('hills', ['d', 'b', 'a', 'e'], { readout: { used: 'query' } });
  assert.deepEqual(askedDiff(a, b), [['Wish', 'sea', 'hills']]);
  assert.deepEqual(movesOf(a, b).map(m => [m.item, m.a, m.b]), [['d', 4, 1], ['a', 1, 3], ['c', 3, undefined], ['e', undefined, 4]]);
  assert.deepEqual(askedDiff(a, a), []);
});
