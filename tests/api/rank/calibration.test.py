"""Scores as probabilities, by a fit to a catalogue's interactions: python3 calibration.test.py TAPROOM [unittest arguments]."""
import os
import shutil

from harness import Case, ROOT, Server, fill, folder, lines, main

TINY = ROOT / 'fixtures/tiny'
MEMBERS, ACTS = 40, 12


def taste(server, members=MEMBERS, first=0):
    """Members of two kinds, each likes one half of the catalogue and dislikes the other: what baselines learn well."""
    rows = []
    for m in range(first, first + members):
        for k in range(ACTS):
            item = (m * 7 + 3 * k) % 40
            rows.append({'member': f'p{m}', 'item': f'i{item}', 'at': 100000 + k,
                         'label': 'like' if (item < 20) == (m % 2 == 0) else 'dislike'})
    code, x, _ = server.call('POST', '/api/catalogs/small/interactions', lines(rows), 'application/x-ndjson')
    assert code == 200 and x['kept'] == members * ACTS, x


class Calibration(Case):
    @classmethod
    def setUpClass(cls):
        cache = folder('cache')
        os.mkdir(cache + '/models')
        for name, file in (('alpha', 'tied'), ('beta', 'wide')):
            shutil.copy(TINY / (file + '.gguf'), f'{cache}/models/{name}.gguf')
        cls.s = Server('--cache', cache, '--model', 'alpha')
        fill(cls.s)

    @classmethod
    def tearDownClass(cls):
        code = cls.s.stop()
        assert code == 0, code

    def test_reads_a_history(self):
        """A hybrid reads a history, whichever readout its model has; the readout of a wish alone does not."""
        code, body, _ = self.s.call('PUT', '/api/surfaces/asked', {'readout': 'query'})
        self.assertEqual(code, 200, body)
        member = self.s.call('GET', '/api/catalogs/small/members')[1]['members'][0]['id']
        why = {}
        for readout in ('hybrid', 'query', 'item'):
            code, r, _ = self.s.call('POST', '/api/rank', {'catalog': 'small', 'surface': 'asked', 'member': member,
                                                           'readout': readout, 'baselines': []})
            self.assertEqual((code, r['readout']['used']), (200, readout), r)
            why[readout] = r['calibration'].get('why', '')
        self.assertIn('does not read a history', why['query'])
        self.assertNotIn('does not read a history', why['hybrid'])
        self.assertNotIn('does not read a history', why['item'])

    def fit(self, **more):
        return self.s.call('POST', '/api/calibration', {'catalog': 'small', **more})

    def test_fit_and_use(self):
        error = self.refused(self.fit(), 422, 'invalid', 'catalog')
        self.assertRegex(error['message'], r'^\d+ labelled interactions of \d+ members .* needs 30')
        taste(self.s)
        r = self.s.rank(member='p0', readout='hybrid', save=False)[1]
        self.assertEqual((r['calibration']['calibrated'], {x['probability'] for x in r['items']}), (False, {None}))
        code, x, _ = self.fit(readout='hybrid', members=MEMBERS)
        self.assertEqual(code, 200, x)
        self.assertIn(x['method'], ('platt', 'isotonic'))
        self.assertEqual((x['readout'], x['model']['id']), ('hybrid', 'alpha'))
        self.assertGreaterEqual(x['cases'], 150)
        self.assertLess(x['log_loss'], x['base_loss'])
        self.assertEqual(sum(b['cases'] for b in x['bins']), x['cases'])
        ece = sum(b['cases'] * abs(b['predicted'] - b['liked']) for b in x['bins']) / x['cases']
        self.assertAlmostEqual(ece, x['ece'], 9)
        code, listed, _ = self.s.call('GET', '/api/calibration?catalog=small')
        self.assertEqual((code, listed['cases_min']), (200, 30))
        self.assertEqual([(c['stale'], c['fit']) for c in listed['calibrations']], [(False, x)])
        # The scores that the fit has seen are probabilities, in the ranking's order; others are none.
        r = self.s.rank(member='p0', readout='hybrid')[1]
        self.assertEqual((r['calibration']['calibrated'], r['calibration']['cases']), (True, x['cases']))
        self.assertFalse(r['calibration']['stale'])
        p = [i['probability'] for i in r['items']]
        for i in r['items']:
            self.assertEqual(i['probability'] is not None, x['lo'] <= i['score'] <= x['hi'])
        seen = [v for v in p if v is not None]
        self.assertTrue(len(seen) > 1 and all(0 < v < 1 for v in seen), p)
        self.assertEqual(seen, sorted(seen, reverse=True))
        # It counts for what it was made with, and nothing else.
        for other in ({'readout': 'item'}, {'readout': 'hybrid', 'model': 'beta'}, {'instruction': 'sea', 'readout': 'hybrid'},
                      {'readout': 'hybrid', 'examples': [{'item': 'i1', 'label': 'like'}]}, {'member': None}):
            r = self.s.rank(**{'member': 'p0', 'save': False, **other})[1]
            self.assertFalse(r['calibration']['calibrated'], other)
            self.assertTrue(r['calibration']['why'])
            self.assertEqual({i['probability'] for i in r['items']}, {None})
        # New interactions make it old, not wrong.
        taste(self.s, 2, MEMBERS)
        r = self.s.rank(member='p0', readout='hybrid', save=False)[1]
        self.assertEqual((r['calibration']['calibrated'], r['calibration']['stale']), (True, True))
        self.assertTrue(self.s.call('GET', '/api/calibration?catalog=small')[1]['calibrations'][0]['stale'])
        # A random model knows nothing, and says so.
        self.assertEqual(self.fit(readout='item', members=MEMBERS)[1]['method'], 'none')
        r = self.s.rank(member='p0', readout='item', save=False)[1]
        self.assertIn('no better', r['calibration']['why'])

    def test_stream(self):
        code, events = self.s.events({'catalog': 'jobs', 'members': 8}, '/api/calibration')
        self.assertEqual((code, events[-1][1]), (200, 'done'))
        self.assertEqual(events[-1][2]['result']['members'], 8)
        self.assertEqual([x[0] for x in events], list(range(1, len(events) + 1)))
        done = [x['members_done'] for _, name, x in events if name == 'progress']
        self.assertEqual(done, sorted(done))

    def test_refused(self):
        for body, field in (({}, 'catalog'), ({'catalog': 'small', 'readout': 'query'}, 'readout'),
                            ({'catalog': 7}, 'catalog'), ({'catalog': 'small', 'members': 0}, 'members')):
            self.refused(self.s.call('POST', '/api/calibration', body), 422, 'invalid', field)
        self.refused(self.s.call('POST', '/api/calibration', {'catalog': 'none'}), 404)
        self.refused(self.s.call('POST', '/api/calibration', {'catalog': 'small', 'model': 'none'}), 404, field='model')
        self.refused(self.s.call('POST', '/api/calibration', '{'), 400)
        self.refused(self.s.call('POST', '/api/calibration', '[' * 5000), 400)
        self.refused(self.s.call('GET', '/api/calibration'), 422, 'invalid', 'catalog')
        self.refused(self.s.call('GET', '/api/calibration?catalog=none'), 404)


if __name__ == '__main__':
    main()
