// What the page says of a wish and its list, and how it says limits anew: kit/effect.js and kit/limit.js, without a browser.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as effect from '../../../web/kit/effect.js';
import * as limit from '../../../web/kit/limit.js';
import * as st from '../../../web/kit/state.js';

const ASKED = { wish: 'phones', clauses: [], examples: [], member: '', preferences: [], standing: true };
const item = (rank, title, popularity, more) => ({
  item: title,
  title,
  rank,
  score: -rank,
  baselines: { popularity: popularity && { rank: popularity } },
  ...more,
});

test('headline: a list outside all limits', () => {
  const items = [item(1, 'Contact', 2, { outcomes: ['fails'] })];
  const within = n => effect.headlineOf(ASKED, { items, funnel: { items: 55, within: n } });
  assert.match(within(0), /^None of 55 items keeps all of your limits/);
  assert.doesNotMatch(within(1), /^None/);
});

test('headline: what the wish did, against the plainest order that has data', () => {
  const said = (items, more = {}, state = ASKED) => effect.headlineOf(state, { items, ...more });
  assert.equal(
    said([item(1, 'Contact', 17), item(2, 'Jaws', 1)]),
    'Your wish moved Contact up 16 places against popularity',
  );
  assert.equal(said([item(1, 'A', 2), item(2, 'B', 1)]), 'Your wish moved A up 1 place against popularity');
  assert.equal(said([item(1, 'A', 1), item(2, 'B', 2)]), 'Your wish leaves the first 2 as in popularity');
  assert.match(said([item(1, 'A', null, { empty_rank: 3 })]), /up 2 places against the order without a wish/);
  assert.equal(said([item(1, 'A', null)]), 'Your wish puts A first');
  assert.match(said([item(1, 'A', 9)], { empty: { same: true } }), /changed nothing/);
  assert.match(said([item(1, 'A', 9)], {}, { ...ASKED, wish: '', examples: [{}] }), /^Your examples moved/);
  const level = [1, 2].map(rank => ({ ...item(rank, `L${rank}`, 3 - rank), score: 0 }));
  const limits = {
    clauses: [{ source: 'wish', check: 'price at most 5' }],
    funnel: { within: 18, items: 222 },
  };
  assert.equal(said(level, limits), '18 of 222 items keep your limits');
  assert.equal(said([]), 'There is nothing to show');
});

test('asking: dots, and an untouched split of what was there before, ask for nothing', () => {
  const s = { ...ASKED, wish: ' \u2026 ' };
  assert.equal(effect.asksSomething(s), false);
  assert.equal(effect.asksSomething({ ...s, clauses: [st.newClause('old', 1, 1, 'old', false)] }), false);
  assert.equal(effect.asksSomething({ ...s, clauses: [st.newClause('sea')] }), true);
  for (const wish of ['a', '\u6d77', '\u{1F383}', '7'])
    assert.equal(effect.asksSomething({ ...s, wish }), true);
  assert.equal(effect.asksSomething({ ...s, member: '7' }), true);
});

test('ties: equal scores of one group share its first place', () => {
  const items = [2, 1, 1, 1, 0.5].map((score, i) => ({ item: `i${i + 1}`, rank: i + 1, score }));
  assert.deepEqual([...effect.tiesOf(items)], [['i2', 2], ['i3', 2], ['i4', 2]]);
  items[3].outcomes = ['fails'];
  assert.deepEqual([...effect.tiesOf(items)], [['i2', 2], ['i3', 2]]);
});

test('scale: the same for any list of a wish whose parts are known', () => {
  const r = scores => ({
    clauses: [{ weight: 1 }, { weight: 1 }],
    items: scores.map(score => ({ score, clauses: [score, 0] })),
  });
  assert.equal(effect.scaleOf(r([0.3, 0.1])).most, effect.scaleOf(r([2, -1])).most);
  assert.equal(effect.scaleOf(r([9])).most, 9);
  assert.equal(effect.scaleOf({ items: [{ score: -3, clauses: null }, { score: 1 }] }).most, 3);
});

const part = (text, sign = 1) => [{ ...st.newClause(text, sign, 1, text, false), id: 'x' }];
const PRICE = { field: 'price', op: '<=', value: '500', lo: null, hi: 500, unit: 'EUR', negated: false, text: 'under 500' };
const FORM = { field: 'price', op: '>=', value: '20', upto: '', unit: 'EUR' };

test('limits: said anew in the part they came from', () => {
  const said = (clauses, c = PRICE, f = FORM, type = 'money') =>
    limit.withLimit(clauses, 'x', c, f, type).map(x => [x.sign, x.text]);
  assert.deepEqual(said(part('quiet lamps under 500')), [[1, 'quiet lamps price at least 20 EUR']]);
  assert.deepEqual(said(part('price under 500, in oak')), [[1, 'price at least 20 EUR, in oak']]);
  assert.deepEqual(said(part('under 500', -1)), [[1, 'price at least 20 EUR']]);
  assert.deepEqual(said(part('plastic under 500', -1)), [[-1, 'plastic'], [1, 'price at least 20 EUR']]);
  assert.deepEqual(said(part('x'), { ...PRICE, text: 'gone' }), [[1, 'price at least 20 EUR']]);
  const place = { field: 'place', op: 'has', value: 'Mirefield', text: 'in Mirefield', negated: true };
  const other = { field: 'place', op: 'has', value: 'Ormsley', upto: '', unit: '' };
  assert.deepEqual(said(part('in Mirefield', -1), place, other), [[1, 'in Ormsley']]);
});

test('limits: taken out without the rest', () => {
  const left = text => limit.withoutLimit(part(text), 'x', PRICE).map(c => [c.off, c.text]);
  assert.deepEqual(left('lamps, under 500'), [[false, 'lamps']]);
  assert.deepEqual(left('lamps for under 500'), [[false, 'lamps']]);
  assert.deepEqual(left('under 500'), [[true, 'under 500']]);
});

test('limits: what the controls show, and the words that come of it', () => {
  assert.equal(limit.formOf({ ...PRICE, negated: true, op: '<' }, 'money').op, '>=');
  const days = { field: 'time', op: 'between', lo: 0, hi: 86399, value: '', negated: false };
  const shown = { field: 'time', op: 'between', value: '1970-01-01', upto: '1970-01-01', unit: '' };
  assert.deepEqual(limit.formOf(days, 'date'), shown);
  assert.equal(limit.phraseOf({ ...shown, value: '1990', upto: '1995' }, 'date'), 'time from 1990 to 1995');
  const time = { field: 'play_time', op: 'between', value: '5', upto: '9', unit: 'minutes' };
  assert.equal(limit.phraseOf(time, 'duration'), 'play time between 5 and 9 minutes');
});
