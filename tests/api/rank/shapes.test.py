"""The shapes in which other servers' clients ask and want to be answered, right and wrong ones, as tables:
python3 shapes.test.py TAPROOM [unittest arguments].
"""
import base64
import http.client
import json
import os
import struct

from dialect import Dialect, DialectCase
from harness import ENV, ROOT, TINY, Case, cli, folder, main

DOCS = ['the boat on the sea', 'a door in the wall', 'of tea']
ASK = {'query': 'sea', 'documents': DOCS}
TEI = {'query': 'sea', 'texts': DOCS}
EVERYWHERE = ('/rerank', '/reranking', '/v1/rerank', '/v1/reranking', '/v2/rerank')

# Keys of an answer: of the whole, of an element of its list, the list's name.
ENVELOPE = {'id', 'object', 'model', 'results', 'meta', 'usage', 'warnings'}
VOYAGE = {'object', 'model', 'data', 'usage', 'warnings'}
RIGHT = [
    # client, request, whole, list, element
    ('Cohere v1', {**ASK, 'model': 'rerank-v3.5'}, ENVELOPE, 'results', {}),
    ('Cohere v1, objects', {**ASK, 'documents': [{'text': d} for d in DOCS], 'return_documents': True}, ENVELOPE,
     'results', {'document': {'text'}}),
    ('Cohere v1, fields', {**ASK, 'documents': [{'a': d, 'b': 'x'} for d in DOCS], 'rank_fields': ['a'],
                           'return_documents': True}, ENVELOPE, 'results', {'document': {'a', 'b', 'text'}}),
    ('Cohere v1, all', {**ASK, 'top_n': 3, 'max_chunks_per_doc': 10, 'return_documents': False}, ENVELOPE, 'results',
     {}),
    ('Cohere v2', {**ASK, 'model': 'rerank-v4', 'max_tokens_per_doc': 4096, 'top_n': None}, ENVELOPE, 'results', {}),
    ('Jina', {**ASK, 'model': 'jina-reranker-v2-base-multilingual', 'top_n': 3, 'return_documents': True}, ENVELOPE,
     'results', {'document': {'text'}}),
    ('llama.cpp', {**ASK, 'top_n': 3}, ENVELOPE, 'results', {}),
    ('vLLM', {**ASK, 'model': 'BAAI/bge-reranker-base', 'truncate_prompt_tokens': None}, ENVELOPE, 'results', {}),
    ('Infinity', {**ASK, 'raw_scores': False, 'return_documents': False}, ENVELOPE, 'results', {}),
    ('Voyage', {**ASK, 'model': 'rerank-2.5', 'top_k': None, 'truncation': True}, VOYAGE, 'data', {}),
    ('Voyage, top', {**ASK, 'top_k': 3, 'return_documents': True}, VOYAGE, 'data', {'document': str}),
    ('TEI', TEI, None, None, {}),
    ('TEI, all', {**TEI, 'raw_scores': True, 'return_text': True, 'truncate': True, 'truncation_direction': 'Right'},
     None, None, {'text': str}),
]
# What is wrong, and the field that the error must name.
WRONG = [
    ({'documents': DOCS}, 'query'), ({**ASK, 'query': ' '}, 'query'), ({**ASK, 'query': ['sea']}, 'query'),
    ({'texts': DOCS}, 'query'), ({'query': 'sea'}, 'documents'), ({**ASK, 'documents': []}, 'documents'),
    ({**ASK, 'documents': 'x'}, 'documents'), ({**ASK, 'documents': ['x', 5]}, 'documents[1]'),
    ({**ASK, 'documents': ['x', {'image': 'y'}]}, 'documents[1]'), ({**ASK, 'texts': DOCS}, 'texts'),
    ({**TEI, 'texts': []}, 'texts'), ({**TEI, 'texts': [None]}, 'texts[0]'),
    ({**TEI, 'raw_scores': 'yes'}, 'raw_scores'), ({**TEI, 'return_text': 1}, 'return_text'),
    ({**TEI, 'truncate': 'left'}, 'truncate'), ({**TEI, 'texts': ['word ' * 200], 'truncate': False}, 'texts[0]'),
    ({**ASK, 'top_n': -1}, 'top_n'), ({**ASK, 'top_k': '2'}, 'top_k'), ({**ASK, 'top_n': 1, 'top_k': 2}, 'top_k'),
    ({**ASK, 'truncation': 0}, 'truncation'), ({**ASK, 'return_documents': 'no'}, 'return_documents'),
    ({**ASK, 'documents': ['word ' * 200], 'truncation': False}, 'documents[0]'),
    ({**ASK, 'rank_fields': 'text'}, 'rank_fields'), ({**ASK, 'rank_fields': [1]}, 'rank_fields[0]'),
    ({**ASK, 'max_tokens_per_doc': 0}, 'max_tokens_per_doc'), ({**ASK, 'max_chunks_per_doc': 'x'}, 'max_chunks_per_doc'),
    ({**ASK, 'model': 5}, 'model'),
]


class Rerank(DialectCase):
    def test_right(self):
        whole = {r['index']: r for r in self.s.rerank(**ASK)['results']}
        for path in EVERYWHERE:
            for client, request, keys, name, more in RIGHT:
                with self.subTest(client=client, path=path):
                    code, got = self.s.ask(path, request)
                    self.assertEqual(code, 200, got)
                    self.assertEqual(set(got) if keys else type(got), keys or list)
                    rows = got[name] if name else got
                    score = 'relevance_score' if name else 'score'
                    self.assertEqual([set(r) for r in rows],
                                     [{'index', score, *(['raw_score'] if name else []), *more}] * 3)
                    raw = request.get('raw_scores')
                    self.assertEqual([(r['index'], r[score]) for r in rows],
                                     [(i, w['raw_score'] if raw else w['relevance_score']) for i, w in whole.items()])
                    for r in rows:
                        for field, kind in more.items():
                            if kind is str:
                                self.assertEqual(r[field], DOCS[r['index']])
                            else:
                                self.assertEqual((set(r[field]), r[field]['text']), (kind, DOCS[r['index']]))

    def test_wrong(self):
        for path in EVERYWHERE:
            for request, field in WRONG:
                with self.subTest(path=path, field=field):
                    self.denied(path, request, field)
            self.assertEqual(self.s.ask(path, None, method='GET')[0], 405)
            self.assertEqual(self.s.ask(path, '{}', type='text/plain')[0], 415)

    def test_envelope(self):
        for path in EVERYWHERE:
            got = self.s.ask(path, {**ASK, 'documents': ['x'] * 101, 'priority': 1})[1]
            self.assertRegex(got['id'], r'^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$')
            self.assertEqual(got['meta'], {
                'api_version': {'version': '2' if 'v2' in path else '1'}, 'billed_units': {'search_units': 2},
                'tokens': {'input_tokens': got['usage']['prompt_tokens'], 'output_tokens': 0},
                'warnings': ['priority is not supported by this server and was ignored']})
        ids = {self.s.ask('/v1/rerank', {**ASK, 'top_n': n})[1]['id'] for n in (1, 1, 2)}
        self.assertEqual(len(ids), 2)
        self.assertEqual(self.s.ask('/v1/rerank', {**ASK, 'documents': ['x'] * 100})[1]['meta']['billed_units'],
                         {'search_units': 1})

    def test_a_page_is_no_call(self):
        self.assertEqual(self.s.ask('/rerank/x', ASK)[0], 404)
        self.assertEqual(self.s.ask('/rerankers', ASK)[0], 404)


class Http(DialectCase):
    def send(self, body, headers, path='/v1/rerank'):
        c = self.s.connect()
        c.request('POST', path, body, headers)
        r = c.getresponse()
        got = r.status, json.loads(r.read())
        c.close()
        return got

    def test_content_types(self):
        want = self.s.ask('/v1/rerank', ASK)
        for kind in ('application/json', 'application/json; charset=utf-8', 'application/json;charset=utf8',
                     'application/json; charset="UTF8"', "Application/JSON ; charset='utf-8'; v=1", 'text/json',
                     'application/vnd.api+json', 'application/json; charset=us-ascii'):
            self.assertEqual(self.send(json.dumps(ASK), {'Content-Type': kind}), want, kind)
        for kind in ('text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16',
                     'application/json; charset=latin1', 'multipart/form-data; boundary=json', 'json'):
            self.assertEqual(self.send(json.dumps(ASK), {'Content-Type': kind})[0], 415, kind)

    def test_chunks(self):
        want = self.s.ask('/v1/rerank', ASK)
        raw, kind = json.dumps(ASK).encode(), {'Content-Type': 'application/json'}
        for n in (1, 3, 1000):
            parts = (raw[i:i + n] for i in range(0, len(raw), n))  # without a length: http.client sends chunks
            self.assertEqual(self.send(parts, kind), want)
        self.assertEqual(self.send((b'[' for _ in range(3)), kind)[0], 400)
        code, got = self.send((b' ' * 65536 for _ in range(65)), kind)
        self.assertEqual((code, got['error']['code']), (413, 'limit'))
        rows = ''.join(json.dumps({'id': f'i{k}', 'title': f't{k}'}) + '\n' for k in range(500)).encode()
        code, got = self.send((rows[i:i + 999] for i in range(0, len(rows), 999)),
                              {'Content-Type': 'application/x-ndjson'}, '/api/catalogs?name=chunks')
        self.assertEqual((code, got['kept']), (200, 500))

    def test_expect_continue(self):
        c = self.s.connect()
        raw = json.dumps(ASK).encode()
        c.putrequest('POST', '/v1/rerank')
        for k, v in (('Content-Type', 'application/json'), ('Content-Length', str(len(raw))),
                     ('Expect', '100-continue')):
            c.putheader(k, v)
        c.endheaders()
        self.assertTrue(c.sock.recv(25).startswith(b'HTTP/1.1 100 Continue'))
        c.send(raw)
        r = c.getresponse()
        self.assertEqual((r.status, json.loads(r.read())), self.s.ask('/v1/rerank', ASK))
        c.close()

    def test_refused_whole_bodies(self):
        """http.client sends all of a body before it reads: the refusal must still reach it."""
        for n in (5 << 20, 30 << 20):
            code, got = self.send(b' ' * n, {'Content-Type': 'application/json'})
            self.assertEqual((code, got['error']['code']), (413, 'limit'))


class Hosts(Case):
    TOKEN = 'a-long-enough-token-1'

    def codes(self, s, *hosts, **more):
        got = []
        for host in hosts:
            c = http.client.HTTPConnection('127.0.0.1', s.port, timeout=30)
            c.request('POST', '/v1/rerank', json.dumps(ASK), {
                'Host': host.replace('PORT', str(s.port)), 'Content-Type': 'application/json',
                'Authorization': f'Bearer {self.TOKEN}', **more})
            r = c.getresponse()
            body = r.read().decode()
            got.append(r.status)
            if r.status == 403:
                self.assertIn('--allow-host NAME', json.loads(body)['error']['hint'])
            c.close()
        return got

    HOSTS = ('127.0.0.1:PORT', 'localhost:PORT', 'taproom:PORT', 'rank.example.org', 'rank.example.org.evil')

    def test_no_names(self):
        s = Dialect('tied', '--token', self.TOKEN)
        self.assertEqual(self.codes(s, *self.HOSTS), [200, 200, 403, 403, 403])
        self.assertEqual(self.codes(s, 'localhost:PORT', Origin='https://rank.example.org'), [403])
        self.assertEqual(s.stop(), 0)

    def test_names(self):
        s = Dialect('tied', '--token', self.TOKEN, '--allow-host', 'taproom, x.y', '--allow-host=Rank.example.org')
        self.assertEqual(self.codes(s, *self.HOSTS, 'x.y:9'), [200, 200, 200, 200, 403, 200])
        self.assertEqual(self.codes(s, 'rank.example.org', 'localhost:PORT', Origin='https://rank.example.org'),
                         [200, 200])
        self.assertEqual(self.codes(s, 'rank.example.org', Origin='https://evil.example.org'), [403])
        self.assertEqual(s.stop(), 0)

    def test_environment(self):
        ENV['TAPROOM_ALLOW_HOST'] = 'taproom,rank.example.org'
        try:
            s = Dialect('tied', '--token', self.TOKEN)
        finally:
            del ENV['TAPROOM_ALLOW_HOST']
        self.assertEqual(self.codes(s, *self.HOSTS), [200, 200, 200, 200, 403])
        self.assertEqual(s.stop(), 0)

    def test_no_names_of_hosts(self):
        for bad in ('*', 'http://x', 'a b', 'x:0', 'x:y'):
            got = cli('serve', '--port', '0', '--data', folder('data'), '--model', TINY, '--allow-host', bad)
            self.assertNotEqual(got.returncode, 0)
            self.assertIn(f"--allow-host takes a NAME or NAME:PORT, not '{bad}'", got.stderr.decode())


class Models(DialectCase):
    def test_list(self):
        code, got = self.s.ask('/v1/models', None, method='GET')
        self.assertEqual((code, got['object']), (200, 'list'))
        self.assertEqual([set(m) for m in got['data']], [{'id', 'object', 'created', 'owned_by'}] * len(got['data']))
        self.assertIn('tied', [m['id'] for m in got['data']])
        for m in got['data']:
            self.assertEqual(self.s.ask('/v1/models/' + m['id'], None, method='GET'), (200, m))
        self.assertGreater(next(m['created'] for m in got['data'] if m['id'] == 'tied'), 10 ** 9)
        code, got = self.s.ask('/v1/models/nothing', None, method='GET')
        self.assertEqual((code, got['error']['field']), (404, 'model'))

    def test_without_an_encoder(self):
        code, got = self.s.ask('/v1/embeddings', {'input': 'x'})
        self.assertEqual((code, got['error']['code']), (404, 'not_found'))
        self.assertIn('setup', got['error']['hint'])


class Embeddings(DialectCase):
    @classmethod
    def setUpClass(cls):
        cache = folder('cache')
        os.mkdir(cache + '/models')
        os.symlink(ROOT / 'fixtures/embedding/tiny', cache + '/models/all-minilm-l6-v2')
        cls.s = Dialect('tied', '--cache', cache)

    def embed(self, **request):
        code, got = self.s.ask('/v1/embeddings', request)
        self.assertEqual(code, 200, got)
        return got

    def vectors(self, **request):
        return [d['embedding'] for d in self.embed(**request)['data']]

    def test_shape(self):
        got = self.embed(input=['a film', 'the sea'])
        self.assertEqual(set(got), {'object', 'model', 'data', 'usage', 'warnings'})
        self.assertEqual((got['object'], got['model'], got['warnings']), ('list', 'all-minilm-l6-v2', []))
        self.assertEqual([(d['object'], d['index']) for d in got['data']], [('embedding', 0), ('embedding', 1)])
        for v in (d['embedding'] for d in got['data']):
            self.assertLess(abs(sum(x * x for x in v) - 1), 1e-5)
        self.assertEqual(self.embed(input='a', model='text-embedding-3-small')['model'], 'text-embedding-3-small')
        self.assertIn('all-minilm-l6-v2', [m['id'] for m in self.s.ask('/v1/models', None, method='GET')[1]['data']])

    def test_alone_and_among_others(self):
        words = 'a film about grief and winter slow quiet the sea'.split()  # the tiny encoder knows no others
        texts = [f'{words[k // 10]} {words[k % 10]} {words[k * 7 % 9]}' for k in range(50)]
        whole = self.vectors(input=texts)
        self.assertEqual(len({tuple(v) for v in whole}), 50)
        self.assertEqual(self.vectors(input=texts[::-1]), whole[::-1])
        self.assertEqual(self.vectors(input=texts[7]), [whole[7]])
        self.assertEqual(self.vectors(input=[texts[7]]), [whole[7]])

    def test_base64(self):
        for text in ('a film', 'the quiet sea', 'winter'):
            plain, = self.vectors(input=text, encoding_format='float')
            packed, = self.vectors(input=text, encoding_format='base64')
            raw = base64.b64decode(packed, validate=True)
            self.assertEqual(len(raw), 4 * len(plain))
            self.assertEqual(raw, struct.pack(f'<{len(plain)}f', *plain))

    def test_usage_and_cuts(self):
        one, two = (self.embed(input=x)['usage']['prompt_tokens'] for x in ('a', ['a', 'a']))
        self.assertEqual(two, 2 * one)
        self.assertGreaterEqual(one, 3)  # a mark before and one after it
        got = self.embed(input=['a', 'a ' * 2000])
        self.assertRegex(got['warnings'][0], r'^input\[1\] is cut after [0-9]+ tokens')

    def test_wrong(self):
        def wrong(field, **request):
            return self.denied('/v1/embeddings', {'input': 'x', **request}, field)
        for bad in (None, [], '', {}, True, ['x'] * 2049):
            wrong('input', input=bad)
        for bad in ('', None, {}, True):
            wrong('input[1]', input=['x', bad])
        for ids in ([1, 2, 3], [[1, 2], [3]]):
            self.assertIn('token ids', wrong('input[0]', input=ids)['message'])
        self.assertIn('token ids', wrong('input', input=5)['message'])
        for bad in ('int8', 5, ['float']):
            wrong('encoding_format', encoding_format=bad)
        width = len(self.vectors(input='x', dimensions=None)[0])
        self.assertEqual(self.vectors(input='x', dimensions=width), self.vectors(input='x'))
        for bad in (width - 1, str(width), 0):
            self.assertIn(str(width), wrong('dimensions', dimensions=bad)['message'])
        self.assertEqual(self.embed(input='x', user='u')['warnings'], [])
        self.assertIn('colour', self.embed(input='x', colour=1)['warnings'][0])


if __name__ == '__main__':
    main()
