"""Several models in one server: named by requests, switched while others rank, broken, killed while they load:
python3 models.test.py TAPROOM [unittest arguments].
"""
import json
import os
import pathlib
import shutil
import signal
import threading
import time

from harness import BASE, Case, ROOT, Server, cli, fill, folder, main

TINY = ROOT / 'fixtures/tiny'
WISHES = ({'instruction': 'quiet grief, no robots'}, {'instruction': 'sea'}, {'member': 'm1'},
          {'instruction': 'night harvest', 'readout': 'query', 'candidates': ['i1', 'i7', 'i20', 'i33']},
          {'instruction': 'letters', 'member': 'm1', 'readout': 'blend'})


def cache(**models):
    """A cache folder whose models are copies of fixtures/tiny, by the names given."""
    place = folder('cache')
    os.mkdir(place + '/models')
    for name, file in models.items():
        shutil.copy(TINY / (file + '.gguf'), f'{place}/models/{name}.gguf')
    return place


class Models(Case):
    @classmethod
    def setUpClass(cls):
        cls.cache = cache(alpha='tied', beta='wide', gamma='qwen2', delta='qwen3')
        pathlib.Path(cls.cache + '/models/broken.gguf').write_bytes((TINY / 'tied.gguf').read_bytes()[:30000])
        cls.s = Server('--model', 'alpha', '--cache', cls.cache)
        fill(cls.s)

    @classmethod
    def tearDownClass(cls):
        code = cls.s.stop()
        assert code == 0, code

    def models(self):
        code, x, _ = self.s.call('GET', '/api/models')
        self.assertEqual(code, 200)
        return x['default'], {m['id']: m for m in x['models']}

    def switch(self, model, **more):
        return self.s.call('POST', '/api/models/default', {'model': model, **more})

    def wait(self, until):
        for _ in range(200):
            if until(*self.models()):
                return
            time.sleep(.05)
        self.fail(self.models())

    def alone(self, name):
        """What a server that knows this model only answers to all wishes."""
        s = Server('--model', str(TINY / (name + '.gguf')))
        fill(s)
        got = [self.answer(s, w) for w in WISHES]
        self.assertEqual(s.stop(), 0)
        return got

    def answer(self, s, wish, **more):
        code, r, _ = s.rank(**wish, save=False, **more)
        self.assertEqual(code, 200, r)
        return r['model']['sha256'], json.dumps([r['items'], r['readout'], r['clauses'], r['empty'], r['warnings']])

    def test_list(self):
        self.assertEqual(self.switch('alpha')[0], 200)
        default, m = self.models()
        self.assertEqual((default, sorted(m)), ('alpha', ['alpha', 'beta', 'broken', 'delta', 'gamma']))
        self.assertEqual((m['alpha']['state'], m['alpha']['default'], m['alpha']['loaded']), ('loaded', True, 1))
        self.assertEqual((m['alpha']['name'], m['beta']['name']), ('tiny tied', 'tiny wide'))
        self.assertEqual((m['gamma']['architecture'], m['delta']['architecture']), ('qwen2', 'qwen3'))
        self.assertEqual(m['alpha']['bytes'], (TINY / 'tied.gguf').stat().st_size)
        self.assertGreater(m['beta']['parameters'], 1000)
        self.assertEqual((m['broken']['state'], m['broken']['default']), ('broken', False))
        self.assertTrue(m['broken']['error'])
        code, x, _ = self.s.call('GET', '/api/model')
        self.assertEqual((code, x['id'], x['sha256']), (200, 'alpha', m['alpha']['sha256']))
        self.assertEqual(self.s.call('GET', '/api/health/ready')[1]['model'], 'alpha')

    def test_named_by_requests(self):
        """Compare puts them side by side: each answer is that of its model, bit for bit, whoever asked before."""
        want = {'alpha': self.alone('tied'), 'beta': self.alone('wide')}
        self.assertNotEqual(want['alpha'], want['beta'])
        for round in range(2):
            for k, wish in enumerate(WISHES):
                for name in ('beta', 'alpha'):
                    self.assertEqual(self.answer(self.s, wish, model=name), want[name][k])
        code, r, _ = self.s.rank(instruction='sea', model='beta', top=1)
        self.assertEqual((code, r['model']['id'], r['model']['name']), (200, 'beta', 'tiny wide'))
        code, saved, _ = self.s.call('GET', '/api/runs/' + r['run'])
        self.assertEqual((code, saved['request']['model'], saved['model']), (200, 'beta', r['model']))
        for path, extra in (('/api/prompt/preview', {}), ('/api/explain', {'items': ['i1']})):
            code, _, _ = self.s.call('POST', path, {'catalog': 'small', 'instruction': 'sea', 'model': 'beta', **extra})
            self.assertEqual(code, 200, path)
            self.refused(self.s.call('POST', path, {'catalog': 'small', 'model': 'nobody', **extra}), 404, field='model')

    def test_unknown_and_broken(self):
        self.assertEqual(self.switch('alpha')[0], 200)
        for answer in (self.switch('nobody'), self.s.rank(instruction='sea', model='nobody'), self.switch('../models/beta'),
                       self.s.rank(instruction='sea', model='/etc/passwd')):
            error = self.refused(answer, 404, 'not_found', 'model')
            self.assertIn('alpha, beta', error['hint'])
        for answer in (self.switch('broken'), self.s.rank(instruction='sea', model='broken')):
            self.assertIn('cannot be loaded', self.refused(answer, 422, 'invalid', 'model')['message'])
        self.refused(self.switch(7), 422, 'invalid', 'model')
        self.refused(self.switch('beta', wait='no'), 422, 'invalid', 'wait')
        self.refused(self.s.call('POST', '/api/models/default', '{'), 400)
        self.refused(self.s.call('POST', '/api/models/default', '[' * 5000), 400)
        self.refused(self.s.rank(instruction='sea', model=7), 422, 'invalid', 'model')
        self.assertEqual(self.models()[0], 'alpha')
        self.assertEqual(self.s.rank(instruction='sea')[1]['model']['id'], 'alpha')
        # Without waiting, the failure is read in the list.
        self.assertEqual(self.switch('broken', wait=False)[0], 202)
        self.wait(lambda default, m: m['broken']['state'] == 'broken')
        self.assertEqual(self.models()[0], 'alpha')

    def test_switch(self):
        for model in ('beta', 'gamma', 'alpha'):
            code, x, _ = self.switch(model)
            self.assertEqual((code, x), (200, {'default': model, 'model': model}))
            self.assertEqual(self.s.rank(instruction='sea')[1]['model']['id'], model)
        self.assertEqual(self.switch('delta', wait=False)[0], 202)
        self.wait(lambda default, m: default == 'delta')
        self.assertEqual(self.switch('gam')[1]['default'], 'gamma')  # the only name that begins so
        c = self.s.connect()
        c.request('POST', '/api/models/default', '{"model":"beta"}',
                  {'Content-Type': 'application/json', 'Accept': 'text/event-stream'})
        text = c.getresponse().read().decode()
        c.close()
        last = text.strip().split('\n\n')[-1].split('\n')
        self.assertEqual(last[1], 'event: done')
        self.assertEqual(json.loads(last[2][6:])['default'], 'beta')
        self.assertEqual(self.switch('alpha')[0], 200)
        # At most three are loaded, and the default is one of them.
        _, m = self.models()
        self.assertLessEqual(sum(x['state'] == 'loaded' for x in m.values()), 3)
        numbers = dict(x.rsplit(' ', 1) for x in self.s.call('GET', '/metrics')[1].splitlines() if x[0] != '#')
        self.assertEqual(numbers['taproom_model_default{model="alpha"}'], '1')
        self.assertLessEqual(int(numbers['taproom_models_loaded']), 3)
        self.assertGreaterEqual(int(numbers['taproom_model_loads_total']), 3)

    def test_switched_while_ranking(self):
        """Nothing fails, and every answer is the one that its model gives alone."""
        want = {x[0][0]: x for x in (self.alone('tied'), self.alone('wide'), self.alone('qwen2'))}
        failures, answers, stop = [], [], threading.Event()

        def client(n):
            k = n
            while not stop.is_set():
                k += 1
                more = {'model': ('beta', 'gamma')[k % 2]} if n == 2 else {}
                code, r, _ = self.s.rank(**WISHES[k % len(WISHES)], save=False, **more)
                if code != 200:
                    failures.append((code, r))
                    continue
                sha = r['model']['sha256']
                got = json.dumps([r['items'], r['readout'], r['clauses'], r['empty'], r['warnings']])
                answers.append(r['model']['id'])
                if (sha, got) != want[sha][k % len(WISHES)]:
                    failures.append((k, r['model']))

        clients = [threading.Thread(target=client, args=(n,)) for n in range(4)]
        for c in clients:
            c.start()
        try:
            k, until = 0, time.monotonic() + 120
            while (k < 24 or len(answers) < 60) and not failures and time.monotonic() < until:
                code, x, _ = self.switch(('beta', 'alpha', 'gamma')[k % 3])
                self.assertEqual(code, 200, x)
                time.sleep(.05 * (k % 3))
                k += 1
        finally:
            stop.set()
            for c in clients:
                c.join()
        self.assertEqual(failures[:3], [])
        self.assertEqual(set(answers), {'alpha', 'beta', 'gamma'})
        self.assertGreaterEqual(len(answers), 60)
        self.assertEqual(self.switch('alpha')[0], 200)

    def test_other_dialects(self):
        documents = {'query': 'sea', 'documents': ['a boat', 'a lamp', 'the harvest']}
        answers = {}
        for model in ('alpha', 'beta', 'rerank-v3.5'):
            code, x, _ = self.s.call('POST', '/v1/rerank', {**documents, 'model': model})
            self.assertEqual((code, x['model']), (200, model))
            answers[model] = x['results']
        self.assertNotEqual(answers['alpha'], answers['beta'])
        self.assertEqual(answers['alpha'], answers['rerank-v3.5'])  # unknown here: the default answers

    def test_experiment(self):
        spec = {'name': 'Two models', 'protocol': 'coldstart', 'catalog': 'jobs', 'members': 1, 'split': 'development',
                'grid': {'model': ['', 'beta', 'gamma.gguf', 'nobody'], 'k': [3], 'readout': ['item']}}
        code, x, _ = self.s.call('POST', '/api/experiments', spec)
        self.assertEqual(code, 200, x)
        for _ in range(600):
            x = self.s.call('GET', '/api/experiments/' + x['id'])[1]
            if x['state'] in ('done', 'failed'):
                break
            time.sleep(.1)
        self.assertEqual([c['state'] for c in x['results']], ['done', 'done', 'done', 'failed'])
        self.assertEqual([c['result']['model']['name'] for c in x['results'][:3]], ['tiny tied', 'tiny wide', 'tiny qwen2'])
        self.assertIn("no model 'nobody'", x['results'][3]['error'])


class Ends(Case):
    def test_killed_while_loading(self):
        place = cache(alpha='tied', beta='wide')
        s = Server('--model', 'alpha', '--cache', place)
        fill(s)
        for sig, want in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
            self.assertEqual(s.call('POST', '/api/models/default', {'model': 'beta', 'wait': False})[0], 202)
            self.assertEqual(s.stop(sig), want)
            s = Server('--model', 'alpha', '--cache', place, data=s.data)
            self.assertEqual(s.rank(instruction='sea', top=1)[0], 200)
        self.assertEqual(s.stop(), 0)

    def test_command_line(self):
        place = cache(alpha='tied', beta='wide')
        r = cli('model', 'show', 'beta', '--cache', place, '--json')
        self.assertEqual((r.returncode, json.loads(r.stdout)['name']), (0, 'tiny wide'), r.stderr)
        r = cli('model', 'show', 'nobody', '--cache', place)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'alpha, beta', r.stderr)
        r = cli('serve', '--port', '0', '--data', folder('data'), '--cache', place, '--model', 'nobody')
        self.assertEqual((r.returncode, r.stdout), (1, b''))
        self.assertIn(b'alpha, beta', r.stderr)


WEIGHTS = pathlib.Path(BASE.get('TAPROOM_CACHE', os.path.expanduser('~/.cache/taproom'))) / 'models'


class Progress(Case):
    def test_seen(self):
        """A model that takes a while to load is seen loading, by who waits for it and in the list."""
        if not (WEIGHTS / 'smollm2-135m-instruct-q4_1.gguf').exists():
            self.skipTest('no weights')
        place = cache(alpha='tied')
        os.symlink(WEIGHTS / 'smollm2-135m-instruct-q4_1.gguf', place + '/models/real.gguf')
        s = Server('--model', 'alpha', '--cache', place)
        fill(s, n=8)
        code, events = s.events({'catalog': 'small', 'instruction': 'sea', 'model': 'real', 'top': 3})
        self.assertEqual(code, 200)
        shares = [x['loaded'] for _, name, x in events if name == 'progress' and x['phase'] == 'load']
        self.assertTrue(shares, 'no progress of the loading was told')
        self.assertEqual(shares, sorted(shares))
        self.assertTrue(all(0 <= x <= 1 for x in shares), shares)
        self.assertEqual(events[-1][2]['result']['model']['id'], 'real')
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
