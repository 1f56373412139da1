"""Who may call what: tokens of a file, their roles, sessions of browsers, slow guesses, the log of what was done:
python3 access.test.py TAPROOM [unittest arguments].
"""
import concurrent.futures
import json
import os
import signal
import time

from harness import Case, ENV, ROOT, TINY, Server, cli, folder, lines, rows, main
from guarded import Guarded, TOKENS, waited_for, write_tokens

class Roles(Case):
    @classmethod
    def setUpClass(cls):
        cls.s = Guarded()
        cls.s.fill()

    @classmethod
    def tearDownClass(cls):
        assert cls.s.stop() == 0

    def test_each_call_has_its_least_role(self):
        calls = [('GET', '/api/catalogs', 'eve'), ('GET', '/api/runs', 'eve'), ('GET', '/metrics', 'eve'),
                 ('GET', '/v1/models', 'eve'), ('POST', '/api/rank', 'rob'), ('POST', '/api/clauses', 'rob'),
                 ('POST', '/v1/score', 'rob'), ('POST', '/rerank', 'rob'), ('POST', '/api/experiments', 'rob'),
                 ('POST', '/api/catalogs/small/preferences', 'rob'), ('DELETE', '/api/runs/r-1', 'rob'),
                 ('GET', '/api/dump', 'ada'), ('POST', '/api/restore', 'ada'), ('DELETE', '/api/catalogs/none', 'ada'),
                 ('POST', '/api/models/default', 'ada'), ('PUT', '/api/surfaces/x', 'ada'),
                 ('POST', '/api/catalogs/small/members', 'ada'), ('POST', '/api/catalogs/small/interactions', 'ada')]
        order = ['eve', 'rob', 'ada']
        for method, path, least in calls:
            kind = 'application/vnd.sqlite3' if path == '/api/restore' else 'application/json'
            body = None if method in ('GET', 'DELETE') else ''
            self.refused(self.s.by(None, method, path, body, kind), 401, 'unauthorized')
            for name in order:
                got = self.s.by(name, method, path, body, kind)
                if order.index(name) < order.index(least):
                    error = self.refused(got, 403, 'forbidden')
                    self.assertIn(TOKENS[least][0], error['message'])
                else:
                    self.assertNotIn(got[0], (401, 403), (name, method, path))
        self.assertEqual(self.s.call('GET', '/api/health/live')[0], 200)
        self.assertEqual(self.s.call('GET', '/api/health/ready')[1], {'ready': True})
        self.assertIn('model', self.s.by('eve', 'GET', '/api/health/ready')[1])
        self.assertEqual(self.s.call('GET', '/')[0], 200)
        self.refused(self.s.call('GET', '/api/nothing'), 401)
        self.refused(self.s.by('eve', 'GET', '/api/nothing'), 404)

    def test_who_ranks_brings_catalogues_and_changes_none(self):
        put = lambda name, more='': self.s.by('rob', 'POST', f'/api/catalogs?name={name}{more}', lines(rows(3)),
                                              'application/x-ndjson')
        self.assertEqual(put('of-rob')[0], 200)
        self.assertEqual(put('small', '&dry_run=1')[0], 200)
        for more in ('', '&replace=1', '&dry_run=0'):
            self.refused(put('small', more), 403, 'forbidden')
        self.assertEqual(self.s.by('eve', 'GET', '/api/catalogs/small')[1]['items'], 12)

    def test_files_are_shown_to_who_keeps_the_server(self):
        for name, shown in (('ada', True), ('rob', False), ('eve', False)):
            models = self.s.by(name, 'GET', '/api/models')[1]['models']
            self.assertTrue(models)
            self.assertEqual(all((m['file'] or '').startswith('/') for m in models), shown)
            self.assertEqual(str(ROOT) in json.dumps(models), shown)

    def test_audit(self):
        self.s.by('ada', 'POST', '/api/catalogs?name=audited', lines(rows(3)), 'application/x-ndjson')
        self.s.by('ada', 'DELETE', '/api/catalogs/audited')
        self.s.by('rob', 'POST', '/api/rank', {'catalog': 'small', 'instruction': 'a secret wish', 'top': 2})
        self.s.by('eve', 'GET', '/api/dump')
        self.assertTrue(waited_for(lambda: self.s.audit('dump')))
        self.assertIn(('ada', '127.0.0.1', 'audited', 200),
                      [(x['user'], x['address'], x['what'], x['code']) for x in self.s.audit('import')])
        self.assertIn(('ada', 'audited', 200), [(x['user'], x['what'], x['code']) for x in self.s.audit('delete')])
        self.assertIn(('eve', 403), [(x['user'], x['code']) for x in self.s.audit('dump')])
        log = self.s.logged()
        self.assertNotIn('secret wish', log)
        for _, token in TOKENS.values():
            self.assertNotIn(token, log)


class Sessions(Case):
    @classmethod
    def setUpClass(cls):
        cls.s = Guarded()
        cls.s.fill()

    @classmethod
    def tearDownClass(cls):
        assert cls.s.stop() == 0

    def sign_in(self, name):
        code, body, headers = self.s.call('POST', '/api/session', {'token': TOKENS[name][1]})
        self.assertEqual((code, body), (200, {'needed': True, 'user': name, 'role': TOKENS[name][0]}))
        cookie = headers['Set-Cookie']
        parts = cookie.split('; ')
        self.assertRegex(parts[0], rf'^taproom-{self.s.port}=[0-9a-f]{{64}}$')
        self.assertEqual(parts[1:], ['Path=/', 'HttpOnly', 'SameSite=Strict'])
        self.assertNotIn(TOKENS[name][1], cookie)
        return {'Cookie': parts[0], 'Origin': f'http://127.0.0.1:{self.s.port}'}

    def test_in_and_out(self):
        self.assertEqual(self.s.call('GET', '/api/session')[1], {'needed': True, 'user': None, 'role': 'anyone'})
        self.refused(self.s.call('POST', '/api/session', {'token': 'a-wrong-token-of-nobody'}), 401)
        self.refused(self.s.call('POST', '/api/session', {'tokens': 'x'}), 422, field='token')
        self.refused(self.s.call('POST', '/api/session', '['), 400)
        one, two = self.sign_in('rob'), self.sign_in('rob')
        self.assertNotEqual(one['Cookie'], two['Cookie'])
        self.assertEqual(self.s.call('GET', '/api/session', headers=one)[1]['user'], 'rob')
        self.assertEqual(self.s.call('POST', '/api/rank', {'catalog': 'small', 'instruction': 'sea', 'top': 1},
                                     headers=one)[0], 200)
        self.refused(self.s.call('GET', '/api/dump', headers=one), 403)
        three = self.s.call('POST', '/api/session', {'token': TOKENS['eve'][1]}, headers=one)[2]['Set-Cookie'].split('; ')[0]
        self.refused(self.s.call('GET', '/api/catalogs', headers=one), 401)
        one['Cookie'] = three
        self.assertEqual(self.s.call('GET', '/api/session', headers=one)[1]['user'], 'eve')
        code, _, headers = self.s.call('DELETE', '/api/session', headers=one)
        self.assertEqual(code, 200)
        self.assertIn('Max-Age=0', headers['Set-Cookie'])
        self.refused(self.s.call('GET', '/api/catalogs', headers=one), 401)
        self.assertEqual(self.s.call('GET', '/api/catalogs', headers=two)[0], 200)
        self.assertTrue(waited_for(lambda: self.s.audit('sign_out')))
        self.assertIn(('rob', 200), [(x['user'], x['code']) for x in self.s.audit('sign_in')])
        self.assertIn(('', 401), [(x['user'], x['code']) for x in self.s.audit('sign_in')])

    def test_a_cookie_alone_changes_nothing(self):
        cookie = {'Cookie': self.sign_in('ada')['Cookie']}
        ask = lambda **more: self.s.call('POST', '/api/clauses', {'text': 'sea'}, headers={**cookie, **more})[0]
        own = f'http://127.0.0.1:{self.s.port}'
        self.assertEqual(self.s.call('GET', '/api/catalogs', headers=cookie)[0], 200)
        self.assertEqual([ask(), ask(Origin=own), ask(**{'Sec-Fetch-Site': 'same-origin'})], [403, 200, 200])
        for other in ('null', 'http://evil.example', 'http://127.0.0.1:1'):
            self.assertEqual(ask(Origin=other), 403)
        for site in ('cross-site', 'same-site', 'none'):
            self.assertEqual(ask(**{'Sec-Fetch-Site': site}), 403)
        self.refused(self.s.call('DELETE', '/api/catalogs/small', headers=cookie), 403)

    def test_no_token_no_session(self):
        s = Server()
        self.assertEqual(s.call('GET', '/api/session')[1], {'needed': False, 'user': '', 'role': 'admin'})
        code, body, headers = s.call('POST', '/api/session', {'token': 'whatever'})
        self.assertEqual((code, body['needed'], headers['Set-Cookie']), (200, False, None))
        self.assertEqual(s.stop(), 0)


class Users(Case):
    @classmethod
    def setUpClass(cls):
        cls.s = Guarded()
        cls.s.fill()

    @classmethod
    def tearDownClass(cls):
        assert cls.s.stop() == 0

    def rank(self, name, **more):
        return self.s.by(name, 'POST', '/api/rank', {'catalog': 'small', 'instruction': f'of {name}', 'top': 1, **more})

    def runs(self, name):
        return {x['id']: x for x in self.s.by(name, 'GET', '/api/runs')[1]['runs']}

    def test_runs(self):
        run = self.rank('rob')[1]['run']
        at = '/api/runs/' + run
        self.assertEqual((self.runs('rob')[run]['owner'], self.runs('rob')[run]['shared']), ('rob', False))
        self.assertIn(run, self.runs('ada'))
        for other in ('ron', 'eve'):
            self.assertNotIn(run, self.runs(other))
            self.assertEqual(self.s.by(other, 'GET', '/api/runs')[1]['total'], len(self.runs(other)))
            for form in ('', '?format=csv', '?format=html'):
                self.refused(self.s.by(other, 'GET', at + form), 404, 'not_found')
        self.assertEqual(self.s.by('ada', 'GET', at)[0], 200)
        put = lambda name, body: self.s.by(name, 'PUT', at, body)
        self.refused(put('ron', {'shared': True}), 404)
        self.refused(put('eve', {'shared': True}), 403)
        for bad, field in (({}, 'shared'), ({'shared': 1}, 'shared'), ({'shared': True, 'owner': 'ron'}, 'owner')):
            self.refused(put('rob', bad), 422, field=field)
        code, body, _ = put('rob', {'shared': True})
        self.assertEqual((code, body['run'], body['owner'], body['shared']), (200, run, 'rob', True))
        self.assertEqual(self.s.by('eve', 'GET', at)[1]['owner'], 'rob')
        self.assertNotIn(run, self.runs('ron'))
        self.refused(self.s.by('ron', 'DELETE', at), 404)
        self.refused(put('ron', {'shared': False}), 404)
        self.assertEqual(put('rob', {'shared': False})[0], 200)
        self.refused(self.s.by('eve', 'GET', at), 404)
        self.assertEqual(self.s.by('rob', 'DELETE', at)[0], 200)
        run = self.rank('rob')[1]['run']
        self.assertEqual(self.s.by('ada', 'DELETE', '/api/runs/' + run)[0], 200)

    def test_preferences(self):
        at = '/api/catalogs/small/preferences'
        one = self.s.by('rob', 'POST', at, {'text': 'about the sea'})[1]
        self.assertEqual(one['owner'], 'rob')
        listed = lambda name, more='': [p['id'] for p in self.s.by(name, 'GET', at + more)[1]['preferences']]
        self.assertEqual([listed('rob'), listed('ron'), listed('ada')], [[one['id']], [], []])
        self.assertEqual([listed('ada', '?everybody=1'), listed('ron', '?everybody=1')], [[one['id']], []])
        self.refused(self.s.by('ron', 'PUT', f"{at}/{one['id']}", {'text': 'x'}), 404)
        self.refused(self.s.by('ron', 'DELETE', f"{at}/{one['id']}"), 404)
        texts = lambda name: [c['text'] for c in self.rank(name, preferences=True, instruction='robots')[1]['clauses']]
        self.assertEqual(len(texts('rob')), len(texts('ron')) + 1)
        for path, more in (('/api/prompt/preview', {}), ('/api/explain', {'items': ['i1']})):
            ask = {'catalog': 'small', 'instruction': 'robots', 'preferences': True, 'top': 1, **more}
            self.assertIn('about the sea', json.dumps(self.s.by('rob', 'POST', path, ask)[1]))
            self.assertNotIn('about the sea', json.dumps(self.s.by('ron', 'POST', path, ask)[1]))
        changed = self.s.by('ada', 'PUT', f"{at}/{one['id']}", {'weight': 2})[1]
        self.assertEqual((changed['owner'], changed['weight']), ('rob', 2))
        self.assertEqual(listed('rob'), [one['id']])
        self.assertEqual(self.s.by('rob', 'DELETE', f"{at}/{one['id']}")[0], 200)

    def test_experiments(self):
        spec = {'name': 'mine', 'protocol': 'instruction', 'catalog': 'small', 'members': 1}
        one, two = (self.s.by(n, 'POST', '/api/experiments', spec)[1] for n in ('rob', 'ron'))
        self.assertNotEqual(one['id'], two['id'])
        self.assertEqual(self.s.by('rob', 'POST', '/api/experiments', spec)[1]['id'], one['id'])
        listed = lambda name: {x['id'] for x in self.s.by(name, 'GET', '/api/experiments')[1]['experiments']}
        self.assertEqual((listed('rob'), listed('ron'), listed('eve')), ({one['id']}, {two['id']}, set()))
        self.assertEqual(listed('ada'), {one['id'], two['id']})
        at = '/api/experiments/' + one['id']
        for method, path in (('GET', at), ('GET', at + '?format=csv'), ('DELETE', at)):
            self.refused(self.s.by('ron', method, path), 404, 'not_found')
        self.assertEqual(self.s.by('ada', 'GET', at)[0], 200)
        self.assertEqual(self.s.by('rob', 'DELETE', at)[0], 200)
        self.assertEqual(self.s.by('ada', 'DELETE', '/api/experiments/' + two['id'])[0], 200)

    def test_clients_live_inside_a_user(self):
        big = self.s.by('ada', 'POST', '/api/catalogs?name=big', lines(rows(400, 'word ' * 80)), 'application/x-ndjson')
        self.assertEqual(big[0], 200)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ask = {'catalog': 'big', 'instruction': 'robots and the sea', 'client': 'page', 'top': 1,
                   'candidates': {'retrieve': 'all', 'count': 400}}
            late = pool.submit(self.s.by, 'rob', 'POST', '/api/rank', ask)
            time.sleep(.5)
            self.assertFalse(late.done(), 'the ranking is too short for this test')
            self.assertEqual(self.rank('ron', client='page')[0], 200)
            self.assertFalse(late.done() and late.result()[0] != 200)
            self.assertEqual(self.rank('rob', client='page')[0], 200)
            self.refused(late.result(), 409, 'cancelled')


class Guesses(Case):
    def test_wrong_ones_are_slow_and_the_right_one_works(self):
        s = Guarded()
        self.assertEqual(s.by('rob', 'GET', '/api/catalogs')[0], 200)
        until, codes, right = time.monotonic() + 4, [], []

        def guess(k):
            while time.monotonic() < until:
                codes.append(s.call('GET', '/api/catalogs', headers={'Authorization': f'Bearer guess-{k}-of-many-many'})[0])
                if k % 4 == 0:
                    right.append(s.by('rob', 'GET', '/api/catalogs')[0])
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(guess, range(8)))
        took = time.monotonic() - began
        self.assertEqual(set(codes), {401, 429})
        self.assertLessEqual(codes.count(401), 10 * took + 11)
        self.assertGreaterEqual(codes.count(401), 10)
        self.assertGreater(codes.count(429), codes.count(401))
        self.assertEqual(set(right), {200})
        got = s.call('POST', '/api/session', {'token': 'guess-by-the-other-door'})
        self.assertIn(got[0], (401, 429))
        time.sleep(1.2)
        self.assertEqual(s.by('eve', 'GET', '/api/catalogs')[0], 200)
        self.assertEqual(s.stop(), 0)


class Starting(Case):
    def test_rotation(self):
        s = Guarded(names=['ada', 'rob'])
        cookie = s.call('POST', '/api/session', {'token': TOKENS['rob'][1]})[2]['Set-Cookie'].split(';')[0]
        self.assertEqual(s.call('GET', '/api/catalogs', headers={'Cookie': cookie})[0], 200)
        self.refused(s.by('eve', 'GET', '/api/catalogs'), 401)
        write_tokens(s.file, ['ada', 'eve'])
        s.p.send_signal(signal.SIGHUP)
        self.assertTrue(waited_for(lambda: s.by('eve', 'GET', '/api/catalogs')[0] == 200))
        self.refused(s.by('rob', 'GET', '/api/catalogs'), 401)
        self.refused(s.call('GET', '/api/catalogs', headers={'Cookie': cookie}), 401)
        with open(s.file, 'w') as f:
            f.write('ada admin short\n')
        s.p.send_signal(signal.SIGHUP)
        self.assertTrue(waited_for(lambda: 'stay as they were' in s.logged()))
        self.assertIn('line 1', s.logged())
        self.assertEqual(s.by('eve', 'GET', '/api/catalogs')[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_log_file(self):
        log = folder('logs') + '/taproom.log'
        s = Server('--log', log)
        s.call('GET', '/api/catalogs')
        self.assertTrue(waited_for(lambda: 'route=/api/catalogs ' in open(log).read()))
        self.assertEqual(os.stat(log).st_mode & 0o777, 0o600)
        os.rename(log, log + '.1')
        s.p.send_signal(signal.SIGHUP)
        self.assertTrue(waited_for(lambda: os.path.exists(log) and 'event=reload' in open(log).read()))
        s.call('GET', '/api/runs')
        self.assertTrue(waited_for(lambda: 'route=/api/runs ' in open(log).read()))
        self.assertNotIn('route=/api/runs ', open(log + '.1').read())
        self.assertEqual(s.stop(), 0)

    def test_where_a_token_comes_from(self):
        s = Server('--token', 'a-long-enough-token-1')
        self.assertIn('can see --token', open(s.data + '.log').read())
        self.assertEqual(s.stop(), 0)
        ENV['TAPROOM_TOKEN'] = 'a-long-enough-token-1'
        try:
            s = Server()
        finally:
            del ENV['TAPROOM_TOKEN']
        self.assertNotIn('can see --token', open(s.data + '.log').read())
        self.assertNotIn(b'a-long-enough', open(f'/proc/{s.p.pid}/cmdline', 'rb').read())
        self.refused(s.call('GET', '/api/catalogs'), 401)
        self.assertEqual(s.call('GET', '/api/catalogs', headers={'Authorization': 'Bearer a-long-enough-token-1'})[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_bad_files(self):
        path = folder('tokens') + '/tokens'
        for text, said in (('ada admin\n', 'line 1'), ('# x\nada boss a-long-enough-token-1\n', 'line 2'), ('', 'no token'),
                           ('ada admin a-long-enough-token-1\nbob read a-long-enough-token-1\n', 'twice'), (None, 'tokens')):
            if text is None:
                os.remove(path)
            else:
                with open(path, 'w') as f:
                    f.write(text)
            r = cli('serve', '--port', '0', '--data', folder('d'), '--model', TINY, '--token-file', path)
            self.assertEqual(r.returncode, 1)
            self.assertIn(said, r.stderr.decode())
            self.assertNotIn('a-long-enough', r.stderr.decode())


if __name__ == '__main__':
    main()
