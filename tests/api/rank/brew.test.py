"""Training: recipes and what is wrong with them, kill -9 and resume, cancelling, the adapter in a ranking:
python3 brew.test.py TAPROOM [unittest arguments].
"""
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import time

from harness import Case, ENV, ROOT, Server, TAPROOM, cli, fill, folder, main

TINY = ROOT / 'fixtures/tiny'
STEP = {'do': 'train', 'readout': 'query', 'rank': 2, 'lists': 2, 'items': 4, 'steps': 3}


def sheet(k, kinds=2):
    items = [{'title': f'Item {k} {i}', 'text': f'About {"red" if i % 2 else "blue"} things', 'tags': ['t'] * (i % 3)}
             for i in range(6)]
    wishes = [{'kind': f'kind{w}', 'wish': 'red please' if w else 'all that is blue',
               'grades': [2 * (i % 2 == w) for i in range(6)]} for w in range(kinds)]
    wishes.append({'kind': 'history', 'wish': '', 'liked': items[:2], 'grades': [2, 0, 1, 0, 0, 0]})
    return {'surface': f'shop {k}', 'item_kind': 'post', 'items': items, 'wishes': wishes}


class Brew(Case):
    def setUp(self):
        self.cache = folder('cache')
        os.mkdir(self.cache + '/models')
        shutil.copy(TINY / 'tied.gguf', self.cache + '/models/base.gguf')
        shutil.copy(TINY / 'qwen2.gguf', self.cache + '/models/other.gguf')
        self.lists = self.cache + '/lists.jsonl'
        self.kept = self.cache + '/kept.jsonl'
        pathlib.Path(self.lists).write_text(''.join(json.dumps(sheet(k)) + '\n' for k in range(4)))
        pathlib.Path(self.kept).write_text(''.join(json.dumps(sheet(k)) + '\n' for k in range(10, 14)))
        self.env = {'TAPROOM_CACHE': self.cache, 'TAPROOM_DATA': self.cache + '/data'}

    def recipe(self, name='mine', data=None, steps=None, **more):
        path = f'{self.cache}/{name}.json'
        data = {'lists': [self.lists], 'keep_out': 0, 'keep_out_lists': [self.kept], **(data or {})}
        pathlib.Path(path).write_text(json.dumps({'name': name, 'model': 'base', 'seed': 3, 'threads': 1, 'data': data,
                                                  'steps': [STEP] if steps is None else steps, **more}))
        return path

    def brew(self, path, *more):
        return cli('brew', path, '--json', *more, env=self.env)

    def good(self, path, *more):
        r = self.brew(path, '--force', *more)
        self.assertEqual(r.returncode, 0, r.stderr)
        return json.loads(r.stdout)

    def adapter(self, name='mine'):
        return pathlib.Path(f'{self.cache}/adapters/{name}.gguf').read_bytes()

    def test_brews_and_ranks(self):
        report = self.good(self.recipe())
        self.assertEqual(report['steps'], 3)
        self.assertEqual(report['lists_seen'], 6)
        self.assertEqual((report['sheets'], report['sheets_kept_out']), (4, 4))
        self.assertEqual(len(report['curve']), 3)
        self.assertEqual((report['lists']['wishes'], report['adopted']), (8, True))
        self.assertEqual(set(report['lists']['kinds']), {'kind0', 'kind1'})
        s = Server('--model', 'base', '--cache', self.cache)
        fill(s)
        body = {'catalog': 'small', 'instruction': 'quiet grief', 'readout': 'query', 'candidates': ['i1', 'i2', 'i3']}
        def scores(model, **more):
            code, x, _ = s.call('POST', '/api/rank', {**body, 'model': model, **more})
            self.assertEqual(code, 200, x)
            return x['model']['sha256'], {i['item']: i['logprob'] for i in x['items']}
        base, plain = scores('base')
        mine, tuned = scores('base+mine')
        self.assertNotEqual(base, mine)
        self.assertNotEqual(plain, tuned)
        alone = scores('base+mine', candidates=['i2'])[1]
        self.assertEqual(alone['i2'], tuned['i2'])
        self.refused(s.call('POST', '/api/rank', {**body, 'model': 'base+none'}), 404, field='model')
        self.refused(s.call('POST', '/api/rank', {**body, 'model': 'base+../mine'}), 404, field='model')
        code, x, _ = s.call('POST', '/api/rank', {**body, 'model': 'other+mine'})  # another base
        self.assertIn(code, (400, 409, 422), x)
        self.assertIn('adapter', x['error']['message'])
        self.assertEqual(scores('base'), (base, plain))
        self.assertEqual(s.stop(), 0)

    def test_same_bits_after_a_kill(self):
        steps = [{**STEP, 'steps': 40, 'lists': 4}]
        self.good(self.recipe('whole', steps=steps))
        whole = self.adapter('whole')
        text = pathlib.Path(self.recipe('cut', steps=steps)).read_text()
        p = subprocess.Popen([TAPROOM, 'brew', self.cache + '/cut.json', '--force'], stderr=subprocess.PIPE,
                             env={**ENV, **self.env, 'TAPROOM_CHECKPOINT_S': '0.01'})
        for line in p.stderr:
            if line.startswith(b'  step 9 of'):
                break
        p.send_signal(signal.SIGKILL)
        p.wait(20)
        p.stderr.close()
        self.assertFalse(os.path.exists(self.cache + '/adapters/cut.gguf'))
        r = cli('brew', self.cache + '/cut.json', '--force', '--resume', env=self.env)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertNotIn(b'  step 1 of', r.stderr)
        self.assertEqual(self.adapter('cut'), whole)
        p = subprocess.Popen([TAPROOM, 'brew', self.cache + '/cut.json', '--force'], stderr=subprocess.PIPE,
                             env={**ENV, **self.env})
        for line in p.stderr:
            if line.startswith(b'  step 5 of'):
                break
        p.send_signal(signal.SIGTERM)  # cancelled: ends with a checkpoint and says how to go on
        said = p.stderr.read()
        self.assertEqual(p.wait(20), 1)
        p.stderr.close()
        self.assertIn(b'--resume', said)
        self.assertEqual(cli('brew', self.cache + '/cut.json', '--force', '--resume', env=self.env).returncode, 0)
        self.assertEqual(self.adapter('cut'), whole)
        pathlib.Path(self.cache + '/cut.json').write_text(text.replace('"seed": 3', '"seed": 4'))
        r = cli('brew', self.cache + '/cut.json', '--resume', env=self.env)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'--resume', r.stderr)

    def test_losses_and_readouts(self):
        pathlib.Path(self.cache + '/text.txt').write_text('\n\n'.join(f'Paragraph {k} says something of no matter.' * 2
                                                                      for k in range(12)))
        for name, step in (('item', {'readout': 'item'}), ('pair', {'losses': {'pair': 1, 'pair_gain': 2}}),
                           ('text', {'losses': {'text': 1}}), ('mixed', {'losses': {'list': 1, 'text': .1}}),
                           ('few', {'linears': ['q_proj', 'v_proj'], 'first_layer': 2})):
            report = self.good(self.recipe(name, data={'texts': [self.cache + '/text.txt'], 'keep_out': .3},
                                           steps=[{**STEP, **step}]))
            self.assertEqual(len(report['curve']), 3, name)
            self.assertTrue(all(x == x for p in report['curve'] for x in p), name)

    def test_teacher(self):
        """A teacher of another vocabulary; what is wrong with one is said by its field or file."""
        step = {**STEP, 'losses': {'teacher': 1, 'teacher_gain': 20}, 'teacher': 'other'}
        report = self.good(self.recipe('taught', steps=[{**step, 'steps': 30, 'lists': 8, 'items': 6, 'rank': 8,
                                                         'rate': .02, 'warm': 2}]))
        losses = [p[0] for p in report['curve']]
        self.assertTrue(all(x >= 0 for x in losses), losses)  # a divergence
        self.assertLess(sum(losses[-5:]), .8 * sum(losses[:5]))
        for change, said in (({'teacher': 'nobody'}, b'nobody'), ({'losses': {'list': 1}}, b'steps[0].teacher'),
                             ({'teacher': 7}, b'steps[0].teacher'), ({'losses': {'teacher': -1}}, b'losses.teacher')):
            r = self.brew(self.recipe('bad', steps=[{**step, **change}]))
            self.assertEqual(r.returncode, 1, change)
            self.assertIn(said, r.stderr, change)
        r = self.brew(self.recipe('bad', steps=[{**STEP, 'losses': {'teacher': 1}}]))
        self.assertIn(b'steps[0].teacher', r.stderr)

    def test_relevance_needs_answers_of_one_token(self):
        r = self.brew(self.recipe('relevance', steps=[{**STEP, 'readout': 'relevance'}]))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'must be one', r.stderr)

    def test_guard_measures(self):
        report = self.good(self.recipe())
        self.assertEqual(report['instructions']['before']['n'], 200)
        self.assertEqual(len(report['instructions']['kinds']), 25)
        self.assertTrue(all(k['n'] == 8 for k in report['instructions']['kinds'].values()))
        self.assertEqual(report['injection']['after']['n'], report['injection']['before']['n'])
        self.assertTrue(-1 <= report['injection']['after']['mean'] <= 1)

    def test_memorises(self):
        report = self.good(self.recipe(steps=[{**STEP, 'steps': 30, 'lists': 8, 'items': 6, 'rank': 8, 'rate': .02,
                                               'warm': 2}]))
        first, last = report['curve'][0][0], report['curve'][-1][0]
        self.assertLess(last, .8 * first)

    def test_members(self):
        """Histories of a catalogue's training members; its test members are only measured on."""
        data = {'lists': [], 'keep_out_lists': [], 'catalogs': ['jobs'], 'members': 12}
        report = self.good(self.recipe('members', data=data, steps=[{**STEP, 'readout': 'item'}]))
        self.assertGreater(report['sheets'], 0)
        self.assertGreater(report['sheets_kept_out'], 0)
        self.assertEqual(report['lists']['wishes'], report['sheets_kept_out'])
        r = self.brew(self.recipe('unknown', data={**data, 'catalogs': ['nothing']}, steps=[{**STEP, 'readout': 'item'}]))
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'nothing', r.stderr)

    def test_shuffled_grades_do_not_generalise(self):
        """What can be learned from true grades helps on lists that were kept out; shuffled ones do not."""
        def sheets(names, shuffled):
            draw, lines = random.Random(5), []
            for k in names:
                x = sheet(k, 1)
                x['wishes'] = x['wishes'][:1]
                if shuffled:
                    draw.shuffle(x['wishes'][0]['grades'])
                lines.append(json.dumps(x) + '\n')
            return ''.join(lines)
        pathlib.Path(self.kept).write_text(sheets(range(100, 120), False))
        step = {**STEP, 'steps': 40, 'lists': 8, 'items': 6, 'rank': 8, 'rate': .02, 'warm': 2}
        change = {}
        for shuffled in (False, True):
            pathlib.Path(self.lists).write_text(sheets(range(24), shuffled))
            report = self.good(self.recipe('control', steps=[step]))
            change[shuffled] = report['lists']['auc']['change']
        self.assertGreater(change[False]['lo'], .2, change)
        self.assertLess(change[True]['mean'], .5 * change[False]['mean'], change)

    def test_numbers_that_break(self):
        r = self.brew(self.recipe('broken', steps=[{**STEP, 'steps': 30, 'rate': 10, 'clip': 0, 'warm': 0}]))
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, rb'step \d+.* not a finite number')
        self.assertFalse(os.path.exists(self.cache + '/adapters/broken.gguf'))

    def test_full_disk(self):
        """A file that cannot be written whole is an error, and nothing half written stays under the adapter's name."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 10, 4 << 10))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        r = subprocess.run([TAPROOM, 'brew', self.recipe(), '--force'], env={**ENV, **self.env}, preexec_fn=limit,
                           capture_output=True, timeout=120)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertRegex(r.stderr.lower(), rb'full|too large|no space')
        left = os.listdir(self.cache + '/adapters')
        self.assertFalse([x for x in left if not x.endswith('.part')], left)
        self.good(self.recipe())  # with room again

    def test_cancelled_in_every_phase(self):
        """SIGTERM at any time ends the run with a word or lets it finish; going on gives the same bits."""
        steps = [{**STEP, 'steps': 12, 'lists': 4}]
        began = time.monotonic()
        self.good(self.recipe('whole', steps=steps))
        lasted = time.monotonic() - began
        path = self.recipe('cut', steps=steps)
        for k in range(12):
            p = subprocess.Popen([TAPROOM, 'brew', path, '--force', '--resume'], stderr=subprocess.PIPE,
                                 env={**ENV, **self.env})
            time.sleep(lasted * k / 12)
            p.send_signal(signal.SIGTERM)
            said = p.communicate(timeout=60)[1]
            self.assertIn(p.returncode, (0, 1, -signal.SIGTERM), said)
            self.assertEqual(p.returncode == 1, b'cancelled' in said, said)
        r = cli('brew', path, '--force', '--resume', env=self.env)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual(self.adapter('cut'), self.adapter('whole'))

    def test_changed_recipe_is_not_resumed(self):
        self.good(self.recipe())
        r = self.brew(self.recipe(half=1), '--resume')
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'was changed since its checkpoint', r.stderr)
        self.assertIn(b'leave --resume out', r.stderr)

    def test_guard(self):
        r = self.brew(self.recipe('nothing', data={'keep_out_lists': []}))
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertIn('kept out', json.loads(r.stdout)['fell'])
        self.assertFalse(os.path.exists(self.cache + '/adapters/nothing.gguf'))

    def test_bad_recipes(self):
        for change, field in (({'name': '../x'}, 'name'), ({'model': 7}, 'model'), ({'seed': -1}, 'seed'),
                              ({'steps': []}, 'steps'), ({'more': 1}, 'more'),
                              ({'steps': [{'do': 'prune'}]}, 'steps[0].do'),
                              ({'steps': [{**STEP, 'rank': 0}]}, 'steps[0].rank'),
                              ({'steps': [{**STEP, 'epochs': 1}]}, 'steps[0].steps'),
                              ({'steps': [{**STEP, 'losses': {'list': 0}}]}, 'steps[0].losses'),
                              ({'steps': [{**STEP, 'linears': ['head']}]}, 'steps[0].linears'),
                              ({'steps': [{**STEP, 'rate': 'fast'}]}, 'steps[0].rate')):
            r = self.brew(self.recipe('bad', **change) if 'name' not in change else self.named(change['name']))
            self.assertEqual(r.returncode, 1, change)
            self.assertIn(field.encode(), r.stderr, change)
        for text, line in (('{"surface":"x"', 1), ('\n{"items":[{"title":"a"},{"title":"b"}],"wishes":[]}', 2),
                           (json.dumps({**sheet(1), 'wishes': [{'wish': 'x', 'grades': [1]}]}), 1),
                           (json.dumps({**sheet(1), 'wishes': [{'wish': 'x', 'grades': [3] * 6}]}), 1)):
            pathlib.Path(self.lists).write_text(text)
            r = self.brew(self.recipe('bad'))
            self.assertEqual(r.returncode, 1, text)
            self.assertIn(f'line {line}'.encode(), r.stderr, text)

    def named(self, name):
        path = self.recipe('bad')
        x = json.loads(pathlib.Path(path).read_text())
        pathlib.Path(path).write_text(json.dumps({**x, 'name': name}))
        return path


if __name__ == '__main__':
    main()
