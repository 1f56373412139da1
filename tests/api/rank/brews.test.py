"""Training beside a server: begin, progress, cancel, go on, adopt, discard; adapters by name:
python3 brews.test.py TAPROOM [unittest arguments].
"""
import os
import pathlib
import time

import guarded
from harness import Case, Server, folder, main

STEP = {'do': 'train', 'readout': 'item', 'rank': 2, 'lists': 2, 'items': 4, 'steps': 4, 'measure': 2}


def recipe(name='mine', data=None, **step):
    return {'name': name, 'model': 'tied', 'threads': 1, 'data': {'catalogs': ['jobs'], 'members': 6, **(data or {})},
            'steps': [{**STEP, **step}]}


class Brews(Case):
    def setUp(self):
        self.data = folder('data')
        self.s = Server(data=self.data)

    def tearDown(self):
        self.assertEqual(self.s.stop(), 0)

    def get(self, id):
        code, body, _ = self.s.call('GET', '/api/brews/' + id)
        self.assertEqual(code, 200, body)
        return body

    def begin(self, **more):
        code, body, _ = self.s.call('POST', '/api/brews', recipe(**more))
        self.assertEqual(code, 200, body)
        return body['brew']['id']

    def ended(self, id):
        self.assertTrue(guarded.waited_for(lambda: self.get(id)['brew']['state'] != 'running', 200))
        return self.get(id)

    def cancel(self, id):
        tasks = guarded.waited_for(lambda: [t for t in self.s.call('GET', '/api/tasks')[1]['tasks']
                                            if t['subject'] == id and t['done']], 60)
        self.assertEqual((tasks[0]['kind'], tasks[0]['phase']), ('brew', 'train'))
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + tasks[0]['id'])[0], 200)

    def scores(self, model):
        code, x, _ = self.s.call('POST', '/api/rank', {
            'catalog': 'jobs', 'instruction': 'by the sea', 'readout': 'query', 'model': model,
            'candidates': {'retrieve': 'popularity', 'count': 3}})
        self.assertEqual(code, 200, x)
        return {i['item']: i['logprob'] for i in x['items']}

    def models(self):
        return [m['id'] for m in self.s.call('GET', '/api/models')[1]['models']]

    def test_from_recipe_to_model(self):
        id = self.begin()
        whole = self.ended(id)
        brew, report = whole['brew'], whole['report']
        self.assertEqual((brew['state'], brew['error']), ('done', None), brew)
        self.assertEqual([p['step'] for p in brew['curve'] if p['ndcg'] is None], [1, 2, 3, 4])
        seen = [p['ndcg'] for p in brew['curve'] if p['ndcg'] is not None]
        self.assertEqual(len(seen), 2)
        self.assertTrue(all(0 < x < 1 for x in seen))
        self.assertEqual(report['steps'], 4)
        self.assertAlmostEqual(seen[1], report['lists']['ndcg_10']['after']['mean'], places=5)
        self.assertEqual(whole['recipe']['name'], id)
        # A draft can be tried, and is in no list of models.
        self.assertNotEqual(self.scores('tied'), self.scores('tied+' + id))
        self.assertEqual(self.models(), ['tied'])
        drafts = self.s.call('GET', '/api/adapters')[1]['adapters']
        self.assertEqual([(a['name'], a['draft'], a['error']) for a in drafts], [(id, True, None)])
        tried = self.scores('tied+' + id)
        code, body, _ = self.s.call('POST', f'/api/brews/{id}/adopt', {'force': True})
        self.assertEqual((code, body['brew']['state']), (200, 'adopted'))
        self.assertEqual(self.models(), ['tied', 'tied+mine'])
        self.assertEqual(self.scores('tied+mine'), tried)
        self.refused(self.s.call('POST', f'/api/brews/{id}/adopt', {}), 409, 'conflict')
        self.assertEqual(self.s.call('DELETE', '/api/brews/' + id)[0], 200)
        self.refused(self.s.call('GET', '/api/brews/' + id), 404, 'not_found')
        self.assertEqual(os.listdir(self.data + '/brews'), [])
        code, body, _ = self.s.call('DELETE', '/api/adapters/mine')
        self.assertEqual((code, body), (200, {'adapters': []}))
        self.refused(self.s.call('DELETE', '/api/adapters/mine'), 404, 'not_found')
        self.assertEqual(self.models(), ['tied'])

    def test_cancelled_and_gone_on_with(self):
        """The adapter of a brew that was cut has the bits of one that was not."""
        whole = self.begin(steps=60, measure=30)
        self.ended(whole)
        cut = self.begin(steps=60, measure=30)
        self.refused(self.s.call('POST', '/api/brews', recipe()), 409, 'conflict')
        self.refused(self.s.call('DELETE', '/api/brews/' + cut), 409, 'conflict')
        self.refused(self.s.call('POST', f'/api/brews/{cut}/adopt', {}), 409, 'conflict')
        self.cancel(cut)
        brew = self.ended(cut)['brew']
        self.assertEqual(brew['state'], 'paused')
        self.assertLess(brew['step'], 60)
        self.refused(self.s.call('POST', f'/api/brews/{cut}/adopt', {}), 409, 'conflict')
        self.assertEqual(self.s.stop(), 0)
        self.s = Server(data=self.data)
        code, body, _ = self.s.call('POST', f'/api/brews/{cut}/resume', {})
        self.assertEqual((code, body['brew']['state']), (200, 'running'))
        brew = self.ended(cut)['brew']
        self.assertEqual((brew['state'], brew['step']), ('done', 60))
        steps = [p['step'] for p in brew['curve'] if p['ndcg'] is None]
        self.assertEqual(steps, sorted(set(steps)))
        self.refused(self.s.call('POST', f'/api/brews/{cut}/resume', {}), 409, 'conflict')
        bits = [pathlib.Path(f'{self.data}/brews/{x}.gguf').read_bytes() for x in (whole, cut)]
        self.assertEqual(*bits)
        self.assertEqual([b['id'] for b in self.s.call('GET', '/api/brews')[1]['brews']], [cut, whole])

    def test_stopped_with_the_server(self):
        id = self.begin(steps=5000)
        self.assertTrue(guarded.waited_for(lambda: self.get(id)['brew']['step']))
        self.assertEqual(self.s.stop(), 0)
        self.s = Server(data=self.data)
        self.assertEqual(self.get(id)['brew']['state'], 'paused')

    def test_estimate(self):
        code, x, _ = self.s.call('POST', '/api/brews?dry_run=1', recipe(steps=500))
        self.assertEqual((code, x['steps']), (200, 500), x)
        self.assertGreater(x['seconds_step'], 0)
        self.assertAlmostEqual(x['seconds_training'], 500 * x['seconds_step'], delta=.1 + .03 * x['seconds_training'])
        self.assertEqual(self.s.call('GET', '/api/brews')[1], {'brews': []})
        self.assertEqual(os.listdir(self.data + '/brews'), [])

    def test_refused(self):
        for body, code, field in (
                (recipe(data={'lists': ['/etc/passwd']}), 422, 'data.lists'),
                (recipe(data={'texts': ['/etc/passwd']}), 422, 'data.texts'),
                ({**recipe(), 'start_from': '/etc/passwd'}, 422, 'start_from'),
                ({**recipe(), 'model': 'none'}, 404, 'model'),
                ({**recipe(), 'name': '../x'}, 422, 'name'),
                ({**recipe(), 'more': 1}, 422, 'more'),
                (recipe(nothing=1), 422, 'steps[0].nothing')):
            for at in ('/api/brews', '/api/brews?dry_run=1'):
                self.refused(self.s.call('POST', at, body), code, field=field)
        self.refused(self.s.call('POST', '/api/brews', '{'), 400, 'bad_input')
        self.refused(self.s.call('GET', '/api/brews/brew-1'), 404, 'not_found')
        self.refused(self.s.call('GET', '/api/brews/..x'), 404, 'not_found')
        self.refused(self.s.call('POST', '/api/brews/brew-1/resume', {}), 404, 'not_found')
        self.assertEqual(self.s.call('GET', '/api/brews')[1], {'brews': []})

    def test_what_fell(self):
        """Without force nothing is adopted where something fell; the adapter's name is not taken twice."""
        id = self.begin()
        self.ended(id)
        report = pathlib.Path(f'{self.data}/brews/{id}.json')
        report.write_text(report.read_text().replace('"fell": ""', '"fell": "ndcg_10"'))
        e = self.refused(self.s.call('POST', f'/api/brews/{id}/adopt', {}), 409, 'conflict')
        self.assertIn('ndcg_10', e['message'])
        self.refused(self.s.call('POST', f'/api/brews/{id}/adopt', {'force': 1}), 422, 'invalid', 'force')
        self.assertEqual(self.s.call('POST', f'/api/brews/{id}/adopt', {'force': True})[0], 200)
        again = self.begin()
        self.ended(again)
        self.refused(self.s.call('POST', f'/api/brews/{again}/adopt', {'force': True}), 409, 'conflict')

    def upload(self, name, raw):
        return self.s.call('POST', f'/api/adapters?name={name}', raw, 'application/octet-stream')

    def test_adapters(self):
        """An adapter that comes by upload ranks as the one that it is a copy of; what is damaged is not kept."""
        id = self.begin()
        self.ended(id)
        raw = pathlib.Path(f'{self.data}/brews/{id}.gguf').read_bytes()
        code, body, _ = self.upload('copy', raw)
        self.assertEqual(code, 200, body)
        mine = [a for a in body['adapters'] if a['name'] == 'copy'][0]
        self.assertEqual((mine['removable'], mine['draft'], mine['bytes']), (True, False, len(raw)))
        self.assertEqual(self.scores('tied+copy'), self.scores('tied+' + id))
        self.assertEqual(self.models(), ['tied', 'tied+copy'])
        self.refused(self.upload('copy', raw), 409, 'conflict')
        self.refused(self.upload('..%2fx', raw), 422, 'invalid', 'name')
        self.refused(self.upload('', raw), 422, 'invalid', 'name')
        for cut in (0, 3, 24, len(raw) // 3, len(raw) - 1):
            got = self.upload('cut', raw[:cut])
            self.assertIn(got[0], (400, 422), got[1])
        self.assertEqual(os.listdir(self.data + '/adapters'), ['copy.gguf'])


class Owners(Case):
    def test_roles(self):
        s = guarded.Guarded()
        for method, path, body in (('POST', '/api/brews', recipe()), ('POST', '/api/brews/brew-1/adopt', {}),
                                   ('POST', '/api/brews/brew-1/resume', {}), ('DELETE', '/api/brews/brew-1', None),
                                   ('DELETE', '/api/adapters/x', None)):
            self.refused(s.by('rob', method, path, body), 403, 'forbidden')
        self.assertEqual(s.by('eve', 'GET', '/api/brews')[0], 200)
        self.assertEqual(s.by('eve', 'GET', '/api/adapters')[0], 200)
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
