"""Saved work: runs and their exports, experiments, dumps:
python3 saved.test.py TAPROOM [unittest arguments].
"""
import csv
import html
import io
import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import threading
import time

from harness import Case, Page, Server, Shared, TEXT_MAX, cli, fill, folder, lines, rows, main


class Runs(Shared):
    def test_runs(self):
        ids = [self.s.rank(instruction=f'run {k} ' + '\u00e9' * 200, top=1)[1]['run'] for k in range(3)]
        code, body, _ = self.s.call('GET', '/api/runs?limit=2')
        self.assertEqual((code, [r['id'] for r in body['runs']]), (200, ids[:0:-1]))
        self.assertGreaterEqual(body['total'], 3)
        self.assertEqual(set(body['runs'][0]), {'id', 'catalog', 'title', 'created', 'owner', 'shared', 'name', 'comment', 'pinned'})
        self.assertTrue(body['runs'][0]['title'].startswith('run 2'))
        self.assertEqual(self.s.call('GET', '/api/runs?offset=2&limit=1')[1]['runs'][0]['id'], ids[0])
        self.refused(self.s.call('GET', '/api/runs/r-none'), 404, 'not_found')
        self.refused(self.s.call('GET', f'/api/runs/{ids[0]}?format=pdf'), 422, 'invalid', 'format')
        self.refused(self.s.call('GET', '/api/runs?limit=0'), 422, 'invalid', 'limit')
        code, text, _ = self.s.call('GET', f'/api/runs/{ids[0]}?format=csv')
        self.assertEqual(text.split('\r\n')[0].split(',')[:7],
                         ['rank', 'item', 'title', 'score', 'logprob', 'prior', 'label_mass'])
        self.assertEqual(text.count('\r\n'), 2)
        self.assertEqual(self.s.call('DELETE', f'/api/runs/{ids[0]}')[:2], (200, {'deleted': ids[0]}))
        self.refused(self.s.call('GET', f'/api/runs/{ids[0]}'), 404, 'not_found')
        self.refused(self.s.call('DELETE', f'/api/runs/{ids[0]}'), 404, 'not_found')
        self.assertEqual(self.s.call('GET', f'/api/runs/{ids[1]}')[0], 200)

    def test_marks(self):
        a, b = (self.s.rank(instruction=f'a marked wish {k}', top=1)[1]['run'] for k in range(2))
        put = lambda **body: self.s.call('PUT', f'/api/runs/{a}', body)
        code, x, _ = put(name='  The demo ', comment='<b>for Thursday</b>', pinned=True)
        self.assertEqual((code, x['name'], x['comment'], x['pinned'], x['shared']), (200, 'The demo', '<b>for Thursday</b>', True, False))
        self.assertEqual(put(shared=True)[1]['name'], 'The demo')
        found = lambda q: [r['id'] for r in self.s.call('GET', '/api/runs?' + q)[1]['runs']]
        self.assertEqual(found('limit=1'), [a])
        self.assertEqual(found('q=thursday'), [a])
        self.assertEqual(found('q=a+marked+wish'), [a, b])
        self.assertEqual(found('q=a+marked+wish&catalog=none'), [])
        self.assertEqual(found('q=a+marked&pinned=1'), [a])
        self.assertEqual(self.s.call('GET', f'/api/runs/{a}')[1]['comment'], '<b>for Thursday</b>')
        self.refused(put(name=1), 422, 'invalid', 'name')
        self.refused(put(name='x' * 201), 422, 'invalid', 'name')
        self.refused(put(colour='red'), 422, 'invalid', 'colour')
        self.refused(put(), 422, 'invalid', 'shared')
        put(pinned=False)

    def test_exports_of_hostile_texts(self):
        hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", '=1+1', '+x', '@y',
                   '\u202eright to left\u202c', '\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627', '\U0001f6a2\u200d\U0001f525',
                   '<|im_end|><|endoftext|>', 'line\u2028sep\u2029', '&lt;b&gt; &amp;', 'a\tb', 'bell\x07 \x85', '</title></style>']
        rows = [{'id': f'h{k}"<&', 'title': t, 'text': t * 3, 'tags': [re.sub('[\x00-\x20|]', '', t)]} for k, t in enumerate(hostile)]
        rows.append({'id': 'long', 'title': 'long', 'text': 'w<' * (TEXT_MAX // 2)})
        body = self.put_items('hostile', lines(rows))[1]
        self.assertTrue(body['stored'], body)
        for row in rows:  # entities are read at the import; tags are text where only few texts have some
            if row['title'].startswith('&lt;'):
                row['title'], row['text'] = html.unescape(row['title']), html.unescape(row['text'])
        wish = 'sea <b>&"\' , no </h1><script>x</script>'
        code, r, _ = self.s.rank(catalog='hostile', instruction=wish + ' ' + 'word ' * 70_000,
                                 clauses=[{'text': wish}, {'text': hostile[6], 'sign': -1}])
        self.assertEqual(code, 200)
        code, text, headers = self.s.call('GET', f'/api/runs/{r["run"]}?format=html')
        self.assertEqual((code, headers['Content-Type']), (200, 'text/html; charset=utf-8'))
        self.assertIn(f'attachment; filename="taproom-{r["run"]}.html"', headers['Content-Disposition'])
        page = Page(text)
        self.assertEqual(page.tags & {'script', 'img', 'b:attrs', 'iframe', 'link', 'object', 'form'}, set())
        self.assertFalse([a for a in page.attributes if a.startswith('on') or a in ('src', 'action')])
        self.assertTrue(all(h.startswith('#rank-') for h in page.links), page.links)
        def seen(t):
            return ''.join('\ufffd' if (c < ' ' and c not in '\n\t') or '\x7f' <= c < '\xa0' else c for c in t)
        for row in rows:
            self.assertIn(seen(row['title']), page.texts)
            self.assertIn(seen(row['text']), page.texts)
            self.assertIn(row['id'], page.texts)
        self.assertEqual(page.ids, [f'rank-{k + 1}' for k in range(len(rows))])
        self.assertEqual(page.left_open, [])
        self.assertEqual('<h2>What moved</h2>' in text, any(i['baselines'].get('recency', {}).get('score') is not None for i in r['items']))
        unknown = [n for i in r['items'] for n, v in i['baselines'].items() if v['score'] is None]
        self.assertEqual('no data' in page.texts, bool(unknown), unknown)
        code, table, _ = self.s.call('GET', f'/api/runs/{r["run"]}?format=csv')
        got = {x['item']: x['title'] for x in csv.DictReader(io.StringIO(table, newline=''))}
        self.assertEqual(got, {x['id']: ("'" if x['title'][0] in '=+@' else '') + x['title'] for x in rows})
        stored = self.s.call('GET', f'/api/runs/{r["run"]}')[1]
        self.assertEqual({i['item']: i['title'] for i in stored['items']}, {x['id']: x['title'] for x in rows})
        self.assertEqual(stored['request']['instruction'][:len(wish)], wish)
        self.s.call('DELETE', '/api/catalogs/hostile')

    def test_unsaved(self):
        before = self.s.call('GET', '/api/runs')[1]['total']
        r = self.s.rank(instruction='sea', save=False, client='tab')[1]
        self.assertIsNone(r['run'])
        self.assertEqual([w for w in r['warnings'] if 'known' in w or 'saved' in w], [])
        self.assertEqual(self.s.call('GET', '/api/runs')[1]['total'], before)
        self.refused(self.s.rank(save='no'), 422, 'invalid', 'save')


class Experiments(Case):
    SPEC = {'name': 'What K is worth', 'protocol': 'coldstart', 'catalog': 'jobs', 'members': 2,
            'split': 'development', 'grid': {'k': [0, 3, 5], 'readout': ['item'], 'history': ['likes', 'recent']}}

    def wait(self, s, id, state):
        for _ in range(600):
            code, x, _ = s.call('GET', '/api/experiments/' + id)
            self.assertEqual(code, 200)
            if x['state'] == state:
                return x
            time.sleep(.1)
        self.fail(f'{x["state"]}, not {state}')

    def test_killed_and_resumed(self):
        s = Server()
        code, x, _ = s.call('POST', '/api/experiments', self.SPEC)
        self.assertEqual((code, x['cells'], x['name']), (200, 6, 'What K is worth'))
        id = x['id']
        while s.call('GET', '/api/experiments/' + id)[1]['done'] < 1:
            time.sleep(.02)
        s.stop(signal.SIGKILL)
        s = Server(data=s.data)
        x = self.wait(s, id, 'done')
        self.assertEqual((x['done'], x['failed'], len(x['results'])), (6, 0, 6))
        for cell in x['results']:
            self.assertEqual(cell['state'], 'done')
            self.assertEqual(len(cell['result']['model']['sha256']), 64)
            self.assertRegex(cell['code'], r'^0\.1\.0-[0-9a-f]{16}$')
            self.assertIn('chance', cell['result']['baselines'])
        # Nothing known: the language model is chance, exactly.
        first = x['results'][0]['result']
        self.assertEqual(x['results'][0]['settings']['k'], 0)
        self.assertAlmostEqual(first['figures']['ndcg10']['mean'], first['baselines']['chance']['ndcg10']['mean'], 9)
        code, text, headers = s.call('GET', f'/api/experiments/{id}?format=csv')
        table = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([r['k'] for r in table], ['0', '3', '5'] * 2)
        self.assertEqual(float(table[0]['ndcg10_mean']), round(first['figures']['ndcg10']['mean'], 9))
        self.assertIn('attachment', headers['Content-Disposition'])
        # The same text again is the same experiment, and is not run again.
        self.assertEqual(s.call('POST', '/api/experiments', self.SPEC)[1]['done'], 6)
        self.assertEqual(len(s.call('GET', '/api/experiments')[1]['experiments']), 1)
        self.assertEqual(s.call('DELETE', '/api/experiments/' + id)[1], {'deleted': id})
        self.assertEqual(s.call('GET', '/api/experiments/' + id)[0], 404)
        self.assertEqual(s.stop(), 0)

    def test_refused(self):
        s = Server()
        for change, field in (({'protocol': 'luck'}, 'protocol'), ({'grid': {'k': [-1]}}, 'grid.k'),
                              ({'grid': {'model': ['/etc/passwd']}}, 'grid.model'), ({'name': ''}, 'name'),
                              ({'grid': {'k': list(range(50)), 'readout': ['item'] * 50}}, 'grid')):
            code, x, _ = s.call('POST', '/api/experiments', {**self.SPEC, **change})
            self.assertIn(code, (413, 422))
            self.assertEqual(x['error']['field'], field)
        self.assertEqual(s.call('POST', '/api/experiments', '[' * 5000)[0], 400)
        self.assertEqual(s.call('GET', '/api/experiments')[1], {'experiments': []})
        self.assertEqual(s.call('DELETE', '/api/experiments/x-1')[0], 404)
        self.assertEqual(s.stop(), 0)

    def test_cancelled(self):
        s = Server()
        id = s.call('POST', '/api/experiments', {**self.SPEC, 'name': 'cut short'})[1]['id']
        while s.call('GET', '/api/experiments/' + id)[1]['done'] < 1:
            time.sleep(.02)
        self.assertEqual(s.call('DELETE', f'/api/experiments/{id}?keep=1')[1], {'cancelled': id})
        x = self.wait(s, id, 'failed')
        self.assertGreaterEqual(x['done'], 1)
        self.assertEqual(x['done'] + x['failed'], 6)
        self.assertEqual({c['error'] for c in x['results'] if c['state'] == 'failed'}, {'cancelled'})
        done = x['results'][0]['result']
        self.assertGreater(done['cold_ms_per_item'], 0)
        self.assertGreater(done['warm_ms_per_item'], 0)
        # Asked for again, it goes on.
        self.assertEqual(s.call('POST', '/api/experiments', {**self.SPEC, 'name': 'cut short'})[1]['id'], id)
        self.assertEqual(self.wait(s, id, 'done')['done'], 6)
        self.assertEqual(s.stop(), 0)

    def test_people_first(self):
        s = Server()
        code, x, _ = s.call('POST', '/api/experiments', {**self.SPEC, 'members': 3})
        self.wait(s, x['id'], 'running')
        for wish in ('quiet work', 'animals', 'nights'):
            code, r, _ = s.call('POST', '/api/rank', {'catalog': 'jobs', 'instruction': wish, 'top': 1})
            self.assertEqual((code, len(r['items'])), (200, 1))
        # What was given up for them is measured again.
        for cell in self.wait(s, x['id'], 'done')['results']:
            self.assertEqual(cell['result']['figures']['ndcg10']['n'], 3)
        self.assertEqual(s.stop(), 0)

    def test_stop_while_running(self):
        s = Server()
        code, x, _ = s.call('POST', '/api/experiments', {**self.SPEC, 'members': 12})
        self.wait(s, x['id'], 'running')
        self.assertEqual(s.stop(), 0)


class Dumps(Case):
    """Everything out of one store, into another."""

    @staticmethod
    def everything(server):
        """What a client can see of a store, but for the numbers of versions."""
        def get(path):
            code, body, _ = server.call('GET', path)
            assert code == 200, (path, body)
            return body
        seen = {'catalogs': get('/api/catalogs'), 'runs': get('/api/runs?limit=1000'), 'surface': get('/api/surfaces/generic')}
        for c in seen['catalogs']['catalogs']:
            base = '/api/catalogs/' + c['name']
            seen[base] = get(base), get(base + '/items?limit=500'), get(base + '/members?limit=500')
            for m in seen[base][2]['members']:
                seen[base, m['id']] = get(f'{base}/members/{m["id"]}')
        for r in seen['runs']['runs']:
            seen['run', r['id']] = get('/api/runs/' + r['id'])
        return seen

    def restore(self, server, data, more=''):
        return server.call('POST', '/api/restore' + more, data, 'application/vnd.sqlite3')

    @staticmethod
    def dump(server):
        c = server.connect()
        c.request('GET', '/api/dump')
        r = c.getresponse()
        data = r.read()
        assert r.status == 200 and 'attachment' in r.headers['Content-Disposition']
        return data

    def test_round_trip(self):
        a, b = Server(), Server()
        fill(a)
        fill(a, 'other', 6)
        odd = {'id': 'odd "<\u202e', 'title': '<script>\U0001f6a2', 'text': 'x' * 50_000, 'tags': ['a,b'], 'deep': {'x': [1, None]}}
        a.call('POST', '/api/catalogs?name=odd', lines([odd]), 'application/x-ndjson')
        for k in range(3):
            self.assertEqual(a.rank(instruction=f'sea {k}', member='m1', top=5)[0], 200)
        surface = {'title': 'My words', 'item_word': 'thing'}
        self.assertEqual(a.call('PUT', '/api/surfaces/generic', surface)[0], 200)
        want, data = self.everything(a), self.dump(a)
        code, body, _ = self.restore(b, data)
        self.assertEqual(code, 200, body)
        self.assertEqual(body['restored']['catalogs'], len(want['catalogs']['catalogs']))
        self.assertEqual(body['restored']['runs'], 3)
        self.assertEqual(self.everything(b), want)
        for ask in ({'instruction': 'boat at night'}, {'member': 'm1'}):  # also what is not stored as such: the word index
            one, two = (s.rank(**ask)[1]['items'] for s in (a, b))
            self.assertEqual(one, two)
        # Again and again, over what is there.
        self.refused(self.restore(b, data), 409, 'conflict', 'replace')
        self.assertEqual(self.restore(b, data, '?replace=1')[0], 200)
        self.assertEqual(self.everything(b), want)
        self.assertEqual(self.restore(a, self.dump(b), '?replace=1')[0], 200)
        self.assertEqual(self.everything(a), want)
        self.assertEqual([s.stop() for s in (a, b)], [0, 0])
        self.assertEqual([f for f in os.listdir(a.data) if '.tmp' in f], [])

    def test_refused(self):
        s = Server()
        fill(s)
        self.assertEqual(s.rank(instruction='kept')[0], 200)
        good, want = self.dump(s), self.everything(s)

        def changed(*sql):
            path = folder('dump') + '/x.db'
            pathlib.Path(path).write_bytes(good)
            d = sqlite3.connect(path)
            for statement in sql:
                d.execute(statement)
            d.commit()
            d.close()
            return pathlib.Path(path).read_bytes()

        def refuse(data, *words, code=422):
            e = self.refused(self.restore(s, data, '?replace=1'), code)
            for w in words:
                self.assertIn(w, e['message'])
            self.assertEqual(self.everything(s), want)
        newest = int.from_bytes(good[60:64], 'big')
        refuse(changed(f'PRAGMA user_version={newest + 1}'), f'version {newest + 1}', f'up to {newest}')
        refuse(changed('PRAGMA application_id=7'), 'no dump of Taproom')
        refuse(b'', 'empty')
        refuse(b'{"id":"1"}\n' * 50, 'no dump of Taproom')
        refuse(changed('CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM catalog; END'), 'tables are not those')
        refuse(changed('CREATE VIEW v AS SELECT 1'), 'tables are not those')
        refuse(changed('DROP TABLE surface'), 'tables are not those')
        refuse(changed("UPDATE item SET title = x'ff00' WHERE id = 'i1'"), 'item.title')
        refuse(changed("UPDATE item SET title = CAST(x'ff41' AS TEXT) WHERE id = 'i1'"), 'item.title')
        refuse(changed("UPDATE item SET extra = '{1' WHERE id = 'i1'"), 'item.extra', 'no JSON')
        refuse(changed("UPDATE run SET json = 'xy'"), 'run.json', 'no JSON')
        refuse(changed("UPDATE catalog SET name = '../x' WHERE name = 'small'"), 'catalog.name')
        refuse(changed('PRAGMA foreign_keys=OFF', "DELETE FROM member WHERE id = 'm1'"), 'names one that is not there')
        for cut in (50, 99, 4096, len(good) // 2, len(good) - 1):
            refuse(good[:cut], 'cannot be restored')
        random.seed(5)
        for _ in range(12):  # a damaged page is found, or it holds nothing of the store
            bad = bytearray(good)
            at = random.randrange(100, len(bad) - 600)
            bad[at:at + 512] = bytes(random.randrange(256) for _ in range(512))
            code, body, _ = self.restore(s, bytes(bad), '?replace=1')
            self.assertIn(code, (200, 422), body)
            if code == 422:
                self.assertEqual(self.everything(s), want)
            else:
                self.assertEqual(self.restore(s, good, '?replace=1')[0], 200)
        self.refused(s.call('POST', '/api/restore', b'{}', 'application/json'), 415)
        self.refused(self.restore(s, good, '?replace=x'), 422, 'invalid', 'replace')
        self.assertEqual(self.restore(s, good, '?replace=1')[0], 200)
        self.assertEqual(self.everything(s), want)
        self.assertEqual(s.stop(), 0)

    def test_restored_while_ranking(self):
        s = Server()
        fill(s)
        data, codes = self.dump(s), []

        def rank():
            for k in range(8):
                codes.append(s.rank(instruction=f'sea {k}', member='m1')[0])
        threads = [threading.Thread(target=rank) for _ in range(2)]
        for t in threads:
            t.start()
        for _ in range(4):
            self.assertEqual(self.restore(s, data, '?replace=1')[0], 200)
        for t in threads:
            t.join()
        self.assertEqual(codes, [200] * 16)
        self.assertEqual(s.stop(), 0)

    def test_command_line(self):
        a, b = folder('data'), folder('data')
        r = cli('import', '--catalog', 'shelf', '-', '--data', a, stdin=lines(rows(5)).encode())
        self.assertEqual(r.returncode, 0, r.stderr)
        file = a + '/out.db'
        self.assertEqual(cli('dump', file, '--data', a).returncode, 0)
        r = cli('dump', file, '--data', a)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'exists already', r.stderr)
        self.assertEqual(os.stat(file).st_mode & 0o77, 0)
        r = cli('restore', file, '--data', b, '--json')
        self.assertEqual((r.returncode, json.loads(r.stdout)['restored']['items']), (0, 5), r.stderr)
        r = cli('import', '--catalog', 'more', '-', '--data', b, stdin=lines(rows(2)).encode())
        self.assertEqual(r.returncode, 0)
        r = cli('restore', file, '--data', b)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'--replace', r.stderr)
        self.assertEqual(cli('restore', '-', '--replace', '--data', b, stdin=pathlib.Path(file).read_bytes()).returncode, 0)
        self.assertEqual(cli('restore', '/none.db', '--data', b).returncode, 1)
        for args in (('dump',), ('restore',), ('restore', 'x', 'y'), ('dump', 'x', '--replace')):
            self.assertEqual(cli(*args, '--data', b).returncode, 2)


if __name__ == '__main__':
    main()
