"""What the tests of the HTTP interface share: a server on a free port, a small catalogue, the program's command line.

Each file beside this one is a program: python3 FILE TAPROOM [unittest arguments]. Most tests use the tiny models of
fixtures/tiny, whose numbers are random: shapes, codes, equality and cancelling do not depend on what a model knows.
Data folders are temporary.
"""
import contextlib
import html.parser
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = str(ROOT / 'fixtures/tiny/tied.gguf')
TAPROOM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else str(ROOT / 'build/taproom')
BASE = {k: v for k, v in os.environ.items() if not k.startswith('TAPROOM_')}
TEMP = tempfile.TemporaryDirectory(prefix='taproom-api-')
ENV = {**BASE, 'TAPROOM_CACHE': TEMP.name + '/no-cache', 'TAPROOM_THREADS': '1', 'OMP_NUM_THREADS': '1'}
NOTHING = object()
SERVERS = []  # processes, ended with the tests whatever happens
TEXT_MAX = 100_000  # bytes of an item's text


def folder(name):
    return tempfile.mkdtemp(prefix=name + '-', dir=TEMP.name)


class Server:
    """A running `taproom serve` on a free port."""

    def __init__(self, *options, data=None, **popen):
        self.data = data or folder('data')
        self.log = open(self.data + '.log', 'ab')
        self.p = subprocess.Popen(
            [TAPROOM, 'serve', '--port', '0', '--data', self.data, '--model', TINY, *options],
            stdout=subprocess.PIPE, stderr=popen.pop('stderr', self.log), env=ENV, **popen)
        SERVERS.append(self.p)
        line = self.p.stdout.readline().decode()
        found = re.fullmatch(r'Taproom is ready: http://127\.0\.0\.1:(\d+)\n', line)
        if not found:
            raise AssertionError(f'not ready: {line!r}, exit {self.p.wait(10)}')
        self.port = int(found[1])

    def connect(self, timeout=400):  # with sanitizers and a real model a ranking takes minutes
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)

    def call(self, method, path, body=None, type='application/json', headers=None):
        """(code, body as JSON where it is, headers)"""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        c = self.connect()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a refusal need not wait for the body
            c.request(method, path, body, {**({'Content-Type': type} if body is not None else {}), **(headers or {})})
        r = c.getresponse()
        raw = r.read()
        c.close()
        kind = r.headers['Content-Type'] or ''
        return r.status, json.loads(raw) if kind.startswith('application/json') else raw.decode(errors='replace'), r.headers

    def rank(self, **request):
        return self.call('POST', '/api/rank', {'catalog': 'small', **request})

    def events(self, request, path='/api/rank'):
        """Events of a streamed ranking, as (id, name, data)."""
        c = self.connect()
        c.request('POST', path, json.dumps(request),
                  {'Content-Type': 'application/json', 'Accept': 'text/event-stream'})
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        if not (r.headers['Content-Type'] or '').startswith('text/event-stream'):
            return r.status, json.loads(text)
        events = []
        for block in text.split('\n\n'):
            lines = [x.split(': ', 1) for x in block.split('\n') if x and not x.startswith(':')]
            if lines:
                fields = dict(lines)
                events.append((int(fields['id']), fields['event'], json.loads(fields['data'])))
        return r.status, events

    def stop(self, sig=signal.SIGTERM, within=20):
        if self.p.poll() is None:
            self.p.send_signal(sig)
        code = self.p.wait(within)
        self.p.stdout.close()
        self.log.close()
        return code


WORDS = 'quiet grief sea robots funny door night harvest letter winter lamp boat'.split()


def rows(n, text=None):
    return [{'id': f'i{k}', 'title': f'Title {k} {WORDS[k % 12]}', 'tags': [WORDS[k % 5], WORDS[k % 7]],
             'text': text or f'About {WORDS[k % 11]} and {WORDS[k % 3]}.', 'popularity': 1000 - k, 'place': f'p{k}'}
            for k in range(n)]


def lines(values):
    return ''.join(json.dumps(v) + '\n' for v in values)


def fill(server, name='small', n=40, text=None):
    code, body, _ = server.call('POST', f'/api/catalogs?name={name}', lines(rows(n, text)), 'application/x-ndjson')
    assert code == 200 and body['stored'], body
    members = [{'id': 'm1', 'name': 'Ada', 'profile': 'likes the sea'}, {'id': 'm2'}]
    code, body, _ = server.call('POST', f'/api/catalogs/{name}/members', lines(members), 'application/x-ndjson')
    assert code == 200 and body['kept'] == 2, body
    acts = 'member,item,rating,at\nm1,i3,5,2020-01-02\nm1,i4,1,2020-01-03\nm1,i5,3,2020-01-04\n'
    code, body, _ = server.call('POST', f'/api/catalogs/{name}/interactions', acts, 'text/csv')
    assert code == 200 and body['kept'] == 3, body


def cli(*args, env=None, stdin=None, timeout=120):
    return subprocess.run([TAPROOM, *args], env={**ENV, **(env or {})}, input=stdin, capture_output=True,
                          timeout=timeout)


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: tags, attributes, and each text between two tags."""
    EMPTY = {'meta', 'br'}

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.ids, self.texts, self.left_open = set(), set(), [], [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {k for k, _ in attrs}
        self.links += [v for k, v in attrs if k == 'href']
        self.ids += [v for k, v in attrs if k == 'id']
        if tag not in self.EMPTY:
            self.left_open.append(tag)

    def handle_endtag(self, tag):
        assert self.left_open and self.left_open[-1] == tag, (tag, self.left_open)
        self.left_open.pop()

    def handle_data(self, data):
        self.texts.add(data)


class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, answer, code, name=None, field=NOTHING, line=NOTHING):
        got, body, headers = answer
        self.assertEqual(got, code, body)
        self.assertEqual(set(body), {'error'})
        self.assertEqual(set(body['error']), {'code', 'message', 'field', 'line', 'hint'})
        self.assertTrue(body['error']['message'])
        if name:
            self.assertEqual(body['error']['code'], name, body)
        if field is not NOTHING:
            self.assertEqual(body['error']['field'], field, body)
        if line is not NOTHING:
            self.assertEqual(body['error']['line'], line, body)
        if code == 503:
            self.assertRegex(headers['Retry-After'], '^[1-9][0-9]?$')
        return body['error']


class Shared(Case):
    """Tests on one server with the catalogue `small`."""

    @classmethod
    def setUpClass(cls):
        cls.s = Server()
        fill(cls.s)

    @classmethod
    def tearDownClass(cls):
        code = cls.s.stop()
        assert code == 0, code

    def put_items(self, name, body, kind='application/x-ndjson', more=''):
        return self.s.call('POST', f'/api/catalogs?name={name}{more}', body, kind)


def main():
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, TEMP.name, True)
        stack.callback(lambda: [p.kill() for p in SERVERS if p.poll() is None])
        unittest.main(verbosity=2)
