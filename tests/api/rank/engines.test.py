"""Engines elsewhere behind the same page: python3 engines.test.py TAPROOM [unittest arguments].

The engines are tests/api/engines.py. What a real vLLM, SGLang or llama.cpp answers is not tested here.
"""
import json
import os
import pathlib
import threading
import time

import engines
import harness
from engines import Engines, KEY, Toy, Truth
from harness import Case, Server, TINY, cli, fill, folder, main

harness.ENV['TAPROOM_ENGINE_KEY'] = KEY
KINDS = ('vllm', 'oldvllm', 'sglang', 'taproom')
ORG = ',model=org/tiny'
WISH = {'instruction': 'quiet sea', 'save': False, 'seed': 3, 'surface': 'yn'}


def kind_of(kind):
    return {'oldvllm': 'vllm'}.get(kind, kind)


def traces(server):
    """All bytes that a server left: its log, its data."""
    files = [pathlib.Path(server.data + '.log'), *(p for p in pathlib.Path(server.data).rglob('*') if p.is_file())]
    return b''.join(p.read_bytes() for p in files)


def fill_small(server):
    """Few items, and a surface whose answers are one token each in the tiny vocabulary."""
    fill(server, n=6, text='Short.')
    assert server.call('PUT', '/api/surfaces/yn', {'answer_yes': 'y', 'answer_no': 'n'})[0] == 200


def tau(a, b):
    place = {x: i for i, x in enumerate(b)}
    pairs = [(i, j) for i in range(len(a)) for j in range(i)]
    return sum(1 if place[a[j]] < place[a[i]] else -1 for i, j in pairs) / len(pairs)


class Same(Case):
    """Rankings over engines that answer what the model here answers."""

    @classmethod
    def setUpClass(cls):
        cls.judge = Server('--precision', 'f32')
        cls.e = Engines(Truth(cls.judge))
        options = [cls.e.option(k, k, ORG, kind_of(k)) for k in (*KINDS, 'llama') if k != 'taproom']
        options += [f'--engine=taproom=http://127.0.0.1:{cls.judge.port}/']  # a real one
        cls.s = Server('--precision', 'f32', '--models', '6', *options)
        fill_small(cls.s)

    @classmethod
    def tearDownClass(cls):
        left = traces(cls.s)
        assert cls.s.stop() == 0 and cls.judge.stop() == 0
        cls.e.end()
        assert KEY.encode() not in left
        assert cls.e.keys == {'Bearer ' + KEY}, cls.e.keys

    def rank(self, **more):
        code, body, _ = self.s.rank(**{**WISH, **more})
        self.assertEqual(code, 200, body)
        return body

    def compare(self, readout, kind):
        here, there = self.rank(readout=readout), self.rank(readout=readout, model=kind)
        order = [[x['item'] for x in body['items']] for body in (here, there)]
        self.assertEqual(tau(*order), 1)
        for a, b in zip(here['items'], there['items']):
            self.assertLess(abs(a['score'] - b['score']), 2e-3, (a, b))
            self.assertLess(abs(a['logprob'] - b['logprob']), 2e-3, (a, b))

    def test_query(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.compare('query', kind)

    def test_relevance(self):
        for kind in (*KINDS, 'llama'):
            with self.subTest(kind):
                self.compare('relevance', kind)

    def test_llama_reads_labels_only(self):
        e = self.refused(self.s.rank(**WISH, readout='query', model='llama'), 422, 'unsupported')
        self.assertIn('cannot read the tokens of a prompt', e['message'])
        self.assertIn('relevance', e['hint'])

    def test_listed(self):
        self.rank(readout='relevance', model='llama')
        self.rank(readout='relevance', model='vllm')
        code, body, _ = self.s.call('GET', '/api/models')
        self.assertEqual((code, body['default']), (200, 'tied'))
        m = {x['id']: x for x in body['models']}
        self.assertEqual([m[k]['remote'] for k in ('tied', 'vllm', 'llama')], [False, True, True])
        self.assertEqual(m['tied'].get('reads'), None)
        self.assertEqual(m['vllm']['reads'], 'prompt tokens and labels')
        self.assertEqual(m['llama']['reads'], 'labels')
        self.assertEqual((m['vllm']['backend'], m['vllm']['code'], m['vllm']['name']), ('vllm', 'vLLM', 'org/tiny on vLLM'))
        self.assertEqual((m['vllm']['context'], m['vllm']['vocab']), (399, 288))
        self.assertLess(m['vllm']['drift'], 1e-5)
        self.assertIn('taproom', [x['id'] for x in self.s.call('GET', '/v1/models')[1]['data']])

    def test_no_adapter(self):
        e = self.refused(self.s.rank(**WISH, model='vllm+x'), 422, 'unsupported', 'model')
        self.assertIn('adapter', e['message'])


# What is wrong with an answer to a question; the code of the ranking; what its message says.
FAULTS = [
    ('500', 503, 'vLLM answered 500: the scheduler lost its hat'), ('429', 503, 'answered 429'), ('503', 503, 'answered 503'),
    ('401', 422, 'answered 401'), ('404', 422, 'answered 404'), ('400', 422, 'answered 400'), ('redirect', 500, 'redirect (302)'),
    ('html', 500, 'not JSON'), ('empty', 500, 'not JSON'), ('deep', 500, 'not JSON'), ('cut', 500, 'cut off'), ('closed', 500, 'cut off'),
    ('not http', 503, 'cannot be asked'), ('huge', 500, 'more than 64 MiB'), ('slow', 503, 'did not answer within'),
    ('drip', 503, 'did not answer within'), ('nan', 500, 'not JSON'), ('infinite', 500, 'not JSON'), ('null', 500, 'no log-probability'),
    ('text', 500, 'no log-probability'), ('positive', 500, '3.5 as the log-probability'), ('list', 500, 'no log-probability'),
    ('shorter', 500, 'log-probabilities of'), ('counts', 500, 'where'), ('fewer', 500, 'choices for'), ('more', 500, 'choices for'),
    ('same index', 500, 'its answer has'), ('far index', 500, 'index 1000000000'), ('other ids', 500, 'no log-probability of token'),
    ('no choices', 500, '0 choices'), ('a number', 500, 'not JSON'), ('a list', 500, '0 choices'), ('choices text', 500, '0 choices'),
    ('choices of text', 500, 'log-probabilities of 0'), ('usage text', 500, 'is of 0 tokens'),
]
# The same while it is probed: where, what, in the message.
AT_START = [
    ('/v1/models', 'html', 'not JSON'), ('/v1/models', '500', 'hat'), ('/v1/models', '401', 'key'), ('/v1/models', 'a list', 'names no model'),
    ('/v1/models', 'redirect', 'redirect'), ('/v1/models', 'closed', 'cut off'), ('/tokenize', '500', 'hat'), ('/tokenize', '401', 'tokenize'),
    ('/tokenize', 'html', 'not JSON'), ('/tokenize', 'a list', 'has no tokens'), ('/v1/completions', '500', 'hat'),
    ('/v1/completions', 'counts', 'tokens where'), ('/v1/completions', 'html', 'not JSON'),
]


class Faulty(Case):
    @classmethod
    def setUpClass(cls):
        cls.e = Engines(Toy(), {f's{i}': (where, fault) for i, (where, fault, _) in enumerate(AT_START)})
        options = [cls.e.option('vllm', f's{i}', ORG) for i in range(len(AT_START))]
        options += [cls.e.option(k, t, ORG) for k, t in (('vllm', 'v'), ('sglang', 'g'), ('taproom', 't'), ('llama', 'l'))]
        options += [cls.e.option('vllm', 'nomodel', ',model=org/none'), '--engine=vllm=http://127.0.0.1:1,name=nobody',
                    cls.e.option('vllm', 'novocab', ORG + ',vocab=/nowhere/x.gguf'),
                    cls.e.option('vllm', 'other', f',vocab={TINY.replace("tied", "gemma3")}{ORG}')]
        cls.s = Server('--engine-timeout', '20', '--models', '6', *options)
        fill_small(cls.s)

    @classmethod
    def tearDownClass(cls):
        cls.e.faults.clear()
        left = traces(cls.s)
        assert cls.s.stop() == 0
        cls.e.end()
        assert KEY.encode() not in left

    def fails(self, model, code, words, readout='query'):
        got, body, _ = self.s.rank(**WISH, readout=readout, model=model)
        self.assertEqual(got, code, body)
        self.assertIn(words, body['error']['message'] + ' ' + (body['error']['hint'] or ''))
        self.assertNotIn(KEY, json.dumps(body))

    def works(self, model, readout='query'):
        code, body, _ = self.s.rank(**WISH, readout=readout, model=model)
        self.assertEqual(code, 200, body)

    def test_faults(self):
        self.works('v')
        for fault, code, words in FAULTS:
            with self.subTest(fault):
                self.e.faults['v'] = fault
                self.fails('v', code, words)
        del self.e.faults['v']
        self.works('v')

    def test_endless_answer(self):
        """It ends by its length, or on a busy machine by the clock."""
        self.works('v')
        self.e.faults['v'] = 'endless'
        code, body, _ = self.s.rank(**WISH, readout='query', model='v')
        del self.e.faults['v']
        self.assertIn(code, (500, 503), body)
        self.assertRegex(body['error']['message'], 'more than 64 MiB|did not answer within 20 s')
        self.works('v')

    def test_faults_of_others(self):
        for model, readout in (('g', 'query'), ('t', 'query'), ('l', 'relevance')):
            self.works(model, readout)
            for fault, words in (('500', 'hat'), ('html', 'not JSON'), ('counts', 'where'), ('a number', 'its answer'),
                                 ('a list', 'its answer'), ('cut', 'cut off')):
                with self.subTest((model, fault)):
                    self.e.faults[model] = fault
                    self.fails(model, 503 if fault == '500' else 500, words, readout)
            del self.e.faults[model]
            self.works(model, readout)

    def test_busy_for_a_while(self):
        self.works('v')
        self.e.seen.clear()
        self.e.faults['v'] = 'busy twice'
        self.works('v')
        del self.e.faults['v']

    def test_bounded(self):
        self.e.most = 0
        self.works('v')
        self.assertLessEqual(self.e.most, 8)

    def test_at_start(self):
        for i, (where, fault, words) in enumerate(AT_START):
            with self.subTest((where, fault)):
                self.fails(f's{i}', 422, words)
        self.fails('nomodel', 422, 'has no model org/none')
        self.fails('nobody', 422, 'cannot be asked')
        self.fails('novocab', 422, '/nowhere/x.gguf')
        self.fails('other', 422, 'into other tokens')

    def test_cancel_ends_what_is_on_its_way(self):
        self.works('v')
        self.e.faults['v'] = 'drip'
        answer = []
        t = threading.Thread(target=lambda: answer.append(self.s.rank(**WISH, readout='query', model='v')))
        before, gone = time.monotonic(), self.e.gone
        t.start()
        tasks = []
        while not tasks and time.monotonic() < before + 2:
            tasks = [x for x in self.s.call('GET', '/api/tasks')[1]['tasks'] if x['kind'] == 'rank']
            time.sleep(.05)
        self.assertTrue(tasks)
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + str(tasks[0]['id']))[0], 200)
        t.join(20)
        del self.e.faults['v']
        self.assertEqual(answer[0][0], 409, answer)
        for _ in range(100):
            if self.e.gone > gone:
                break
            time.sleep(.1)
        self.assertGreater(self.e.gone, gone)  # the engine saw that nobody listens


class Options(Case):
    def refuses(self, words, *options, env=None):
        p = cli('rank', '--data', folder('o'), '--model', TINY, '--catalog', 'jobs', '--instruction', 'x', *options, env=env)
        self.assertIn(p.returncode, (1, 2), p.stderr)
        self.assertIn(words, p.stderr.decode())
        self.assertNotIn(KEY, p.stderr.decode())

    def test_wrong(self):
        for words, option in (
                ('not a kind of engine', 'ollama=http://h'), ('no KIND=URL', 'vllm'), ('must be http', 'vllm=ftp://h'),
                ('holds a password', f'vllm=http://me:{KEY[:20]}@h'), ('only name, model and vocab', 'vllm=http://h,nam=x'),
                ('a field is empty', 'vllm=http://h,name='), ('letters, digits', 'vllm=http://h,name=a/b'), ('must be http', 'vllm=http://'),
                ("ends before", 'vllm=http://h?x=1')):
            with self.subTest(option):
                self.refuses(words, '--engine', option)
        self.refuses("another engine's", '--engine', 'vllm=http://h', '--engine', 'vllm=http://i')
        self.refuses('has a blank', '--engine', 'vllm=http://h', env={'TAPROOM_ENGINE_KEY': KEY + '\r\nX: y'})

    def test_key_file(self):
        path = os.path.join(folder('keys'), 'keys')
        pathlib.Path(path).write_text(f'# keys\nother {KEY}\n')
        self.refuses('line 2 is for no engine', '--engine', 'vllm=http://h', '--engine-key-file', path)
        e = Engines(Toy())
        pathlib.Path(path).write_text(f'a {KEY}-a\n{KEY}-all\n')
        data = folder('rank')
        for name in 'ab':
            p = cli('rank', '--data', data, '--model', name, '--catalog', 'jobs', '--instruction', 'x', '--readout', 'relevance', '--count',
                    '2', '--engine-key-file', path, e.option('vllm', 'a', f',vocab={TINY}{ORG}'),
                    e.option('vllm', 'b', f',vocab={TINY}{ORG}'))
            self.assertIn(b'It reads prompt tokens and labels', p.stderr)
        self.assertEqual(e.keys, {f'Bearer {KEY}-a', f'Bearer {KEY}-all'})
        e.end()


class Tokenizer(Case):
    def test_of_the_fake(self):
        self.assertEqual(engines.encode(' the'), [engines.IDS['\u0120the']])
        self.assertEqual(len(engines.encode('12')), 2)


if __name__ == '__main__':
    main()
