// The page's pure parts under `node --test`: the event-stream parser, format, orders, the tour, reasons.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as f from '../../../web/kit/format.js';
import * as o from '../../../web/kit/orders.js';
import * as plan from '../../../web/act/tour_plan.js';
import { AMONG, groupOf, wordsOf } from '../../../web/view/results/explain.js';
import { createSse, readEvents, rawScore } from '../../../web/kit/api.js';

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
