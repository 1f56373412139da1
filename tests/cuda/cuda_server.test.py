"""The whole program on the CUDA backend, over the host shim: every readout against the CPU, and a device that is lost
while the server runs: python3 cuda_server.test.py TAPROOM_SHIM [unittest arguments].
"""
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'api'))
import harness
from harness import Case, ROOT, Server, fill, folder, main

WISHES = {'query': {'instruction': 'quiet grief, no robots'},
          'relevance': {'instruction': 'quiet grief', 'examples': [{'item': 'i2', 'label': 'like'}]},
          'item': {'member': 'm1'},
          'auto': {'instruction': 'the sea at night, not funny'},
          'blend': {'instruction': 'letters', 'member': 'm1'}}
ITEMS = [f'i{k}' for k in range(8)]


class Readouts(Case):
    @classmethod
    def setUpClass(cls):
        cls.gpu, cls.cpu = Server('--backend', 'cuda'), Server('--backend', 'cpu', '--precision', 'f32')
        for s in (cls.gpu, cls.cpu):
            fill(s)
            code, body, _ = s.call('PUT', '/api/surfaces/letters', {'labels': [['A', 'B']]})  # a token each
            assert code == 200, body

    @classmethod
    def tearDownClass(cls):
        for s in (cls.gpu, cls.cpu):
            code = s.stop()
            assert code == 0, code

    def items(self, s, readout, candidates=ITEMS):
        code, r, _ = s.rank(**WISHES[readout], readout=readout, surface='letters', candidates=candidates, baselines=[],
                            save=False)
        self.assertEqual(code, 200, r)
        self.assertEqual((r['model']['backend'], r['model']['precision'], len(r['items'])),
                         (*(('cuda', 'bf16') if s is self.gpu else ('cpu', 'f32')), len(candidates)))
        return {i['item']: i for i in r['items']}

    def test_readouts(self):
        for readout in WISHES:
            with self.subTest(readout):
                got, want = self.items(self.gpu, readout), self.items(self.cpu, readout)
                other = 0
                for k in ITEMS:
                    a, b = got[k]['logprob'], want[k]['logprob']
                    self.assertLess(abs(a - b), .01 * abs(b) + .5, (k, a, b))  # a sum over tokens, in bf16
                    other += got[k]['score'] != want[k]['score']
                self.assertGreater(other, 0)  # it is not the CPU that answered
                alone = self.items(self.gpu, readout, ITEMS[3:4])
                for name in ('score', 'logprob', 'prior', 'label_mass', 'clauses'):
                    if readout in ('query', 'relevance', 'item'):
                        self.assertEqual(alone['i3'][name], got['i3'][name], name)


class Lost(Case):
    """The device is lost for good: named errors, and all that needs no model goes on."""

    def test_lost(self):
        cache, mark = folder('cache'), folder('mark') + '/lost'
        os.mkdir(cache + '/models')
        for name, file in (('alpha', 'tied'), ('beta', 'wide')):
            shutil.copy(ROOT / f'fixtures/tiny/{file}.gguf', f'{cache}/models/{name}.gguf')
        harness.ENV['SHIM_LOST'] = mark
        s = Server('--model', 'alpha', '--cache', cache)
        del harness.ENV['SHIM_LOST']
        fill(s, n=8)
        ask = {'instruction': 'quiet grief', 'save': False}
        code, before, _ = s.rank(**ask)
        self.assertEqual((code, before['model']['backend']), (200, 'cuda'))
        pathlib.Path(mark).touch()
        for wish in ('the sea', 'the sea', 'robots'):
            e = self.refused(s.rank(instruction=wish, save=False), 500, 'device_lost')
            self.assertRegex(e['message'], 'the device was lost')
            self.assertRegex(e['hint'], 'restart.*--backend cpu')
        code, events = s.events({'catalog': 'small', 'instruction': 'boats', 'save': False})
        last = events['error'] if code != 200 else events[-1][2]['error']
        self.assertEqual(last['code'], 'device_lost')
        for path in ('/api/health/live', '/api/catalogs/small/items', '/api/model', '/metrics'):
            self.assertEqual(s.call('GET', path)[0], 200, path)
        # Another model finds no device any more and takes the CPU.
        code, r, _ = s.rank(model='beta', **ask)
        self.assertEqual((code, r['model']['backend']), (200, 'cpu'), r)
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
