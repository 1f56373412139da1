"""Catalogues, items and members: imports and lists:
python3 catalogs.test.py TAPROOM [unittest arguments].
"""
import json
import os
import re
import time

from harness import Case, ROOT, Server, Shared, TINY, WORDS, cli, folder, lines, rows, main


class Catalogs(Shared):
    def test_catalogs(self):
        code, body, _ = self.s.call('GET', '/api/catalogs')
        small = next(c for c in body['catalogs'] if c['name'] == 'small')
        self.assertEqual((code, small['items'], small['members'], small['interactions'], small['surface']),
                         (200, 40, 2, 3, 'generic'))
        self.assertEqual({c['name'] for c in body['catalogs']} & {'jobs', 'listings'}, {'jobs', 'listings'})
        one = self.s.call('GET', '/api/catalogs/small')[1]
        self.assertEqual({k: one[k] for k in small}, small)
        self.refused(self.s.call('GET', '/api/catalogs/none'), 404, 'not_found')
        self.refused(self.s.call('DELETE', '/api/catalogs/none'), 404, 'not_found')

    def test_items(self):
        code, body, _ = self.s.call('GET', '/api/catalogs/small/items?q=Title+7&limit=3')
        self.assertEqual((code, body['total']), (200, 1))
        it = body['items'][0]
        self.assertEqual((it['id'], it['title'], it['popularity'], it['extra']),
                         ('i7', 'Title 7 harvest', 993, {'place': 'p7'}))
        self.assertEqual(it['tags'], [WORDS[2], WORDS[0]])
        body = self.s.call('GET', '/api/catalogs/small/items?offset=38&limit=5')[1]
        self.assertEqual(([i['id'] for i in body['items']], body['total']), (['i38', 'i39'], 40))
        self.refused(self.s.call('GET', '/api/catalogs/none/items'), 404)
        for q, field in (('limit=0', 'limit'), ('limit=501', 'limit'), ('offset=-1', 'offset'), ('limit=x', 'limit')):
            self.refused(self.s.call('GET', '/api/catalogs/small/items?' + q), 422, 'invalid', field)

    def test_fields(self):
        items = [{'id': 'a', 'title': 'A', 'price': '$5', 'starts': '2026-12-12', 'minutes': 90, 'place': 'Ely'},
                 {'id': 'b', 'title': 'B', 'price': '$1,250.00', 'starts': '2026-12-13T20:00', 'minutes': 120},
                 {'id': 'c', 'title': 'C', 'vegan': True, 'tags': ['x', 'y'], 'popularity': 3}]
        self.assertTrue(self.put_items('typed', lines(items))[1]['stored'])
        fields = {f['name']: f for f in self.s.call('GET', '/api/catalogs/typed')[1]['fields']}
        self.assertEqual(fields['price'], {
            'name': 'price', 'type': 'money', 'unit': 'USD', 'filled': 2, 'unreadable': 0, 'values': 2,
            'range': [5, 1250], 'examples': ['$5', '$1,250.00']})
        self.assertEqual((fields['starts']['type'], fields['starts']['range']),
                         ('date', ['2026-12-12T00:00:00Z', '2026-12-13T20:00:00Z']))
        self.assertEqual((fields['minutes']['type'], fields['minutes']['unit'], fields['minutes']['range']),
                         ('duration', 'min', [90, 120]))
        self.assertEqual((fields['place']['type'], fields['place']['range']), ('text', None))
        self.assertEqual((fields['tags']['type'], fields['tags']['examples']), ('list', ['x', 'y']))
        self.assertEqual((fields['popularity']['type'], fields['vegan']['type']), ('number', 'flag'))
        self.s.call('DELETE', '/api/catalogs/typed')
        self.refused(self.s.call('GET', '/api/catalogs/typed'), 404, 'not_found')

    def test_item_time(self):
        dated = [{'id': 'a', 'title': 'A', 'time': '2020-01-02T03:04:05Z'}, {'id': 'b', 'title': 'B'}]
        self.assertTrue(self.put_items('dated', lines(dated))[1]['stored'])
        a, b = self.s.call('GET', '/api/catalogs/dated/items')[1]['items']
        self.assertEqual((a['time'], 'time' in b), ('2020-01-02T03:04:05Z', False))
        ranked = self.s.rank(catalog='dated', instruction='sea')[1]['items']
        self.assertEqual({i['item']: i['time'] for i in ranked}, {'a': a['time'], 'b': None})
        self.s.call('DELETE', '/api/catalogs/dated')

    def test_members(self):
        body = self.s.call('GET', '/api/catalogs/small/members?q=m')[1]
        self.assertEqual(body['members'], [
            {'id': 'm1', 'name': 'Ada', 'profile': 'likes the sea', 'interactions': 3},
            {'id': 'm2', 'name': 'm2', 'profile': '', 'interactions': 0}])
        m = self.s.call('GET', '/api/catalogs/small/members/m1')[1]
        self.assertEqual([(x['item'], x['label'], x['rating']) for x in m['history']],
                         [('i3', 'like', 5), ('i4', 'dislike', 1), ('i5', None, 3)])
        self.assertEqual(m['history'][0]['at'], 1577923200)
        self.refused(self.s.call('GET', '/api/catalogs/small/members/none'), 404)
        self.refused(self.s.call('GET', '/api/catalogs/none/members'), 404)

    def test_import(self):
        bad = lines(rows(2)) + '{"id":"i0","title":"again"}\n[1]\n{"title":"no id"}\n'
        code, body, _ = self.put_items('imp', bad)
        self.assertEqual((code, body['catalog'], body['read'], body['kept'], body['rejected'], body['stored']),
                         (422, 'imp', 5, 0, 3, False))
        self.assertIn('3 of 5 rows', body['error']['message'])
        self.assertEqual([e['line'] for e in body['errors']], [3, 4, 5])
        self.refused(self.s.call('GET', '/api/catalogs/imp'), 404)
        body = self.put_items('imp', bad, more='&skip_bad=1&dry_run=1')[1]
        self.assertEqual((body['kept'], body['stored']), (2, False))
        body = self.put_items('imp', bad, more='&skip_bad=1&surface=movies')[1]
        self.assertEqual((body['kept'], body['rejected'], body['stored']), (2, 3, True))
        self.assertEqual(self.s.call('GET', '/api/catalogs/imp')[1]['surface'], 'movies')
        self.refused(self.put_items('imp', bad), 409, 'conflict')
        body = self.put_items('imp', 'key;name\r\na;Alpha\r\nb;Beta\r\n', 'text/csv', '&replace=1&map=key:id,name:title')[1]
        self.assertEqual((body['kept'], body['stored']), (2, True))
        self.assertEqual([i['title'] for i in self.s.call('GET', '/api/catalogs/imp/items')[1]['items']],
                         ['Alpha', 'Beta'])
        self.assertEqual(self.s.call('DELETE', '/api/catalogs/imp')[:2], (200, {'deleted': 'imp'}))
        self.refused(self.s.call('GET', '/api/catalogs/imp'), 404)

    def test_import_refused(self):
        self.refused(self.put_items('', '{}'), 422, 'invalid', 'name')
        for name in ('..%2Fx', 'a%20b', 'x' * 65, '%F0%9F%8D%BA'):
            self.refused(self.put_items(name, '{}'), 422, 'invalid', 'name')
        self.refused(self.put_items('ok', '{}', more='&skip_bad=2'), 422, 'invalid', 'skip_bad')
        self.refused(self.put_items('ok', '{}', more='&map=x'), 422, 'invalid', 'map')
        self.refused(self.s.call('POST', '/api/catalogs/none/members', '{"id":"x"}\n', 'application/x-ndjson'), 404)
        deep = '{"id":"1","title":"t","x":' + '[' * 2049 + ']' * 2049 + '}\n'
        self.assertEqual(self.put_items('deep', deep)[1]['rejected'], 1)
        self.refused(self.put_items('long', '{"id":"1","title":"' + 'x' * (1 << 20) + '"}\n'), 413, 'limit', line=1)
        self.refused(self.s.call('GET', '/api/catalogs/long'), 404)
        body = self.put_items('empty', '\n')[1]
        self.assertEqual((body['read'], body['stored']), (0, False))


    def test_csv_with_byte_order_mark(self):
        for head in ('id,title', '"id","title"', 'id;title', 'id\ttitle'):
            text = '\ufeff' + head + '\r\n' + re.sub('[a-z]+', 'x1', head, count=2).replace('"', '') + '\r\n'
            body = self.put_items('bom', text, 'text/csv', '&replace=1')[1]
            self.assertEqual((body['kept'], body['stored']), (1, True), (head, body))
            self.assertEqual(self.s.call('GET', '/api/catalogs/bom/items')[1]['items'][0]['id'], 'x1')
        self.s.call('DELETE', '/api/catalogs/bom')


class Embedding(Case):
    """With an embedding model of random weights: the baseline, retrieval by it, what is kept and counted."""

    def test_embedding(self):
        cache = folder('cache')
        os.mkdir(cache + '/models')
        os.symlink(ROOT / 'fixtures/embedding/tiny', cache + '/models/all-minilm-l6-v2')
        s = Server('--cache', cache)

        def number(name):
            return int(re.search(rf'^taproom_{name} (\d+)$', s.call('GET', '/metrics')[1], re.M)[1])
        request = {'catalog': 'jobs', 'instruction': 'the quiet sea, no grief', 'readout': 'item',
                   'baselines': ['embedding'], 'candidates': [f'j{k:03}' for k in range(1, 9)]}
        code, r, _ = s.call('POST', '/api/rank', request)
        self.assertEqual(code, 200, r)
        scores = [i['baselines']['embedding']['score'] for i in r['items']]
        self.assertEqual(len(set(scores)), 8)
        order = sorted(r['items'], key=lambda i: -i['baselines']['embedding']['score'])
        self.assertEqual([i['baselines']['embedding']['rank'] for i in order], list(range(1, 9)))
        self.assertGreaterEqual(number('vectors'), 8)
        self.assertGreaterEqual(number('texts_embedded_total'), 10)

        def settled():  # the catalogue's vectors are made in the background, and count, too
            seen = -1
            while seen != number('texts_embedded_total'):
                seen = number('texts_embedded_total')
                time.sleep(1)
            return seen
        embedded, vectors = settled(), number('vectors')
        # The same items again: only the wish's clauses are embedded.
        again = s.call('POST', '/api/rank', {**request, 'candidates': request['candidates'][::-1]})[1]
        self.assertEqual({i['item']: i['baselines'] for i in again['items']}, {i['item']: i['baselines'] for i in r['items']})
        self.assertEqual(number('vectors'), vectors)
        self.assertLess(number('texts_embedded_total') - embedded, 8)
        # The nearest of the whole catalogue.
        code, near, _ = s.call('POST', '/api/rank', {**request, 'candidates': {'retrieve': 'embedding', 'count': 5}})
        self.assertEqual((code, len(near['items'])), (200, 5), near)
        self.assertGreater(number('vectors'), 200)
        self.assertLessEqual(max(scores), max(i['baselines']['embedding']['score'] for i in near['items']) + 1e-9)
        code, r, _ = s.call('POST', '/api/rank', {**request, 'instruction': '', 'candidates': {'retrieve': 'embedding'}})
        self.assertEqual((code, r['error']['field']), (422, 'candidates.retrieve'))
        self.assertEqual(s.stop(), 0)
        # A broken model is named, and what to do.
        os.unlink(cache + '/models/all-minilm-l6-v2')
        os.mkdir(cache + '/models/all-minilm-l6-v2')
        r = cli('rank', '--catalog', 'jobs', '--instruction', 'x', '--model', TINY, '--cache', cache, '--data', folder('data'))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'the embedding model cannot be loaded', r.stderr)
        self.assertIn(b'./taproom setup', r.stderr)

    def test_given_up(self):
        """A first embedding of a large catalogue tells how far it is, and ends when its client leaves."""
        cache = folder('cache')
        os.mkdir(cache + '/models')
        os.symlink(ROOT / 'fixtures/embedding/tiny', cache + '/models/all-minilm-l6-v2')
        s = Server('--cache', cache)
        items = [{'id': f'i{k}', 'title': f'Title {k}', 'text': ' '.join(WORDS) * 20} for k in range(5000)]
        self.assertEqual(s.call('POST', '/api/catalogs?name=small', lines(items), 'application/x-ndjson')[0], 200)

        def number(name):
            return int(re.search(rf'^taproom_{name} (\d+)$', s.call('GET', '/metrics')[1], re.M)[1])
        body = {'catalog': 'small', 'instruction': 'the quiet sea', 'candidates': {'retrieve': 'embedding', 'count': 5}}
        c = s.connect()
        c.request('POST', '/api/rank', json.dumps(body), {'Content-Type': 'application/json', 'Accept': 'text/event-stream'})
        r = c.getresponse()
        for line in r:
            if line.startswith(b'data: ') and json.loads(line[6:])['phase'] == 'embed':
                break
        told = json.loads(line[6:])
        self.assertEqual(told['to_embed'], 5000)
        self.assertLess(told['embedded'], 5000)
        r.close()
        c.close()
        for _ in range(100):
            if number('queue_length') == 0:
                break
            time.sleep(.05)
        self.assertEqual(number('queue_length'), 0)
        # What was made until then is kept, and the rest is made: in the background, or when it is asked for.
        code, x, _ = s.call('POST', '/api/rank', body)
        self.assertEqual((code, len(x['items'])), (200, 5), x)
        for _ in range(600):
            made = s.call('GET', '/api/catalogs/small')[1]['vectors']
            if made['done'] == made['total']:
                break
            time.sleep(.1)
        self.assertEqual(made, {'done': 5000, 'total': 5000})
        self.assertGreaterEqual(number('vectors'), 5000)
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
