// The page's pure parts under `node --test`: format, state, files to import and the event-stream parser.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as f from '../../web/kit/format.js';
import * as s from '../../web/kit/state.js';
import * as file from '../../web/kit/import_file.js';
import { firstWishes } from '../../web/act/first_wish.js';
import { parseCsv, separatorOf } from './mock_csv.mjs';
import * as u from '../../web/kit/url.js';
import * as o from '../../web/kit/orders.js';
import * as plan from '../../web/act/tour_plan.js';
import { AMONG, groupOf, wordsOf } from '../../web/view/results/explain.js';
import { createSse, readEvents, rawScore } from '../../web/kit/api.js';

const STREAM =
  ': ping\n\nevent: progress\ndata: {"seq":1,"phase":"score"}\n\r\nevent: score\r\ndata: {"item":"é 🎬"}\r\n\r\n' +
  'event: done\rdata: one\rdata:two\rid: 7\r\rdata\n\nevent: nothing\n\n\n: last\nevent: error\ndata: x';
const EVENTS = [
  { event: 'progress', data: '{"seq":1,"phase":"score"}' },
  { event: 'score', data: '{"item":"é 🎬"}' },
  { event: 'done', data: 'one\ntwo' },
  { event: 'message', data: '' },
];
async function* give(...parts) {
  yield* parts;
}
async function eventsOf(...parts) {
  const got = [];
  await readEvents(give(...parts), e => got.push(e));
  return got;
}

test('event stream: every split in two and each byte alone give the same events', async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(
      await eventsOf(bytes.subarray(0, cut), bytes.subarray(cut)),
      EVENTS,
      `cut at byte ${cut}`,
    );
  }
  assert.deepEqual(await eventsOf(...Array.from(bytes, b => Uint8Array.of(b))), EVENTS);
});

test('event stream: every split in three', async () => {
  const bytes = new TextEncoder().encode('data: a\r\n\r\nevent: é\rdata: b\r\r');
  const want = [
    { event: 'message', data: 'a' },
    { event: 'é', data: 'b' },
  ];
  for (let i = 0; i <= bytes.length; i++) {
    for (let j = i; j <= bytes.length; j++) {
      assert.deepEqual(
        await eventsOf(bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)),
        want,
        `cuts ${i}, ${j}`,
      );
    }
  }
});

test('event stream: a byte order mark is dropped once, at the start only', () => {
  const got = [];
  const sse = createSse(e => got.push(e.data));
  for (const c of '\uFEFFdata: \uFEFFa\n\n') sse.push(c);
  assert.deepEqual(got, ['\uFEFFa']);
});

test('numbers: true minus, sign, no negative zero, nothing invented for what is missing', () => {
  assert.equal(f.num(-1.256), '\u22121.26');
  assert.equal(f.num(-0.001), '0.00');
  assert.equal(f.num(null), '\u2013');
  assert.equal(f.num(NaN), '\u2013');
  assert.equal(f.signed(5), '+5');
  assert.equal(f.signed(-12), '\u221212');
  assert.equal(f.signed(0), '0');
  assert.equal(f.signed(0.001, 2), '0.00');
  assert.equal(f.whole(1234567), '1,234,567');
  assert.equal(f.whole(999), '999');
  assert.equal(f.counted(1, 'movie'), '1 movie');
  assert.equal(f.counted(2000, 'story'), '2,000 stories');
});

test('time', () => {
  assert.equal(f.duration(420), '420 ms');
  assert.equal(f.duration(4210), '4.2 s');
  assert.equal(f.duration(9960), '10 s');
  assert.equal(f.duration(59_600), '1 min 0 s');
  assert.equal(f.duration(-1), '\u2013');
  assert.equal(f.when(0, 'UTC'), '1 Jan 1970, 00:00');
  assert.equal(f.when('2025-05-12T14:03:00Z', 'UTC'), '12 May 2025, 14:03');
  assert.equal(f.when('nonsense'), '\u2013');
});

test('rank change: signed, in words, and no data is never 0', () => {
  assert.equal(f.rankChange(8, 3), 5);
  assert.equal(f.rankChange(undefined, 3), null);
  assert.equal(f.changeWords(5, 'popularity'), 'up 5 from popularity');
  assert.equal(f.changeWords(-1, 'BM25'), 'down 1 from BM25');
  assert.equal(f.changeWords(0, 'BM25'), 'same place as BM25');
  assert.equal(f.changeWords(null, 'EASE'), 'no data from EASE');
});

test('bars stand in the middle of their scale', () => {
  assert.deepEqual(f.barOf(3, 3), { from: 0.5, to: 1 });
  assert.deepEqual(f.barOf(-1.5, 3), { from: 0.25, to: 0.5 });
  assert.deepEqual(f.barOf(9, 3), { from: 0.5, to: 1 });
  assert.deepEqual(f.barOf(NaN, 1), { from: 0.5, to: 0.5 });
  assert.deepEqual(f.extent([3, null, -2, NaN]), [-2, 3]);
  assert.deepEqual(f.extent([]), [0, 0]);
});

test('label mass: warned about when low, silent when high or absent', () => {
  assert.match(
    f.labelMassWarning([{ label_mass: 0.01 }, { label_mass: 0.2 }, { label_mass: 0.9 }]),
    /0\.20 or less/,
  );
  assert.equal(f.labelMassWarning([{ label_mass: 0.9 }, { label_mass: 0.8 }]), null);
  assert.equal(f.labelMassWarning([{ label_mass: null }]), null);
});

test('progress: queue, preparation, tokens before items', () => {
  assert.match(f.progressLine({ queue_position: 2 }, 'movie').text, /2 rankings before/);
  assert.equal(f.progressLine({ queue_position: 0 }, 'movie').share, null);
  const line = f.progressLine(
    { items_done: 5, items_total: 10, tokens_done: 900, tokens_total: 1200 },
    'movie',
  );
  assert.equal(line.share, 0.75);
  assert.equal(line.text, '5 of 10 movies, 900 of 1,200 tokens');
  assert.equal(f.progressLine({ items_done: 5, items_total: 10 }, 'movie').share, 0.5);
});

test('the order before', () => {
  const before = [
    { item: 'a', rank: 1 },
    { item: 'b', rank: 2 },
  ];
  const now = [
    { item: 'b', rank: 1 },
    { item: 'c', rank: 2 },
  ];
  assert.deepEqual(
    [...f.movesSince(before, now)],
    [
      ['b', 1],
      ['c', null],
    ],
  );
  assert.match(f.overlapLine(before, now), /1 of 2 stayed in the list, 0 in the same place/);
  assert.match(f.overlapLine(before, before), /same order/);
  assert.equal(f.overlapLine(null, now), '');
});

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

test('CSV of the mock: quotes, line ends, the separator that the header has most of', () => {
  assert.deepEqual(parseCsv('\uFEFFid,title\r\n1,"a, ""b""\nc"\r\n\r\n2,\n'), [
    ['id', 'title'],
    ['1', 'a, "b"\nc'],
    ['2', ''],
  ]);
  assert.equal(separatorOf('\uFEFFid;"a,b,c";c\n1,2,3,4\n'), ';');
  assert.equal(separatorOf('id\tname, first\tx\n'), '\t');
});

test('import: file names become catalogue names and types', () => {
  assert.equal(file.nameFrom('My films (2024).csv'), 'My-films-2024');
  assert.match(file.nameFrom('../../etc/pass wd.jsonl'), file.NAME);
  assert.equal(file.nameFrom('orders.jsonl.gz'), 'orders');
  assert.equal(file.nameFrom('.csv'), '');
  assert.ok(file.NAME.test(file.nameFrom(`${'x'.repeat(90)}.csv`)));
  assert.equal(file.typeOf('A.JSONL'), 'application/x-ndjson');
  assert.equal(file.typeOf('a.csv.gz'), 'application/gzip');
  assert.equal(file.typeOf('u.data'), 'application/octet-stream');
});

test('import: a long file is cut where a row ends, or not at all', () => {
  const cut = text => {
    const bytes = new TextEncoder().encode(text);
    return new TextDecoder().decode(bytes.subarray(0, file.cutAt(bytes)));
  };
  assert.equal(cut('id,title\n1,a\n2,b'), 'id,title\n1,a\n');
  assert.equal(cut('id,title\n1,a\n2,"b\nc'), 'id,title\n1,a\n');
  assert.equal(cut('id,title\n1,6" pipe\n2,b\n3,c\n4,d\n5,e'), 'id,title\n1,6" pipe\n2,b\n3,c\n4,d\n5,e'.slice(0, -3));
  assert.equal(cut('{"a":"\\"x"}\n{"a":2}\n{"a"'), '{"a":"\\"x"}\n{"a":2}\n');
  for (const whole of ['[\n{"a":1},\n', '{\n"rows":[\n{"a":1},\n', '<rss>\n<item>\n', 'one line only'])
    assert.equal(cut(whole), '', whole);
  for (const whole of [
    [0x1f, 0x8b, 8, 10],
    [0xff, 0xfe, 65, 0, 10, 0],
  ])
    assert.equal(file.cutAt(Uint8Array.from(whole)), 0);
});

test('import: what rows are is guessed from the names of their columns', () => {
  const kind = (names, of = 'x.csv') => file.guessKind(names.split('|'), of);
  assert.equal(kind('user_id:token|item_id:token|rating:float|timestamp:float'), 'interactions');
  assert.equal(kind('userId|movieId|rating|timestamp'), 'interactions');
  assert.equal(kind('customer|sku|at'), 'interactions');
  assert.equal(kind('reviewerID|asin|overall'), 'interactions');
  assert.equal(kind('user_id|age|occupation'), 'members');
  assert.equal(kind('id|title|text|tags'), 'items');
  assert.equal(kind('user_id|item_id|title|description'), 'items');
  assert.equal(kind('Handle|Title|Body (HTML)|Vendor'), 'items');
  assert.equal(kind('a|b|c', 'ml.inter'), 'interactions');
  assert.equal(kind('a|b', 'ml.user.gz'), 'members');
});

test('import: a changed role keeps the others as they were seen; one of a kind moves', () => {
  const columns = [
    { name: 'a', role: 'title' },
    { name: 'b, or c', role: 'text' },
    { name: 'd', role: 'field' },
    { name: 'e', role: '' },
  ];
  const said = (name, role) => [...file.withRole('items', columns, new Map(), name, role)];
  assert.deepEqual(said('d', 'title'), [
    ['a', 'field'],
    ['b, or c', 'text'],
    ['d', 'title'],
  ]);
  assert.deepEqual(said('d', 'text'), [
    ['a', 'title'],
    ['b, or c', 'text'],
    ['d', 'text'],
  ]);
  const again = file.withRole('items', columns, new Map([['e', 'field']]), 'a', '');
  assert.equal(again.get('e'), 'field');
  assert.equal(file.pairsOf(new Map(said('a', ''))), 'a:,b\\, or c:text');
});

test('import: a first wish in the words of the catalogue', () => {
  const item = (tags, extra = {}) => ({ tags, extra });
  const shop = [item(['all', 'camping', 'x1']), item(['all', 'camping', 'home']), item(['all', 'home', 'camping']), item(['all', 'bath'])];
  assert.deepEqual(firstWishes(shop), ['camping', 'home, bath']);
  const rooms = ['Harbour', 'Harbour', 'Old town', 'Old town', 'Old town'].map((area, i) =>
    item([], { area, link: `https://x/${i}`, no: i }),
  );
  assert.deepEqual(firstWishes(rooms), ['Old town', 'Harbour']);
  assert.deepEqual(firstWishes([item([]), item([])]), []);
  assert.deepEqual(firstWishes([item(['<b>bold</b>']), item([])]), []);
});

test('a year alone is shown as a year, other times as a day', () => {
  assert.equal(f.day('1977-01-01T00:00:00Z'), '1977');
  assert.equal(f.day('2026-09-14T00:00:00Z'), '2026-09-14');
  assert.equal(f.day(null), '');
});

test('prompt: one item is the sum of its parts, the job is told apart', () => {
  const p = { parts: [{ tokens: 30 }, { tokens: 18 }], tokens: 2375, shared_tokens: 30 };
  assert.equal(f.promptSize(p).one, 'About 48 tokens for one item.');
  assert.match(f.promptSize(p).job, /2,375 tokens in the whole job, 30 shared by all items/);
  assert.equal(f.promptSize({}).job, '');
});

test('no match: only BM25 with a score of 0', () => {
  assert.equal(f.noMatch('bm25', { rank: 3, score: 0 }), true);
  assert.equal(f.noMatch('bm25', { rank: 3, score: 0.1 }), false);
  assert.equal(f.noMatch('popularity', { rank: 3, score: 0 }), false);
  assert.equal(f.noMatch('bm25', undefined), false);
});

test('score events: the log-probability, else what older servers send', () => {
  assert.equal(rawScore({ logprob: -3, score: 9 }), -3);
  assert.equal(rawScore({ score: -4 }), -4);
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

test('orders: overlap, tau-b with ties, spread', () => {
  const a = new Map([
    ['x', 1],
    ['y', 2],
    ['z', 3],
    ['w', 4],
  ]);
  const b = new Map([
    ['w', 1],
    ['z', 2],
    ['y', 3],
    ['x', 4],
  ]);
  assert.equal(o.kendallTau(a, a), 1);
  assert.equal(o.kendallTau(a, b), -1);
  assert.deepEqual(o.overlapAt(a, b, 2), { same: 0, of: 2 });
  assert.deepEqual(o.overlapAt(a, b, 9), { same: 4, of: 4 });
  // scipy.stats.kendalltau([1, 2, 3, 4], [1, 1, 3, 2]) = 0.5477225575051661
  const ties = new Map([
    ['x', 1],
    ['y', 1],
    ['z', 3],
    ['w', 2],
  ]);
  assert.ok(Math.abs(o.kendallTau(a, ties) - 0.5477225575051661) < 1e-12);
  assert.equal(
    o.kendallTau(
      a,
      new Map([
        ['x', 1],
        ['y', 1],
      ]),
    ),
    null,
  );
  assert.equal(o.spread([a, b], 'x'), 3);
  assert.equal(o.spread([a, new Map()], 'x'), Infinity);
});

test('NDCG: gains at the top, ties share their places', () => {
  const order = o.orderByScore([
    ['a', 3],
    ['b', 2],
    ['c', 1],
  ]);
  assert.equal(o.ndcg(order, new Set(['a']), 10), 1);
  assert.equal(o.ndcg(order, new Set(['b']), 10), 1 / Math.log2(3));
  assert.equal(o.ndcg(order, new Set(['c']), 2), 0);
  const tied = o.orderByScore([
    ['a', 1],
    ['b', 1],
    ['c', 0],
  ]);
  assert.equal(tied.get('c'), 3);
  assert.equal(o.ndcg(tied, new Set(['a']), 1), 0.5);
  assert.equal(o.ndcg(order, new Set(), 10), null);
});

test('tour: later likes are held back, and each step knows more', () => {
  const row = (i, label) => ({ item: `i${i}`, title: `T${i}`, label, at: i });
  const history = Array.from({ length: 20 }, (_, i) => row(i, i % 5 === 4 ? 'dislike' : 'like'));
  const { wanted, known } = plan.split(history);
  assert.equal(wanted.length, 8);
  assert.ok(known.every(k => k.at < wanted[0].at));
  assert.deepEqual(
    [0, 1, 2, 3].map(s => plan.examplesAt(s, known).length),
    [0, 0, 1, 3],
  );
  assert.equal(plan.examplesAt(3, known)[2].label, 'dislike');
  assert.equal(plan.examplesAt(4, known).length, known.length);
  assert.equal(plan.split(history.slice(0, 3)), null);
  assert.equal(
    plan.wishOf(
      [
        ['War', 'Drama'],
        ['War', 'Drama'],
      ],
      [['Drama'], ['Drama'], ['War']],
    ),
    'war, drama',
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

test('why: a row is measured among its neighbours, and its examples are named as the person named them', () => {
  const items = Array.from({ length: 20 }, (_, i) => ({ item: `i${i}` }));
  for (const at of [0, 1, 9, 19]) {
    const group = groupOf(items, `i${at}`);
    assert.equal(group.length, AMONG);
    assert.equal(new Set(group).size, AMONG);
    assert.ok(group.includes(`i${at}`));
  }
  assert.deepEqual(groupOf(items.slice(0, 2), 'i1'), ['i0', 'i1']);
  const request = { examples: [{ item: '5' }, { text: 'robots' }] };
  const titles = new Map([['5', 'Five']]);
  const words = (kind, index, text) => wordsOf({ kind, index, text }, request, titles);
  assert.equal(words('example', 0, '5'), 'Five');
  assert.equal(words('example', 1, 'robots'), 'robots');
  assert.equal(words('clause', 0, 'slow'), 'slow');
  assert.match(words('history', 0, '196'), /history/);
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

test('models are named by their files, short', () => {
  const name = id => f.modelName({ id, name: 'Smollm2 135M 8k' });
  assert.equal(name('smollm2-135m-instruct-q4_1'), 'smollm2-135m');
  assert.equal(name('gemma3-270m-q4_k_m'), 'gemma3-270m');
  assert.equal(name('qwen2.5-coder-0.5b-iq4_xs'), 'qwen2.5-coder-0.5b');
  assert.equal(name('tied'), 'tied');
  assert.equal(name('small.bf16'), 'small');
  assert.equal(name(''), 'Smollm2 135M 8k');
  assert.equal(f.modelName(null), '');
  assert.match(f.modelDetail({ id: 'a-q4_1', name: 'Long' }), /Long.*a-q4_1/);
});
