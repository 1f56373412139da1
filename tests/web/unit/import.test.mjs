// What the page knows of files to import, under `node --test`: names, where they are cut, kinds, roles, first wishes.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as file from '../../../web/kit/import_file.js';
import { firstWishes } from '../../../web/act/first_wish.js';
import { parseCsv, separatorOf } from '../mock/mock_csv.mjs';

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
