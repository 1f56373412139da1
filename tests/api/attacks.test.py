"""What has broken or stopped the server once, and no other test has: many at once, silent ones, damaged files, bodies that are
nearly right. TAPROOM_CROWD=1000 for as many as there were: python3 attacks.test.py TAPROOM [unittest arguments].
"""
import copy
import json
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

from harness import Case, ENV, ROOT, SERVERS, Server, Shared, TAPROOM, TINY, fill, folder, main

CROWD = int(os.environ.get('TAPROOM_CROWD', '200'))
FLIPS = int(os.environ.get('TAPROOM_FLIPS', '60'))
SEED = int(os.environ.get('TAPROOM_SEED', '7'))


class Many(Shared):
    def timed(self, path):
        began = time.monotonic()
        code = self.s.call('GET', path)[0]
        return code, time.monotonic() - began

    def test_rankings_at_once(self):
        """Each is answered, or told when to come back; whoever does so is answered; others notice little."""
        body = {'instruction': 'sea', 'candidates': ['i1', 'i2'], 'save': False, 'top': 1}
        got, lock = [], threading.Lock()

        def one():
            until = time.monotonic() + 300
            while time.monotonic() < until:
                code, answer, headers = self.s.rank(**body)
                with lock:
                    got.append((code, headers['Retry-After']))
                if code == 200:
                    return
                time.sleep(int(headers['Retry-After']))
        threads = [threading.Thread(target=one) for _ in range(CROWD)]
        for t in threads:
            t.start()
        waits = [self.timed('/api/health/live') for _ in range(20)]
        for t in threads:
            t.join()
        codes = [c for c, _ in got]
        print(f'{CROWD} rankings at once: {codes.count(503)} times told to come back, live within {max(t for _, t in waits):.2f} s')
        self.assertEqual(codes.count(200), CROWD)
        self.assertLessEqual(set(codes), {200, 503})
        for code, again in got:
            if code == 503:
                self.assertRegex(again, '^[1-9][0-9]?$')
        self.assertEqual({c for c, _ in waits}, {200})
        self.assertLess(sorted(t for _, t in waits)[-2], 5)

    def test_silent_connections(self):
        """Two hundred that say nothing, or half a head, hold nobody up for long, and are let go of."""
        idle = []
        for k in range(200):
            c = socket.create_connection(('127.0.0.1', self.s.port))
            if k % 2:
                c.sendall(b'GET /api/hea')
            idle.append(c)
        code, took = self.timed('/api/health/live')
        print(f'beside 200 silent connections: {took:.1f} s')
        self.assertEqual(code, 200)
        self.assertLess(took, 25)
        code, took = self.timed('/api/health/live')
        self.assertLess(took, 10)
        for c in idle:
            c.close()


class Files(Case):
    def rank(self, s, **more):
        return s.rank(instruction='sea', candidates=['i1', 'i2'], save=False, **more)

    def test_model_name_is_no_text(self):
        raw = pathlib.Path(TINY).read_bytes()
        self.assertIn(b'tiny tied', raw)
        model = pathlib.Path(folder('model'), 'm.gguf')
        model.write_bytes(raw.replace(b'tiny tied', b'ti\xffy \xc3ied'))
        s = Server('--model', str(model))
        fill(s, n=6)
        for path in ('/api/model', '/api/models', '/metrics', '/api/health/ready'):
            self.assertEqual(s.call('GET', path)[0], 200, path)
        code, r, _ = s.rank(instruction='sea', candidates=['i1', 'i2'])
        self.assertEqual(code, 200)
        self.assertEqual(s.call('GET', '/api/runs/' + r['run'])[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_model_goes_while_serving(self):
        """Written anew in place, cut, and removed while it is listed and ranks: the old one goes on."""
        cache = folder('cache')
        os.mkdir(cache + '/models')
        model = pathlib.Path(cache, 'models', 'other.gguf')
        shutil.copy(TINY, model)
        raw = model.read_bytes()
        s = Server('--cache', cache, '--model', str(model))
        fill(s, n=6)
        code, first, _ = self.rank(s)
        self.assertEqual(code, 200)
        going = True

        def write():
            k = 0
            while going:
                k += 1
                with open(model, 'r+b') as f:
                    f.truncate(k * 977 % len(raw))
                    f.seek(0)
                    f.write(raw[:k * 1499 % len(raw)])
        t = threading.Thread(target=write)
        t.start()
        try:
            for _ in range(60):
                self.assertEqual(s.call('GET', '/api/models')[0], 200)
        finally:
            going = False
            t.join()
        model.unlink()
        self.assertEqual(s.call('GET', '/api/models')[0], 200)
        code, again, _ = self.rank(s)
        self.assertEqual((code, again['items']), (200, first['items']))
        self.assertEqual(s.stop(), 0)

    @unittest.skipIf(os.geteuid() == 0 and not os.path.exists('/usr/bin/setpriv'), 'nobody to be')
    def test_folder_that_cannot_be_written(self):
        data = folder('data')
        os.chmod(data, 0o555)
        for at in pathlib.Path(data).parents:  # for whom root becomes
            if at.name.startswith('taproom-api-'):
                os.chmod(at, 0o755)
        as_nobody = ['setpriv', '--reuid', '65534', '--clear-groups'] if os.geteuid() == 0 else []
        if as_nobody and subprocess.run([*as_nobody, 'test', '-x', TAPROOM], check=False).returncode != 0:
            self.skipTest('the program lies where only root can go')
        r = subprocess.run([*as_nobody, TAPROOM, 'serve', '--port', '0', '--data', data, '--model', TINY], env=ENV,
                           capture_output=True, timeout=60)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertIn(data.encode(), r.stderr)
        self.assertNotIn(b'internal', r.stderr)

    def test_flipped_dumps(self):
        """Any byte of a dump changed, or its end cut off: refused, or taken and readable; the store is never half."""
        r = random.Random(SEED)
        s = Server()
        for name in ('jobs', 'listings'):
            s.call('DELETE', '/api/catalogs/' + name)
        fill(s, n=6)
        self.assertEqual(s.rank(instruction='sea', top=2)[0], 200)
        c = s.connect()
        c.request('GET', '/api/dump')
        good = c.getresponse().read()
        codes = []
        for k in range(FLIPS):
            bad = bytearray(good)
            for _ in range(r.choice((1, 1, 8, 200))):
                bad[r.randrange(len(bad))] = r.randrange(256)
            if k % 5 == 0:
                del bad[r.randrange(len(bad)):]
            code = s.call('POST', '/api/restore?replace=1', bytes(bad), 'application/vnd.sqlite3')[0]
            codes.append(code)
            self.assertIn(code, (200, 422))
            for path in ('/api/catalogs', '/api/runs', '/api/catalogs/small/items?limit=9', '/api/catalogs/small/members'):
                self.assertLess(s.call('GET', path)[0], 500, (k, path))
        print(f'{FLIPS} changed dumps (seed {SEED}): {codes.count(422)} refused')
        self.assertGreater(codes.count(422), FLIPS // 10)  # a changed letter of a text is no damage
        self.assertEqual(s.call('POST', '/api/restore?replace=1', good, 'application/vnd.sqlite3')[0], 200)
        self.assertEqual(self.rank(s)[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_flipped_databases(self):
        """A database with changed bytes is opened, or named with what to do; nothing ends by a signal."""
        r = random.Random(SEED)
        s = Server()
        fill(s, n=200)
        self.assertEqual(s.stop(), 0)
        path = pathlib.Path(s.data, 'taproom.db')
        d = sqlite3.connect(path)
        d.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        d.close()
        good, ended = path.read_bytes(), []
        for k in range(max(FLIPS // 5, 6)):
            data = folder('flipped')
            bad = bytearray(good)
            for _ in range(r.choice((1, 30, 3000))):
                bad[r.randrange(len(bad))] = r.randrange(256)
            pathlib.Path(data, 'taproom.db').write_bytes(bytes(bad))
            try:
                s = Server(data=data)
            except AssertionError:
                said = pathlib.Path(data + '.log').read_text(errors='replace')
                self.assertIn('taproom', said)
                self.assertRegex(said, 'repair|restore|dump')
                self.assertEqual(SERVERS[-1].returncode, 1)
                ended.append(1)
                continue
            for at in ('/api/catalogs', '/api/catalogs/small/items?limit=50&q=sea', '/api/runs', '/api/dump', '/metrics'):
                s.call('GET', at)  # of what is damaged an error may come; an end may not
            self.assertEqual(s.call('GET', '/api/health/live')[0], 200)
            self.assertEqual(s.stop(), 0)
            ended.append(0)
        print(f'{len(ended)} changed databases (seed {SEED}): {sum(ended)} not opened')
        self.assertTrue(ended)


def nearly(body, r):
    """A body with one thing of it changed."""
    odd = [None, True, -1, 0, 1e300, 2**62, 0.5, '', 'x', '\x00', '\u202e\ufeff', 'a' * 20_000, [], {}, [[]], [None], {'a': 1},
           ['x'] * 600, '=1', '../x', {'item': 'i1'}, [{'text': 'x', 'sign': 9}]]
    body = copy.deepcopy(body)
    at, key, places = body, None, []

    def walk(x):
        for k, v in (x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ()):
            places.append((x, k))
            walk(v)
    walk(body)
    if not places or r.random() < .1:
        return r.choice(odd)
    at, key = r.choice(places)
    what = r.random()
    if what < .7:
        at[key] = r.choice(odd)
    elif what < .85:
        del at[key]
    elif isinstance(at, dict):
        at[r.choice(('x', 'Catalog', 'top', 'items', '__proto__'))] = r.choice(odd)
    return body


class Bodies(Shared):
    """Each call that takes JSON gets its documented examples with something changed: no 500, and the server lives."""

    def test_nearly_right(self):
        api = json.loads((ROOT / 'server/api/openapi.yaml').read_text())
        r, codes = random.Random(SEED), {}
        here = {'name': 'small', 'id': '1', 'member': 'm1'}
        for path, calls in api['paths'].items():
            for method, call in calls.items():
                form = call.get('requestBody', {}).get('content', {}).get('application/json') if isinstance(call, dict) else None
                if not form or path in ('/api/session', '/api/models/default', '/api/brews') or method == 'parameters':
                    continue
                examples = [x for x in [form.get('example'), *(v.get('value') for v in form.get('examples', {}).values())] if x is not None]
                at = path.format_map({**here, 'id': 'r-0123456789abcdef' if '/runs/' in path else '1'})
                for example in examples:
                    if isinstance(example, dict) and 'catalog' in example:
                        example = {**example, 'catalog': 'small'}
                    for k in range(12):
                        body = json.dumps(nearly(example, r))
                        if k == 11:  # and as text
                            n = r.randrange(len(body))
                            body = body[:n] + r.choice('{}[]":,\\\x01é0') + body[n + 1:]
                        code, answer, _ = self.s.call(method.upper(), at, body)
                        codes[code] = codes.get(code, 0) + 1
                        self.assertNotIn(code, (500, 501, 502), (method, path, body[:300], answer))
        print(f'{sum(codes.values())} bodies (seed {SEED}): {dict(sorted(codes.items()))}')
        self.assertGreater(codes.get(422, 0) + codes.get(400, 0), 50)
        self.assertEqual(self.s.rank(instruction='sea', top=1)[0], 200)


if __name__ == '__main__':
    main()
