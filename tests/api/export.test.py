"""A recipe's data for other trainers: python3 export.test.py TAPROOM [unittest arguments]."""
import json
import os
import pathlib
import shutil

from harness import Case, ROOT, Server, cli, fill, folder, main

TINY = ROOT / 'fixtures/tiny'
STEP = {'do': 'train', 'readout': 'query', 'rank': 2, 'lists': 2, 'items': 4, 'steps': 3, 'linears': ['q_proj', 'down_proj'],
        'first_layer': 1, 'gain': 1, 'beta': .5}
WISHES = ['all that is blue', 'red please']


def sheet(k):
    items = [{'title': f'Item {k} {i}', 'text': f'About {"red" if i % 2 else "blue"} things', 'tags': ['t'] * (i % 3),
              'fields': {'price': i}} for i in range(6)]
    wishes = [{'kind': 'plain', 'wish': wish, 'grades': [2 * (i % 2 == w) for i in range(6)]} for w, wish in enumerate(WISHES)]
    wishes.append({'kind': 'history', 'wish': '', 'liked': items[:2], 'grades': [2, 0, 1, 0, 0, 0]})
    return {'surface': f'shop {k}', 'item_kind': 'post', 'items': items, 'wishes': wishes}


class Export(Case):
    def setUp(self):
        self.cache = folder('cache')
        os.mkdir(self.cache + '/models')
        shutil.copy(TINY / 'tied.gguf', self.cache + '/models/base.gguf')
        self.write('lists', range(4))
        self.write('kept', range(10, 12))
        pathlib.Path(self.cache + '/text.txt').write_text('A paragraph that is long enough to be a text of its own.\n')

    def write(self, name, sheets):
        pathlib.Path(f'{self.cache}/{name}.jsonl').write_text(''.join(json.dumps(sheet(k)) + '\n' for k in sheets))

    def export(self, form, **step):
        recipe, out = self.cache + '/r.json', f'{self.cache}/{form}'
        data = {'lists': [self.cache + '/lists.jsonl'], 'keep_out': 0, 'keep_out_lists': [self.cache + '/kept.jsonl'],
                'texts': [self.cache + '/text.txt']}
        pathlib.Path(recipe).write_text(json.dumps({'name': 'mine', 'model': 'base', 'seed': 3, 'threads': 1, 'data': data,
                                                    'steps': [{**STEP, **step}]}))
        return cli('brew', 'export', recipe, out, '--form', form, '--json', env={'TAPROOM_CACHE': self.cache}), out

    def good(self, form, **step):
        r, out = self.export(form, **step)
        self.assertEqual(r.returncode, 0, r.stderr)
        return json.loads(r.stdout), pathlib.Path(out)

    def rows(self, path):
        return [json.loads(line) for line in path.read_text().splitlines()]

    def test_lists(self):
        n, out = self.good('trl')
        self.assertEqual((n['lists'], n['kept_out']), (8, 4))
        self.assertEqual(sorted(os.listdir(out)), ['kept.jsonl', 'lists.jsonl', 'settings.json', 'train.py'])
        lists, kept = self.rows(out / 'lists.jsonl'), self.rows(out / 'kept.jsonl')
        self.assertEqual((len(lists), len(kept)), (8, 4))
        self.assertEqual({x['surface'] for x in kept}, {'shop 10', 'shop 11'})
        for x in lists + kept:
            self.assertEqual((len(x['asks']), len(x['empty']), len(x['grades'])), (6, 6, 6))
            which = [a for _, a in x['asks']]
            self.assertEqual(len(set(which)), 1)
            self.assertEqual(x['grades'], [2 * (i % 2 == WISHES.index(which[0].strip())) for i in range(6)])
            for i, (prompt, _) in enumerate(x['asks']):
                self.assertIn(f'About {"red" if i % 2 else "blue"} things', prompt)
                self.assertTrue(prompt.endswith('wants:'), prompt)
                self.assertTrue(all(p == prompt and a not in which for p, a in x['empty'][i]), x['empty'][i])
        settings = json.loads((out / 'settings.json').read_text())
        self.assertEqual({k: settings[k] for k in ('rank', 'alpha', 'first_layer', 'layers', 'linears', 'gain', 'beta')},
                         {'rank': 2, 'alpha': 4, 'first_layer': 1, 'layers': 3, 'linears': ['q_proj', 'down_proj'], 'gain': 1,
                          'beta': .5})
        compile((out / 'train.py').read_text(), 'train.py', 'exec')

    def test_histories(self):
        n, out = self.good('trl', readout='item')
        self.assertEqual((n['lists'], n['kept_out']), (4, 2))
        for x in self.rows(out / 'lists.jsonl'):
            self.assertEqual(x['grades'], [2, 0, 1, 0, 0, 0])
            self.assertEqual(len({p for p, _ in x['asks']}), 1)
            self.assertEqual(len({a for _, a in x['asks']}), 6)
            for (prompt, answer), ((neutral, same),) in zip(x['asks'], x['empty']):
                self.assertTrue(prompt.startswith(neutral) and len(prompt) > len(neutral))
                self.assertEqual(answer, same)

    def test_pairs(self):
        n, out = self.good('axolotl')
        rows = self.rows(out / 'pairs.jsonl')
        self.assertEqual((n['rows'], len(rows)), (24, 24))
        for x in rows:
            wanted = ' ' + WISHES['red things' in x['prompt']]
            self.assertEqual((x['chosen'], x['rejected']), (wanted, ' ' + WISHES['red things' not in x['prompt']]))
        text = (out / 'axolotl.yml').read_text()
        for line in ('base_model: base', 'lora_r: 2', 'peft_layers_to_transform: [1, 2]', 'rl: simpo'):
            self.assertIn(line, text)

    def test_texts(self):
        n, out = self.good('text')
        rows = [x['text'] for x in self.rows(out / 'texts.jsonl')]
        self.assertEqual(n['rows'], len(rows))
        self.assertEqual(len(rows), 25)  # every wanted item of every wish, and a paragraph
        self.assertTrue(all(('red' in x.split('wants:')[0]) == x.endswith('red please') for x in rows[:-1]), rows)
        self.assertTrue(rows[-1].startswith('A paragraph'))

    def test_refused(self):
        for form, step, said in (('csv', {}, b'trl, axolotl or text'), ('trl', {'readout': 'relevance'}, b'relevance')):
            r, _ = self.export(form, **step)
            self.assertEqual(r.returncode, 1, form)
            self.assertIn(said, r.stderr)
        self.assertEqual(cli('brew', 'export', 'x.json', env={'TAPROOM_CACHE': self.cache}).returncode, 2)
        r = cli('brew', 'export', self.cache + '/none.json', self.cache + '/out', env={'TAPROOM_CACHE': self.cache})
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'none.json', r.stderr)

    def test_what_comes_back_says_what_it_is_for(self):
        """PEFT's folder with taproom.json is read by the whole wish, one without as any adapter."""
        peft = self.cache + '/adapters/mine.peft'
        shutil.copytree(ROOT / 'fixtures/grad/tied', peft)
        s = Server('--model', 'base', '--cache', self.cache)
        fill(s)
        body = {'catalog': 'small', 'instruction': 'quiet grief', 'model': 'base+mine', 'candidates': ['i1', 'i2', 'i3']}

        def whole():
            code, x, _ = s.call('POST', '/api/rank', body)
            self.assertEqual(code, 200, x)
            return ['whole' in i for i in x['items']]
        self.assertEqual(whole(), [False] * 3)
        s.stop()
        pathlib.Path(peft + '/taproom.json').write_text('{"readout": "query", "gain": 1, "beta": 0.2}')
        s = Server('--model', 'base', '--cache', self.cache)
        fill(s)
        self.assertEqual(whole(), [True] * 3)
        s.stop()


if __name__ == '__main__':
    main()
