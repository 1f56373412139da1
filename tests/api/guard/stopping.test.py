"""SIGTERM ends everything that takes long within two seconds: python3 stopping.test.py TAPROOM [unittest arguments]."""
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time

from harness import Case, ENV, ROOT, SERVERS, TAPROOM, Server, folder, lines, main, rows

WITHIN_S = 2.5 if os.environ.get('TAPROOM_STRICT') else 8  # with sanitizers, beside other tests
WEIGHTS = pathlib.Path(os.path.expanduser('~/.cache/taproom/models/smollm2-135m-instruct-q4_1.gguf'))


def interactions(members, items, each):
    r = random.Random(7)
    return 'member,item,rating,at\n' + ''.join(
        f'm{m},i{i},{r.choice((1, 2, 4, 5))},{2000 + k}-01-01\n'
        for m in range(members) for k, i in enumerate(r.sample(range(items), each)))


class Stopping(Case):
    def start(self, *options):
        return Server(*options)

    def put(self, s, items, members=0, each=0, text=None):
        code, body, _ = s.call('POST', '/api/catalogs?name=big', lines(rows(items, text)), 'application/x-ndjson')
        self.assertTrue(body['stored'], body)
        if members:
            code, body, _ = s.call('POST', '/api/catalogs/big/interactions', interactions(members, items, each), 'text/csv')
            self.assertTrue(body['stored'], body)

    def ends(self, s, method, path, body, kind='application/json', after=1.0, still=True):
        """Stops in the middle of a call, which is answered with an error or cut, and not before. still=False: it may have
        ended by itself, where a machine is fast; what counts is that nothing keeps the process."""
        answer = []

        def call():
            try:
                answer.append(s.call(method, path, body, kind)[0])
            except OSError:
                answer.append(None)
        t = threading.Thread(target=call)
        t.start()
        time.sleep(after)
        if still:
            self.assertEqual(answer, [], 'the call is too short for this test')
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        took = time.monotonic() - began
        t.join()
        print(f'{path}: stopped in {took:.1f} s, answered {answer[0]}')
        self.assertLess(took, WITHIN_S)
        if still:
            self.assertNotEqual(answer[0], 200)

    def test_ranking(self):
        s = self.start()
        self.put(s, 500, text='word ' * 100)
        self.ends(s, 'POST', '/api/rank', {'catalog': 'big', 'instruction': 'quiet boats and the sea, less robots',
                                           'candidates': {'retrieve': 'all', 'count': 500}}, after=.4)

    def test_ease(self):
        s = self.start()
        self.put(s, 4000, 800, 40)
        self.ends(s, 'POST', '/api/rank', {'catalog': 'big', 'member': 'm1', 'baselines': ['ease'], 'candidates': ['i1', 'i2']})

    def test_calibration(self):
        s = self.start()
        self.put(s, 300, 120, 40, text='word ' * 60)
        self.ends(s, 'POST', '/api/calibration', {'catalog': 'big', 'members': 100}, after=.3)

    def test_experiment(self):
        s = self.start()
        self.put(s, 300, 120, 40, text='word ' * 60)
        code, x, _ = s.call('POST', '/api/experiments', {'name': 'long', 'protocol': 'coldstart', 'catalog': 'big'})
        self.assertEqual(code, 200, x)
        time.sleep(2)
        x = s.call('GET', '/api/experiments/' + x['id'])[1]
        self.assertNotIn(x['state'], ('done', 'failed'), x)
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, WITHIN_S)

    def test_vectors(self):
        cache = folder('cache')
        os.mkdir(cache + '/models')
        os.symlink(ROOT / 'fixtures/embedding/tiny', cache + '/models/all-minilm-l6-v2')
        s = self.start('--cache', cache)
        self.put(s, 20000, text='quiet sea ' * 50)
        self.ends(s, 'POST', '/v1/embeddings', {'input': ['quiet sea ' * 200] * 2048}, after=.4, still=False)

    def test_upload_on_its_way(self):
        s = self.start()
        c = socket.create_connection(('127.0.0.1', s.port))
        body = lines(rows(2000)).encode()
        c.sendall(f'POST /api/catalogs?name=slow HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\nContent-Type: application/x-ndjson\r\n'
                  f'Content-Length: {len(body) + 10}\r\n\r\n'.encode() + body)
        time.sleep(1)
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, WITHIN_S)
        c.close()
        s = Server(data=s.data)
        self.refused(s.call('GET', '/api/catalogs/slow'), 404)
        self.assertEqual(s.stop(), 0)

    def test_import_being_stored(self):
        s = self.start()
        body = lines(rows(60000, 'quiet words about the sea ' * 6))
        self.ends(s, 'POST', '/api/catalogs?name=huge', body, 'application/x-ndjson', after=3)
        self.assertEqual([x for x in os.listdir(s.data) if x.endswith('.tmp')], [])
        s = Server(data=s.data)
        self.refused(s.call('GET', '/api/catalogs/huge'), 404)
        self.assertEqual(s.stop(), 0)

    def test_loading(self):
        if not WEIGHTS.exists():
            self.skipTest('no weights that take long to load')
        for after in (.05, .3):
            p = subprocess.Popen([TAPROOM, 'serve', '--port', '0', '--data', folder('d'), '--model', str(WEIGHTS)],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
            SERVERS.append(p)
            said = b''
            while b'Loading model' not in said:
                said += p.stderr.readline()
            time.sleep(after)
            began = time.monotonic()
            p.send_signal(signal.SIGTERM)
            out, _ = p.communicate(timeout=30)
            took = time.monotonic() - began
            print(f'loading: stopped in {took:.1f} s, code {p.returncode}')
            self.assertEqual((p.returncode, out), (0, b''))
            self.assertLess(took, WITHIN_S)


if __name__ == '__main__':
    main()
