"""Dumps in which each column holds each kind of wrong value: refused with the column's name, or harmless on every route:
python3 hostile.test.py TAPROOM [unittest arguments].
"""
import pathlib
import sqlite3

from harness import Case, Server, fill, folder, main

DEEP = '{"a":' * 900 + '1' + '}' * 900
VALUES = [9e999, -9e999, 2**63 - 1, -2**63, -1, 0, 2, 7, 1000, 536870911, 1.5, '', 'x', '../x', '\x1b[31m', 'a' * 300_000,
          '[' * 1000, DEEP, '{}', '[]', '[1]', '{"a":1e999}', '{"a":"\\ud800"}', '{"items":[{"item":7}],"request":3}',
          '{"frames":3}', '{"readout":"magic"}', b'\xff\x00', b'\x00\x00\xc0\x7f' * 384, None]
ROWS = [  # where using the server leaves none
    "INSERT INTO result VALUES('k', 'n', 5, '{}')",
    "INSERT INTO experiment(id, name, created, spec) VALUES('x-1', 'n', 5, '{}')",
    "INSERT INTO cell(experiment, n, state, settings, result) VALUES('x-1', 0, 'done', '{}', '{}')",
    "INSERT INTO vector SELECT min(row), 'm', 5, x'0000803f' FROM item",
    "INSERT INTO calibration SELECT min(row), 'k', 5, 1, '{}' FROM catalog",
    "INSERT INTO choice VALUES('m', 'f32', 5)",
]


class Hostile(Case):
    def routes(self, s, full=True):
        """Every route that reads, and a ranking of each policy: none may fail inside. full: and those that compute on them."""
        base = '/api/catalogs/small'
        for path in ('/api/catalogs', base, base + '/items?limit=50', base + '/items?q=sea', base + '/members', base + '/members/m1',
                     base + '/preferences', base + '/preferences?member=m1', '/api/runs', '/api/experiments',
                     '/api/experiments/x-1', '/api/experiments/x-1?format=csv', '/api/surfaces', '/api/surfaces/mine',
                     '/api/calibration?catalog=small', '/metrics', '/api/health/ready', '/api/tasks', '/api/brews', '/api/models',
                     '/v1/models'):
            code, body, _ = s.call('GET', path)
            self.assertLess(code, 500, (path, body))
        for r in s.call('GET', '/api/runs')[1]['runs']:
            for form in ('json', 'csv', 'html'):
                code, body, _ = s.call('GET', f'/api/runs/{r["id"]}?format={form}')
                self.assertLess(code, 500, (r, form, body))
        for policy in ('balanced', 'likes', 'relevant'):
            code, body, _ = s.rank(instruction='sea', member='m1', history={'policy': policy, 'limit': 5}, top=3,
                                   preferences=True, baselines=['popularity', 'item_knn', 'recency', 'random'],
                                   candidates=['i1', 'i2', 'i3'], save=False)
            self.assertLess(code, 500, (policy, body))
        if not full:
            return
        self.assertLess(s.call('GET', '/api/dump')[0], 500)
        ask = {'catalog': 'small', 'instruction': 'sea', 'member': 'm1', 'preferences': True, 'candidates': ['i1', 'i2']}
        for path, more in (('/api/prompt/preview', {}), ('/api/explain', {'items': ['i1']}), ('/api/rank', {'surface': 'mine'}),
                           ('/api/rank', {'candidates': {'retrieve': 'bm25', 'count': 2}, 'constraints': 'hide'})):
            code, body, _ = s.call('POST', path, {**ask, **more})
            self.assertLess(code, 500, (path, more, body))
        code, body, _ = s.call('POST', '/api/clauses', {'text': 'sea, under 5', 'catalog': 'small'})
        self.assertLess(code, 500, body)

    def test_each_column(self):
        s = Server()
        for name in ('jobs', 'listings'):  # a small dump is quick
            s.call('DELETE', '/api/catalogs/' + name)
        fill(s, n=6)
        self.assertEqual(s.rank(instruction='sea', member='m1', top=3)[0], 200)
        self.assertEqual(s.call('PUT', '/api/surfaces/mine', {'title': 'Mine'})[0], 200)
        wish = {'text': 'quiet', 'sign': 1, 'weight': 0.5, 'member': 'm1', 'expires': 2**33}
        self.assertLess(s.call('POST', '/api/catalogs/small/preferences', wish)[0], 300)
        c = s.connect()
        c.request('GET', '/api/dump')
        good = c.getresponse().read()
        path = pathlib.Path(folder('dump') + '/x.db')
        path.write_bytes(good)
        d = sqlite3.connect(path)
        for sql in ROWS:
            d.execute(sql)
        d.commit()
        columns = [(t, c) for t, c in d.execute(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'"
            " AND t.name NOT LIKE 'sqlite#_%' ESCAPE '#' AND t.name NOT LIKE 'fts#_%' ESCAPE '#'")]
        d.close()
        good = path.read_bytes()
        self.assertEqual(self.restore(s, good)[0], 200)
        self.routes(s)
        self.assertGreater(len(columns), 75)
        refused = taken = 0
        for table, column in columns:
            before = taken
            for value in VALUES:
                path.write_bytes(good)
                d = sqlite3.connect(path)
                try:
                    d.execute(f'UPDATE {table} SET {column} = ?', (value,))
                except (sqlite3.IntegrityError, sqlite3.OperationalError):
                    d.close()
                    continue  # SQLite itself refuses it
                d.commit()
                d.close()
                code, body, _ = self.restore(s, path.read_bytes())
                if code == 200:
                    taken += 1
                    self.routes(s, full=taken <= before + 2)
                    continue
                refused += 1
                self.assertEqual(code, 422, (table, column, value, body))
                if 'row of' not in body['error']['message']:  # a reference that is not met names its table
                    self.assertIn(f'{table}.{column}', body['error']['message'] + (body['error']['field'] or ''))
        print(f'{refused} dumps refused, {taken} taken')
        self.assertGreater(refused, 1000)
        self.assertEqual(self.restore(s, good)[0], 200)
        self.routes(s)
        self.assertEqual(s.stop(), 0)

    def restore(self, s, data):
        return s.call('POST', '/api/restore?replace=1', data, 'application/vnd.sqlite3')

    def test_counting_on(self):
        """Row numbers and versions that would overflow: set, whatever the dump says, and imports go on."""
        s = Server()
        fill(s, n=6)
        c = s.connect()
        c.request('GET', '/api/dump')
        good = c.getresponse().read()
        path = pathlib.Path(folder('dump') + '/x.db')
        path.write_bytes(good)
        d = sqlite3.connect(path)
        d.execute('UPDATE sqlite_sequence SET seq = 9223372036854775807')
        d.execute('UPDATE catalog SET items = 77, members = 99, interactions = 5, has_popularity = 0')
        d.commit()
        d.close()
        self.assertEqual(self.restore(s, path.read_bytes())[0], 200)
        self.assertEqual(s.call('GET', '/api/catalogs/small')[1]['items'], 6)
        self.assertEqual(s.call('GET', '/api/catalogs/small')[1]['members'], 2)
        for k in range(3):
            fill(s, f'new{k}', n=6)
        self.assertEqual(s.stop(), 0)
        s = Server(data=s.data)
        fill(s, 'after', n=6)
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
