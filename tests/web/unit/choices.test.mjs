// The page's choices under `node --test`: state, URLs, requests, clauses, examples, preferences.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as s from '../../../web/kit/state.js';
import * as u from '../../../web/kit/url.js';

test('state: watchers hear only of their keys', () => {
  const st = s.createState({ a: 1, b: 1 });
  const seen = [];
  const stop = st.watch(['a'], now => seen.push(now.a));
  st.set({ b: 2 });
  st.set({ a: 2 });
  stop();
  st.set({ a: 3 });
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(st.get(), { a: 3, b: 2 });
});

const FULL = {
  ...s.CHOICES,
  catalog: 'mo vies',
  member: '196',
  wish: 'slow & quiet #1, 100 % calm?\nnothing é',
  readout: 'query',
  retrieve: 'bm25',
  count: 50,
  top: 10,
  seed: 7,
  history: 5,
  baselines: ['bm25'],
  policy: 'balanced',
  constraints: 'hide',
  row: 'a/b',
  clauses: [s.newClause('quiet + calm', 1, 1.5, null), s.newClause('scary', -1, 0.7, null)],
  examples: [
    { item: '50', title: '', text: '', label: 'like' },
    { item: '', title: '', text: 'giant & robots', label: 'dislike' },
  ],
};

test('URL: what goes in comes out', () => {
  const back = u.fromHash(u.toHash(FULL)).choices;
  const plain = c => ({
    ...c,
    clauses: c.clauses.map(({ text, sign, weight }) => ({ text, sign, weight })),
  });
  assert.deepEqual(plain(back), plain(FULL));
  assert.equal(u.toHash(back), u.toHash(FULL));
  assert.equal(u.fromHash('').empty, true);
  assert.equal(u.fromHash('#/?catalog=movies').empty, false);
});

test('URL: runs, and wrong values', () => {
  assert.deepEqual(u.fromHash(u.runHash('r-1f', 'x?y')), { run: 'r-1f', row: 'x?y' });
  assert.deepEqual(u.fromHash('#/run/%zz'), { run: '%zz', row: '' });
  const c = u.fromHash('#/?k=-3&n=abc&seed=1e9&clause=loud&like=').choices;
  assert.equal(c.top, s.CHOICES.top);
  assert.equal(c.count, s.CHOICES.count);
  assert.equal(c.seed, s.CHOICES.seed);
  assert.deepEqual([c.clauses, c.examples], [[], []]);
});

test('request: clauses only when the person changed them; back to choices', () => {
  const q = s.requestOf({ ...FULL, surface: { name: 'movies' } });
  assert.deepEqual(q.clauses, [
    { text: 'quiet + calm', sign: 1, weight: 1.5 },
    { text: 'scary', sign: -1, weight: 0.7 },
  ]);
  assert.deepEqual(q.examples, [
    { item: '50', label: 'like' },
    { text: 'giant & robots', label: 'dislike' },
  ]);
  assert.deepEqual(q.candidates, { retrieve: 'bm25', count: 50 });
  assert.deepEqual(q.history, { policy: 'balanced', limit: 5 });
  assert.equal(q.constraints, 'hide');
  assert.equal(s.requestOf({ ...FULL, constraints: 'after' }).constraints, undefined);
  assert.equal(
    s.requestOf({ ...FULL, clauses: s.mergeClauses([], [{ text: 'x', sign: 1, weight: 1 }]) })
      .clauses,
    undefined,
  );
  assert.equal(s.requestOf({ ...FULL, member: '' }).history, undefined);
  const { surface, ...rest } = q;
  assert.equal(surface, 'movies');
  assert.deepEqual(s.requestOf(s.choicesOf(q)), rest);
});

test('clauses: edits survive a new split, removed ones stay away, added ones stay', () => {
  let c = s.mergeClauses(
    [],
    [
      { text: 'funny', sign: 1, weight: 1 },
      { text: 'romantic', sign: -1, weight: 0.7 },
    ],
  );
  const [funny, romantic] = c;
  c = s.editClause(c, funny.id, { weight: 1.8 });
  c = s.dropClause(c, romantic.id);
  c = [...c, s.newClause('by the sea')];
  c = s.mergeClauses(c, [
    { text: 'romantic', sign: -1, weight: 0.7 },
    { text: 'funny', sign: 1, weight: 1 },
    { text: 'short', sign: 1, weight: 1 },
  ]);
  assert.deepEqual(
    s.liveClauses(c).map(x => [x.text, x.weight]),
    [
      ['funny', 1.8],
      ['short', 1],
      ['by the sea', 1],
    ],
  );
  c = s.mergeClauses(c, [{ text: 'short', sign: 1, weight: 1 }]);
  assert.deepEqual(
    s.liveClauses(c).map(x => x.text),
    ['short', 'by the sea'],
  );
  const own = c.find(x => x.text === 'by the sea');
  assert.deepEqual(
    s.dropClause(c, own.id).map(x => x.text),
    ['short'],
  );
});

test('clauses: an unchanged one follows the splitter and keeps its identity', () => {
  const a = s.mergeClauses([], [{ text: 'funny', sign: 1, weight: 1 }]);
  const b = s.mergeClauses(a, [{ text: 'funny', sign: -1, weight: 0.7 }]);
  assert.equal(b[0].id, a[0].id);
  assert.deepEqual([b[0].sign, b[0].weight], [-1, 0.7]);
});

test('examples: mark, change, take back', () => {
  const like = { item: '5', title: 'T', text: '', label: 'like' };
  const one = s.toggleExample([], like);
  assert.equal(s.labelOf(one, '5'), 'like');
  const two = s.toggleExample(one, { ...like, label: 'dislike' });
  assert.deepEqual([two.length, s.labelOf(two, '5')], [1, 'dislike']);
  assert.deepEqual(s.toggleExample(two, { ...like, label: 'dislike' }), []);
  assert.equal(s.toggleExample(one, { item: '', title: '', text: '5', label: 'like' }).length, 2);
});

test('clauses: a result tells its own, unless a person changed them; an unsplit wish is not lost', () => {
  const result = {
    clauses: [
      { text: 'a', sign: -1, weight: 0.7, source: 'wish' },
      { text: 'b', sign: 1, weight: 1, source: 'example' },
    ],
  };
  assert.deepEqual(
    s.clausesOfResult({ clauses: [] }, result).map(c => [c.text, c.sign, c.touched]),
    [['a', -1, false]],
  );
  const own = { clauses: [s.newClause('mine')] };
  assert.equal(s.clausesOfResult(own, result), null);
  assert.equal(s.clausesOfResult({ clauses: [] }, { clauses: [] }), null);
  const q = s.requestOf({ ...s.CHOICES, ...own, wish: 'all of it', clauseError: 'why' });
  assert.deepEqual(
    q.clauses.map(c => c.text),
    ['all of it', 'mine'],
  );
});

test('URL: columns of a comparison', () => {
  const columns = [{ choices: FULL }, { baseline: 'bm25' }];
  const { view, query } = u.fromHash(u.compareHash(columns, { k: 50, by: '' }));
  assert.equal(view, 'compare');
  const back = new URLSearchParams(query);
  assert.equal(back.get('k'), '50');
  const [first, second] = back.getAll('c').map(u.columnOf);
  assert.equal(u.columnText(first), u.columnText(columns[0]));
  assert.deepEqual(second, columns[1]);
});

test('preferences: those that count now, for whom, and what an answer is known by', () => {
  const p = (text, more) => ({ text, sign: 1, weight: 1, active: true, member: '', expires: null, ...more });
  const state = {
    ...s.INITIAL,
    catalog: 'c',
    wish: 'sea',
    preferences: [
      p('all'),
      p('off', { active: false }),
      p('ended', { expires: 99 }),
      p('still', { expires: 101 }),
      p('own', { member: '7' }),
    ],
  };
  const texts = (more, at = 100) => s.standingOf({ ...state, ...more }, at).map(x => x.text);
  assert.deepEqual(texts({}), ['all', 'still']);
  assert.deepEqual(texts({ member: '7' }), ['all', 'still', 'own']);
  assert.deepEqual(texts({ standing: false }), []);
  assert.equal(s.requestOf(state).preferences, true);
  assert.equal(s.requestOf({ ...state, standing: false }).preferences, undefined);
  const other = { ...state, preferences: [p('all', { sign: -1 })] };
  assert.notEqual(s.keyOf(state), s.keyOf(other));
  assert.equal(s.keyOf({ ...state, standing: false }), s.keyOf({ ...other, standing: false }));
  assert.deepEqual(s.requestOfKey(s.keyOf(state)), s.requestOf(state));
  assert.equal(u.fromHash(u.toHash({ ...state, standing: false })).choices.standing, false);
  assert.equal(s.choicesOf({ catalog: 'c' }).standing, false);
});
