"""Behind a proxy: the public address, cookies that say so, whose address it is:
python3 proxy.test.py TAPROOM [unittest arguments].
"""
from harness import Case, Server, cli, folder, TINY, main
from guarded import Guarded, TOKENS, bearer, waited_for

PUBLIC = 'https://taproom.example.org'
HOST = {'Host': 'taproom.example.org'}


class Proxy(Case):
    @classmethod
    def setUpClass(cls):
        cls.s = Guarded('--public-url', PUBLIC + '/', '--trusted-proxy', '127.0.0.1, 192.0.2.1')

    @classmethod
    def tearDownClass(cls):
        assert cls.s.stop() == 0

    def test_names(self):
        ask = lambda **h: self.s.call('GET', '/api/health/live', headers={k.replace('_', '-'): v for k, v in h.items()})[0]
        self.assertEqual(ask(**HOST), 200)
        self.assertEqual(ask(Origin=PUBLIC, **HOST), 200)
        self.assertEqual(ask(Origin='https://evil.example.org', **HOST), 403)
        self.assertEqual(ask(Host='evil.example.org'), 403)
        self.assertEqual(ask(Host='taproom.example.org.evil'), 403)

    def test_cookie(self):
        code, _, headers = self.s.call('POST', '/api/session', {'token': TOKENS['rob'][1]}, headers={'Origin': PUBLIC, **HOST})
        self.assertEqual(code, 200)
        self.assertRegex(headers['Set-Cookie'],
                         '^__Host-taproom=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; Secure$')
        self.assertIn('max-age=', headers['Strict-Transport-Security'])
        cookie = {'Cookie': headers['Set-Cookie'].split(';')[0], **HOST}
        self.assertEqual(self.s.call('GET', '/api/session', headers=cookie)[1]['user'], 'rob')
        post = lambda origin: self.s.call('POST', '/api/clauses', {'text': 'sea'}, headers={**cookie, 'Origin': origin})[0]
        self.assertEqual([post(PUBLIC), post('https://evil.example.org')], [200, 403])

    def test_whose_address(self):
        def logged(forwarded):
            n = len(self.s.audit('dump'))
            self.s.call('GET', '/api/dump', headers={**bearer('eve'), **HOST, **({'X-Forwarded-For': forwarded} if forwarded else {})})
            self.assertTrue(waited_for(lambda: len(self.s.audit('dump')) > n))
            return self.s.audit('dump')[-1]['address']
        for forwarded, want in ((None, '127.0.0.1'), ('203.0.113.9', '203.0.113.9'), ('2001:db8::1', '2001:db8::1'),
                                ('6.6.6.6, 203.0.113.9', '203.0.113.9'), ('203.0.113.9, 192.0.2.1', '203.0.113.9'),
                                ('<script>', '127.0.0.1'), ('1.2.3.4, evil"', '127.0.0.1'), ('', '127.0.0.1'),
                                ('127.0.0.1', '127.0.0.1'), ('x' * 60, '127.0.0.1')):
            self.assertEqual(logged(forwarded), want)

    def test_guesses_go_by_that_address(self):
        wrong = lambda address, k: self.s.call('GET', '/api/catalogs', headers={
            'Authorization': f'Bearer wrong-number-{k}-of-many', 'X-Forwarded-For': address, **HOST})[0]
        codes = [wrong('203.0.113.1', k) for k in range(40)]
        self.assertIn(429, codes)
        self.assertEqual(wrong('203.0.113.2', 0), 401)

    def test_not_believed_without_being_asked(self):
        s = Guarded()
        s.call('GET', '/api/dump', headers={**bearer('eve'), 'X-Forwarded-For': '203.0.113.9'})
        self.assertTrue(waited_for(lambda: s.audit('dump')))
        self.assertEqual(s.audit('dump')[0]['address'], '127.0.0.1')
        _, _, headers = s.call('GET', '/api/health/live')
        self.assertIsNone(headers['Strict-Transport-Security'])
        self.assertEqual(s.stop(), 0)

    def test_bad_addresses(self):
        for url in ('taproom.example.org', 'ftp://x', 'https://', 'https://a/b', 'https://a b', 'https://u@a', 'https://a,b'):
            r = cli('serve', '--port', '0', '--data', folder('d'), '--model', TINY, '--public-url', url)
            self.assertEqual(r.returncode, 1, url)
            self.assertIn('--public-url', r.stderr.decode())

    def test_open_to_all_is_said(self):
        s = Server('--public-url', PUBLIC)
        self.assertIn('no --token-file', open(s.data + '.log').read())
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
