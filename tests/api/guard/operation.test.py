"""Health, the model, metrics, the page, what goes wrong at the start and on the disk:
python3 operation.test.py TAPROOM [unittest arguments].
"""
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

from harness import Case, ENV, ROOT, SERVERS, Server, Shared, TAPROOM, TINY, cli, fill, folder, lines, rows, main


class BuiltIn(Case):
    def test_deleted_stays_deleted(self):
        s = Server()
        names = lambda: {c['name'] for c in s.call('GET', '/api/catalogs')[1]['catalogs']}
        self.assertLessEqual({'jobs', 'listings'}, names())
        self.assertEqual(s.call('DELETE', '/api/catalogs/jobs')[0], 200)
        self.assertEqual(s.stop(), 0)
        s = Server(data=s.data)
        self.assertNotIn('jobs', names())
        self.assertIn('listings', names())
        # One that comes back by hand is like any other.
        self.assertTrue(s.call('POST', '/api/catalogs?name=jobs', lines(rows(3)), 'application/x-ndjson')[1]['stored'])
        self.assertEqual(s.stop(), 0)
        s = Server(data=s.data)
        self.assertEqual(s.call('GET', '/api/catalogs/jobs')[1]['items'], 3)
        self.assertEqual(s.stop(), 0)


class Operation(Shared):
    def test_health(self):
        self.assertEqual(self.s.call('GET', '/api/health/live')[:2], (200, {'live': True, 'version': '0.1.0'}))
        code, body, _ = self.s.call('GET', '/api/health/ready')
        self.assertEqual((code, body['ready']), (200, True))

    def test_model(self):
        code, m, _ = self.s.call('GET', '/api/model')
        self.assertEqual(code, 200)
        self.assertEqual((m['name'], m['architecture'], m['layers'], m['context']), ('tiny tied', 'llama', 3, 512))
        self.assertRegex(m['sha256'], '^[0-9a-f]{64}$')
        self.assertLessEqual({'backend', 'precision', 'parameters', 'threads', 'license'}, set(m))

    def test_metrics(self):
        def numbers():
            code, text, headers = self.s.call('GET', '/metrics')
            self.assertEqual(code, 200)
            self.assertTrue(headers['Content-Type'].startswith('text/plain; version=0.0.4'))
            for line in text.splitlines():
                self.assertRegex(line, r'^(# (HELP|TYPE) taproom_\w+ .+|taproom_\w+(\{\w+="[^"]*"\})? -?\d+)$')
            return {k: int(v) for k, v in (x.rsplit(' ', 1) for x in text.splitlines() if x[0] != '#')}
        before = numbers()
        self.assertEqual(self.s.rank(instruction='counted once')[0], 200)
        self.assertEqual(self.s.rank(top=0)[0], 422)
        after, refused = numbers(), 'taproom_http_requests_total{code="4xx"}'
        for _ in range(50):  # an answer is counted after it was sent
            if after[refused] > before[refused]:
                break
            time.sleep(0.1)
            after = numbers()
        self.assertEqual(after['taproom_rankings_total'], before['taproom_rankings_total'] + 1)
        self.assertGreater(after['taproom_tokens_computed_total'], before['taproom_tokens_computed_total'])
        self.assertEqual(after['taproom_http_requests_total{code="4xx"}'],
                         before['taproom_http_requests_total{code="4xx"}'] + 1)
        self.assertEqual((after['taproom_ready'], after['taproom_queue_length']), (1, 0))
        self.assertGreater(after['taproom_cache_nodes'], 0)
        self.assertLessEqual({f'taproom_cache_{x}_total' for x in ('hits', 'misses', 'evicted')}, set(after))

    def test_page(self):
        for path, kind in (('/', 'text/html'), ('/app.js', 'text/javascript'), ('/style.css', 'text/css')):
            code, text, headers = self.s.call('GET', path)
            self.assertEqual(code, 200)
            self.assertTrue(headers['Content-Type'].startswith(kind))
            name = 'index.html' if path == '/' else path[1:]
            self.assertEqual(text, (ROOT / 'web' / name).read_text())
            self.assertEqual(self.s.call('GET', path, headers={'If-None-Match': headers['ETag']})[0], 304)
        for path in ('/fixtures/jobs/items.jsonl', '/web/app.js', '/api', '/none.js'):
            self.refused(self.s.call('GET', path), 404)

    def test_unknown_calls(self):
        self.refused(self.s.call('GET', '/api/nothing'), 404)
        self.refused(self.s.call('GET', '/api/rank'), 405)
        self.refused(self.s.call('DELETE', '/api/catalogs'), 405)
        self.refused(self.s.call('POST', '/api/rank', '{}', 'text/plain'), 415)
        self.refused(self.s.call('POST', '/api/catalogs?name=x', '{}', 'text/plain'), 415)


class Faults(Case):
    def test_killed_in_import(self):
        s = Server()
        fill(s)
        body = lines(rows(4000)).encode()
        for k in range(4):
            c = socket.create_connection(('127.0.0.1', s.port), 30)
            c.sendall(b'POST /api/catalogs?name=small&replace=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n'
                      b'Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n' % (s.port, len(body)))
            c.sendall(body[:len(body) * (k + 1) // 4])
            time.sleep(.02 * k)
            s.stop(signal.SIGKILL)
            c.close()
            s = Server(data=s.data)
            got = s.call('GET', '/api/catalogs/small')[1]
            self.assertIn(got['items'], (40, 4000))
            if k < 3:
                self.assertEqual(got['items'], 40)
            self.assertEqual(s.rank(instruction='sea', top=1)[0], 200)
            self.assertEqual(sorted(x for x in os.listdir(s.data) if x.endswith('.tmp')), [])
        self.assertEqual(s.stop(), 0)

    def test_run_cannot_be_saved(self):
        s = Server()
        fill(s)
        self.assertEqual(s.stop(), 0)

        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))
        s = Server(data=s.data, preexec_fn=small_files, stderr=subprocess.DEVNULL)
        for _ in range(40):
            code, r, _ = s.rank(instruction='sea')
            self.assertEqual((code, len(r['items'])), (200, 40))
            if r['run'] is None:
                break
        self.assertIsNone(r['run'], 'the disk never became full')
        self.assertTrue(any('could not be saved' in w for w in r['warnings']), r['warnings'])
        self.assertEqual(s.stop(), 0)

    def test_two_on_one_folder(self):
        s = Server()
        r = cli('serve', '--port', '0', '--data', s.data, '--model', TINY)
        self.assertEqual((r.returncode, r.stdout), (1, b''))
        self.assertRegex(r.stderr.decode(), f'in use by process {s.p.pid}\n')
        r = cli('rank', '--catalog', 'jobs', '--data', s.data, '--model', TINY)
        self.assertEqual(r.returncode, 1)
        self.assertIn('over HTTP', r.stderr.decode())
        r = cli('serve', '--port', str(s.port), '--data', folder('other'), '--model', TINY)
        self.assertEqual((r.returncode, r.stdout), (1, b''))
        self.assertIn(f'port {s.port}', r.stderr.decode())
        self.assertNotRegex(r.stderr.decode(), '; *\n', 'a line ends in the middle of a sentence')
        self.assertEqual(s.stop(), 0)

    def test_bad_models(self):
        data = folder('data')
        broken = data + '/broken.gguf'
        whole = pathlib.Path(TINY).read_bytes()
        for content, said in ((None, 'no'), (b'', ''), (b'GGUF', ''), (whole[:20000], ''), (b'x' * 4000, 'magic')):
            if content is not None:
                pathlib.Path(broken).write_bytes(content)
            r = cli('serve', '--port', '0', '--data', data, '--model', broken)
            self.assertEqual((r.returncode, r.stdout), (1, b''), content and content[:10])
            last = r.stderr.decode().splitlines()
            said_it = [x for x in last if x.startswith('taproom: the model cannot be loaded: ')]
            self.assertEqual(len(said_it), 1, last)
        r = cli('serve', '--port', '0', '--data', data)
        self.assertEqual(r.returncode, 1)
        self.assertIn('setup', r.stderr.decode())

    def test_token(self):
        r = cli('serve', '--port', '0', '--data', folder('d'), '--model', TINY, '--host', '0.0.0.0')
        self.assertEqual(r.returncode, 1)
        self.assertIn('token', r.stderr.decode())
        s = Server('--token', 'a-long-enough-token-1')
        self.refused(s.call('GET', '/api/catalogs'), 401)
        self.assertEqual(s.call('GET', '/api/catalogs', headers={'Authorization': 'Bearer a-long-enough-token-1'})[0], 200)
        self.assertEqual(s.call('GET', '/')[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_not_ready_yet(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        s = Server.__new__(Server)
        s.port, s.data, s.log = port, folder('data'), open(os.devnull, 'wb')
        s.p = subprocess.Popen([TAPROOM, 'serve', '--port', str(port), '--data', s.data, '--model', TINY],
                               stdout=subprocess.PIPE, stderr=s.log, env=ENV)
        SERVERS.append(s.p)
        seen, until = [], time.monotonic() + 60
        while 200 not in seen and time.monotonic() < until:
            try:
                answer = s.call('GET', '/api/health/ready')
            except OSError:
                continue
            seen.append(answer[0])
            if answer[0] == 503:
                self.assertIn('model', self.refused(answer, 503, 'busy')['message'])
                self.assertEqual(s.call('GET', '/api/health/live')[0], 200)
        self.assertEqual(seen[-1:], [200])
        self.assertIn(503, seen, 'health was never asked before the model was there')
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
