"""Wishes end to end: what is checked, on which items, and in which order, on catalogues as JSON Lines and as the CSV that a
shop or a spreadsheet writes: python3 wishes.test.py TAPROOM [unittest arguments].

The table of wishes lies in fixtures/wishes; a sample of it is ranked here.
"""
import json

from harness import ROOT, Shared, lines, main

TABLE = ROOT / 'fixtures/wishes'
EVERY = 6  # of the table's wishes; a prime to the number of wishes of a kind would do as well
NOW = '2026-11-30T12:00:00Z'
CSV, JSONL = 'text/csv', 'application/x-ndjson'


def joined(answer):
    """{field: {item: outcome}}: several checks of a field fail if one fails, and are unknown if one is."""
    fields = {}
    for i in answer['items']:
        for c, o in zip(answer['constraints'], i['outcomes']):
            of = fields.setdefault(c['field'].lower(), {})
            both = {of.get(i['item'], o), o}
            of[i['item']] = 'fails' if 'fails' in both else 'unknown' if 'unknown' in both else 'holds'
    return fields


def wanted(constraint):
    return {i: o for o in ('holds', 'fails', 'unknown') for i in constraint[o]}


class Wishes(Shared):
    names = {}

    def load(self, name, body, kind, more=''):
        code, body, _ = self.put_items(name, body, kind, '&replace=1' + more)
        self.assertTrue(code == 200 and body['stored'], body)
        # A column that became the item's own time is the field "time".
        self.names[name] = {c['role']: c['name'].lower() for c in body['columns'] if c['role'] in ('time', 'popularity', 'tags')}

    def ask(self, catalog, wish, **more):
        request = {'now': NOW, 'baselines': [], 'save': False, 'candidates': {'retrieve': 'all'}, **more}
        code, r, _ = self.s.rank(catalog=catalog, instruction=wish, **request)
        self.assertEqual(code, 200, r)
        return r

    def order(self, *args, **more):
        return [i['item'] for i in self.ask(*args, **more)['items']]

    def grouped(self, r, what):
        """Items that fail come after those that do not, each group in order of score."""
        fails = ['fails' in i['outcomes'] for i in r['items']]
        self.assertEqual(fails, sorted(fails), what)
        for group in (False, True):
            scores = [i['score'] for i, f in zip(r['items'], fails) if f == group]
            self.assertEqual(scores, sorted(scores, reverse=True), what)

    def counts(self, r):
        for k, c in enumerate(r['constraints']):
            seen = [i['outcomes'][k] for i in r['items']]
            self.assertEqual([c[o] for o in ('holds', 'fails', 'unknown')],
                             [seen.count(o) for o in ('holds', 'fails', 'unknown')])
        within = sum('fails' not in i['outcomes'] for i in r['items'])
        self.assertEqual((r['funnel']['items'], r['funnel']['within']), (len(r['items']), within))

    def one(self, catalog, case):
        r = self.ask(catalog, case['wish'], now=case.get('now', NOW))
        what = (catalog, case['wish'], [c['words'] for c in r['constraints']])
        self.grouped(r, what)
        self.counts(r)
        got = {self.names[catalog].get(field, field): o for field, o in joined(r).items()}
        free = {f.lower() for f in case.get('optional', [])}
        want = {c['field'].lower(): wanted(c) for c in case['constraints']}
        for name in set(got) | set(want):
            if name in free:
                continue
            if 'either' in case and name not in got:
                continue  # an unwanted clause instead
            self.assertEqual(got.get(name, {}), want.get(name, {}), what)
        if case.get('warned'):
            body = {'text': case['wish'], 'catalog': catalog, 'now': case.get('now', NOW)}
            notes = self.s.call('POST', '/api/clauses', body)[1]['notes']
            self.assertTrue(notes and set(notes) <= set(r['warnings']), (what, notes, r['warnings']))
        return got

    def test_table(self):
        for path in sorted(TABLE.glob('*.cases.jsonl')):
            name = path.name.split('.')[0]
            self.load(name + '-j', (TABLE / f'{name}.items.jsonl').read_bytes(), JSONL)
            self.load(name + '-c', (TABLE / f'{name}.items.csv').read_bytes(), CSV)
            cases = [json.loads(x) for x in path.read_text().splitlines()]
            for case in cases[::EVERY]:
                with self.subTest(catalog=name, wish=case['wish']):
                    self.assertEqual(self.one(name + '-j', case), self.one(name + '-c', case), case['wish'])

    # --- files of other people, rebuilt

    SEATS = [('a', 'Beech chair', 149), ('b', 'Pine stool', 35), ('c', 'Oak bench', 420), ('d', 'Folding chair', 19.5),
             ('e', 'Willow armchair', 88)]

    def test_prices_in_csv(self):
        def table(cell):
            return 'id,title,price\n' + ''.join(f'{i},{t},{cell(p)}\n' for i, t, p in self.SEATS)
        self.load('seats-j', lines([{'id': i, 'title': t, 'price': p} for i, t, p in self.SEATS]), JSONL)
        self.load('seats-c', table(lambda p: f'{p:.2f}'), CSV)
        self.load('seats-d', table(lambda p: f'"${p:,.2f}"'), CSV)
        want = self.order('seats-j', 'a seat under 50')
        self.assertEqual(set(want[:2]), {'b', 'd'})
        for name in ('seats-c', 'seats-d'):
            r = self.ask(name, 'a seat under 50')
            self.assertEqual(set(i['item'] for i in r['items'][:2]), {'b', 'd'}, name)
            self.assertEqual((r['constraints'][0]['holds'], r['constraints'][0]['fails']), (2, 3))
            self.assertIn('price', r['clauses'][-1]['check'])
        self.load('seats-n', 'id,title\n' + ''.join(f'{i},{t}\n' for i, t, _ in self.SEATS), CSV)
        r = self.ask('seats-n', 'a seat under 50')  # no item has a price: no check is claimed
        self.assertEqual((r['constraints'], [c['check'] for c in r['clauses'] if c['check']]), ([], []))

    def test_years_and_compact_dates(self):
        films = 'id,title,time\n1,Grey Harbour,1971.0\n2,Paper Moonlight,1988.0\n3,Salt Road,\n4,Iron Orchard,2004.0\n'
        self.load('years', films, CSV, '&surface=movies')
        times = {i['id']: i.get('time') for i in self.s.call('GET', '/api/catalogs/years/items')[1]['items']}
        self.assertEqual([str(times[k])[:4] for k in '1234'], ['1971', '1988', 'None', '2004'])
        self.assertEqual(self.order('years', 'from the 1980s')[0], '2')
        self.assertEqual(self.order('years', 'made before 1980')[0], '1')
        self.load('compact', 'id,title,time\n1,Grey Harbour,19710514\n2,Paper Moonlight,19881123\n4,Iron Orchard,20040301\n',
                  CSV, '&surface=movies')
        times = {i['id']: i.get('time', '')[:10] for i in self.s.call('GET', '/api/catalogs/compact/items')[1]['items']}
        self.assertEqual(times, {'1': '1971-05-14', '2': '1988-11-23', '4': '2004-03-01'})
        self.assertEqual(self.order('compact', 'made before 1980')[0], '1')

    def test_a_number_belongs_to_its_noun(self):
        flats = [('a', 'Harbour flat', 95, 1), ('b', 'Garden house', 260, 4), ('c', 'Attic studio', 55, 0),
                 ('d', 'Mill cottage', 180, 3)]
        self.load('flats3', lines([{'id': i, 'title': t, 'price': p, 'bedrooms': n} for i, t, p, n in flats]), JSONL)
        r = self.ask('flats3', 'at least 3 bedrooms')
        self.assertEqual([(c['field'], c['holds'], c['fails']) for c in r['constraints']], [('bedrooms', 2, 2)])
        self.assertEqual({i['item'] for i in r['items'][:2]}, {'b', 'd'})
        for wish in ('books under 300 pages', 'under 5 kg', 'a laptop with at least 16 GB of memory', 'rated above 4.5',
                     '4 stars or more', 'a game for at least 4 players', 'at least 20 square metres'):
            r = self.ask('flats3', wish)
            self.assertEqual((r['constraints'], [c['check'] for c in r['clauses'] if c['check']]), ([], []), wish)

    def test_exclusions_that_tags_decide(self):
        snacks = [('a', 'Hazelnut bar', ['nuts', 'sweet']), ('b', 'Rice cakes', ['savoury']),
                  ('c', 'Almond biscuits', ['nuts', 'sweet']), ('d', 'Apple rings', ['fruit']),
                  ('e', 'Peanut mix', ['nuts', 'savoury']), ('f', 'Corn crackers', ['savoury'])]
        self.load('nuts', lines([{'id': i, 'title': t, 'tags': g} for i, t, g in snacks]), JSONL)
        for wish in ('no nuts', 'free of nuts', 'nut-free snacks', 'snack, nut free', 'zero nuts', 'I cannot eat nuts',
                     'nuts are a no-go', 'snacks without nuts'):
            self.assertEqual(set(self.order('nuts', wish)[:3]), {'b', 'd', 'f'}, wish)

    def test_words_without_spaces(self):
        shop = [('1', '\u30b7\u30eb\u30af\u306e\u9752\u3044\u30bf\u30ad\u30b7\u30fc\u30c9'),
                ('2', '\u82b1\u67c4\u306e\u767d\u3044\u30b7\u30e3\u30c4'), ('3', '\u9ed2\u3044\u51ac\u306e\u30b3\u30fc\u30c8'),
                ('4', '\u6728\u306e\u6905\u5b50')]
        self.load('cjk', lines([{'id': i, 'title': t} for i, t in shop]), JSONL)
        wish = '\u51ac\u306e\u30b3\u30fc\u30c8'
        r = self.ask('cjk', wish, baselines=['bm25'])
        best = [i['item'] for i in r['items'] if i['baselines'].get('bm25', {}).get('rank') == 1]
        self.assertEqual(best, ['3'])
        self.assertEqual(self.order('cjk', wish, candidates={'retrieve': 'bm25', 'count': 4})[0], '3')
        r = self.ask('cjk', 'zzz', baselines=['bm25'])  # nothing matches, and it says so
        self.assertFalse(r['baselines']['bm25']['available'])
        self.assertTrue(r['baselines']['bm25']['why'])

    # --- the request's fields

    def test_modes(self):
        self.load('modes', lines([{'id': i, 'title': t, 'price': p} for i, t, p in self.SEATS]), JSONL)
        wish = 'a chair, price under 100'
        after = self.ask('modes', wish)
        self.assertEqual(after['funnel']['failing_kept'], 2)
        hide = self.ask('modes', wish, constraints='hide', candidates=[i for i, _, _ in self.SEATS])
        self.assertEqual({i['item'] for i in hide['items']}, {'b', 'd', 'e'})
        self.assertEqual((hide['funnel']['hidden'], hide['funnel']['ranked'], hide['funnel']['by']), (2, 3, 'asked for'))
        score = self.ask('modes', wish, constraints='score', readout='query')
        scores = [i['score'] for i in score['items']]
        self.assertEqual(scores, sorted(scores, reverse=True))
        plain = {i['item']: i['score'] for i in self.ask('modes', wish, readout='query')['items']}
        for i in score['items']:
            shift = 2 if i['outcomes'] == ['holds'] else -2
            self.assertAlmostEqual(i['score'], plain[i['item']] + shift, places=6)
        self.refused(self.s.rank(catalog='modes', constraints='maybe'), 422, 'invalid', 'constraints')
        e = self.refused(self.s.rank(catalog='modes', instruction='price under 5', constraints='hide'), 422, 'invalid',
                         'constraints')
        self.assertIn('after', e['hint'])

    def test_clock(self):
        self.load('dates', lines([{'id': 'a', 'title': 'Fair', 'start': '2026-12-01T10:00'},
                                  {'id': 'b', 'title': 'Fair', 'start': '2026-12-02T10:00'}]), JSONL)
        for now in ('2026-11-30T12:00:00Z', 1796040000):
            r = self.ask('dates', 'a fair tomorrow', now=now)
            self.assertEqual({i['item']: i['outcomes'] for i in r['items']}, {'a': ['holds'], 'b': ['fails']}, now)
        self.assertEqual(self.order('dates', 'a fair tomorrow', now='2026-12-01T12:00:00Z')[0], 'b')
        for bad in ('soon', 1.5, True, []):
            self.refused(self.s.rank(catalog='dates', now=bad), 422, 'invalid', 'now')

    def test_null_is_not_given(self):
        r = self.s.rank(instruction='sea', examples=None, clauses=None, candidates=None, history=None, baselines=None,
                        readout=None, now=None, constraints=None, top=3)
        self.assertEqual(r[0], 200, r)
        self.assertEqual(len(r[1]['items']), 3)

    def test_clauses_with_a_catalogue(self):
        self.load('words', lines([{'id': i, 'title': t, 'price': p} for i, t, p in self.SEATS]), JSONL)
        body = {'text': 'a chair, no stools, price under 100', 'catalog': 'words', 'now': NOW}
        code, r, _ = self.s.call('POST', '/api/clauses', body)
        self.assertEqual(code, 200, r)
        self.assertEqual([(c['field'], c['op']) for c in r['constraints']], [('price', '<')])
        self.assertIn(-1, [c['sign'] for c in r['clauses']])
        self.refused(self.s.call('POST', '/api/clauses', {**body, 'catalog': 'none'}), 404)
        self.refused(self.s.call('POST', '/api/clauses', {**body, 'now': 'soon'}), 422, 'invalid', 'now')

    def test_five_hundred_long_items(self):
        """What can be ranked can be answered: long texts are cut, and that is said; the stream ends with its result."""
        text = 'word "quoted"\\ ' * 6000
        ids = [f'i{k}' for k in range(500)]
        self.load('long', lines([{'id': i, 'title': f'Title {i}', 'text': text} for i in ids]), JSONL)
        request = {'catalog': 'long', 'candidates': ids, 'baselines': [], 'readout': 'item'}
        code, r, _ = self.s.call('POST', '/api/rank', request)
        self.assertEqual((code, len(r['items'])), (200, 500))
        self.assertTrue(all(i['text_cut'] and text.startswith(i['text']) for i in r['items']))
        self.assertTrue(any('beginning' in w for w in r['warnings']), r['warnings'])
        self.assertEqual(self.s.call('GET', '/api/runs/' + r['run'])[0], 200)
        code, events = self.s.events(request)
        self.assertEqual((code, events[-1][1]), (200, 'done'))
        self.assertEqual([i['item'] for i in events[-1][2]['result']['items']], [i['item'] for i in r['items']])
        self.s.call('DELETE', '/api/catalogs/long')


if __name__ == '__main__':
    main()
