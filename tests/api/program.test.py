"""The command line, and the default model where its weights are at hand:
python3 program.test.py TAPROOM [unittest arguments].
"""
import csv
import json
import os
import pathlib
import re

from harness import Case, Page, Server, TINY, cli, folder, lines, rows, main


class CommandLine(Case):
    def test_usage(self):
        for args in ((), ('fly',), ('serve', '--fly'), ('serve', '--port'), ('serve', '--port', '70000'),
                     ('serve', '--port', 'x'), ('serve', 'extra'), ('rank',), ('import',), ('import', 'x'), ('setup',),
                     ('rank', '--catalog', 'x', '--readout', 'magic'), ('import', 'x', '--catalog', 'c', '--kind', 'y'),
                     ('model',), ('model', 'show'), ('eval',), ('eval', 'luck'), ('bench', '--items', '0'),
                     ('bench', '-x'), ('serve', '--json'), ('serve', '--precision', 'f64'), ('bench', '--backend', 'magic'),
                     ('model', 'show', TINY, '--backend='), ('rank', '--catalog', 'jobs', '--precision', 'x')):
            r = cli(*args)
            self.assertEqual((r.returncode, r.stdout), (2, b''), args)
            self.assertTrue(r.stderr.startswith(b'taproom: '), args)
        r = cli('bench', env={'TAPROOM_BACKEND': 'gpu'})
        self.assertEqual(r.returncode, 2)
        self.assertIn(b"TAPROOM_BACKEND must be auto, cpu, cuda or ref, not 'gpu'", r.stderr)
        r = cli('serve', env={'TAPROOM_PORT': 'x'})
        self.assertEqual(r.returncode, 2)
        self.assertIn(b'TAPROOM_PORT', r.stderr)

    def test_help(self):
        self.assertEqual(cli('--version').stdout, b'taproom 0.1.0\n')
        r = cli('--help')
        self.assertEqual((r.returncode, r.stderr), (0, b''))
        commands = re.findall(r'^  ([a-z]+) .*', r.stdout.decode().split('Commands:')[1].split('\n\n')[0], re.M)
        self.assertEqual(commands, ['serve', 'rank', 'import', 'dump', 'restore', 'backup', 'repair', 'eval', 'experiment', 'brew', 'bench',
                                    'model', 'setup', 'test'])
        for command in commands[:12]:
            text = cli(command, '--help').stdout.decode()
            for option in re.findall(r'^  --([a-z-]+) ', text, re.M):
                if option != 'help':
                    self.assertIn('TAPROOM_' + option.upper().replace('-', '_'), text)
            self.assertIn('--cache ', text)

    def test_names_are_cleaned_for_terminals(self):
        raw = pathlib.Path(TINY).read_bytes()
        self.assertIn(b'tiny tied', raw)
        model = pathlib.Path(folder('model'), 'm.gguf')
        model.write_bytes(raw.replace(b'tiny tied', b'tiny\x1b[31m'))
        data = folder('data')
        shelf = pathlib.Path(data + '/shelf.jsonl')
        shelf.write_text(lines(rows(5)))
        self.assertEqual(cli('import', '--catalog', 'shelf', str(shelf), '--data', data).returncode, 0)
        for args in (('model', 'show', str(model)), ('bench', '--model', str(model), '--items', '2', '--prefix', '8', '--item-tokens', '4'),
                     ('rank', '--catalog', 'shelf', '--instruction', 'sea', '--model', str(model), '--data', data),
                     ('rank', '--catalog', 'sh\x1b[31melf', '--model', str(model), '--data', data)):
            r = cli(*args)
            self.assertIn(b'31m', r.stdout + r.stderr, args)
            self.assertNotIn(b'\x1b', r.stdout + r.stderr, args)

    def test_import_and_rank(self):
        data = folder('data')
        shelf = pathlib.Path(data + '/shelf.jsonl')
        shelf.write_text(lines(rows(20)))
        r = cli('import', '--catalog', 'shelf', str(shelf), '--data', data, '--json')
        self.assertEqual(r.returncode, 0, r.stderr)
        want = {'catalog': 'shelf', 'read': 20, 'kept': 20, 'rejected': 0, 'stored': True, 'errors': [], 'warnings': []}
        self.assertEqual({k: v for k, v in json.loads(r.stdout).items() if k in want}, want)
        self.assertEqual(cli('import', '--catalog', 'shelf', str(shelf), '--data', data).returncode, 1)
        r = cli('import', '--catalog', 'shelf', '-', '--kind', 'members', '--format', 'csv', '--data', data,
                stdin=b'id,profile\nm1,likes boats\n')
        self.assertEqual(r.returncode, 0, r.stderr)
        r = cli('import', '--catalog', 'bad', '-', '--data', data, stdin=b'{"id":"1"}\n{"id":"2","title":"x"}\n')
        self.assertEqual(r.returncode, 3)  # stored, but not all of it
        self.assertIn(b'line 1:', r.stdout)
        r = cli('import', '--catalog', 'bad', '-', '--data', data, '--strict', stdin=b'{"id":"1"}\n{"id":"2","title":"x"}\n')
        self.assertEqual(r.returncode, 1)
        self.assertEqual(cli('import', '--catalog', 'bad', '-', '--data', data, '--skip-bad', '--dry-run',
                             stdin=b'{"id":"1"}\n{"id":"2","title":"x"}\n').returncode, 0)
        self.assertEqual(cli('import', '--catalog', 'x', '/none.csv', '--data', data).returncode, 1)
        r = cli('rank', '--catalog', 'nope', '--data', data, '--model', TINY)
        self.assertEqual((r.returncode, r.stdout), (1, b''))
        self.assertIn(b'nope', r.stderr)
        self.assertNotIn(b'Loading model', r.stderr)
        rank = ('rank', '--catalog', 'shelf', '--instruction', 'boat, no robots', '--like', 'i1', '--dislike', 'i2',
                '--member', 'm1', '--data', data, '--model', TINY, '--top', '5')
        r = cli(*rank, '--json')
        self.assertEqual(r.returncode, 0, r.stderr)
        first = json.loads(r.stdout)
        self.assertEqual(len(first['items']), 5)
        r = cli(*rank, env={'TAPROOM_JSON': '1'})
        self.assertEqual(json.loads(r.stdout)['items'], first['items'])
        r = cli(*rank, '--html', data + '/run.html', '--csv', data + '/run.csv')
        self.assertEqual(r.returncode, 0, r.stderr)
        page = Page(pathlib.Path(data + '/run.html').read_text())
        self.assertEqual(page.ids, [f'rank-{k}' for k in range(1, 6)])
        self.assertIn('boat, no robots', page.texts)
        with open(data + '/run.csv', newline='') as f:
            self.assertEqual([x['item'] for x in csv.DictReader(f)], [i['item'] for i in first['items']])
        r = cli(*rank, '--policy', 'balanced', '--history-tokens', '9', '--preferences', '--json')
        self.assertEqual((r.returncode, json.loads(r.stdout)['history']['policy']), (0, 'balanced'), r.stderr)
        self.assertEqual(cli(*rank, '--policy', 'luck').returncode, 2)
        r = cli(*rank, '--html', data + '/none/run.html')
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'/none/run.html', r.stderr)
        text = cli(*rank).stdout.decode()
        table = [x for x in text.splitlines() if re.match(r' +\d+ ', x)]
        self.assertEqual(len(table), 5)
        for row, item in zip(table, first['items']):
            self.assertIn(item['title'], row)
            self.assertIn(f"{item['score']:.3f}", row)
        r = cli('rank', '--catalog', 'shelf', '--candidates', 'i3,zz', '--data', data, '--model', TINY)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'zz', r.stderr)
        s = Server(data=data)
        self.assertEqual(s.call('GET', '/api/runs')[1]['total'], 6)
        got = s.call('GET', '/api/runs/' + first['run'])[1]
        self.assertEqual(got['items'], first['items'])
        served = s.rank(**got['request'])[1]
        self.assertEqual(served['items'], first['items'])
        self.assertEqual(s.stop(), 0)

    def test_model_and_bench(self):
        r = cli('model', 'show', TINY, '--json')
        self.assertEqual((r.returncode, json.loads(r.stdout)['architecture']), (0, 'llama'))
        self.assertIn(b'architecture  llama', cli('model', 'show', TINY).stdout)
        self.assertEqual(cli('model', 'show', '/none.gguf').returncode, 1)
        r = cli('bench', '--model', TINY, '--json', '--items', '3')
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'vocabulary', r.stderr)


class RealModel(Case):
    """With the default model, where it was fetched."""

    def test_real(self):
        home = os.environ.get('TAPROOM_CACHE') or os.path.join(
            os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'taproom')
        model = os.path.join(home, 'models/smollm2-135m-instruct-q4_1.gguf')
        if not os.path.exists(model):
            self.skipTest('the default model is not there; ./taproom setup fetches it')
        s = Server('--model', model)
        ids = [f'j{k:03}' for k in range(1, 9)]
        code, r, _ = s.call('POST', '/api/rank', {'catalog': 'jobs', 'instruction': 'looking after sick people',
                                                  'candidates': ids})
        self.assertEqual((code, r['model']['sha256']),
                         (200, 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'))
        self.assertEqual(r['items'][0]['title'], 'Telephone triage nurse')
        again = s.call('POST', '/api/rank', {'catalog': 'jobs', 'instruction': 'looking after sick people',
                                             'candidates': ids[::-1]})[1]
        self.assertEqual([(i['item'], i['score'], i['logprob']) for i in again['items']],
                         [(i['item'], i['score'], i['logprob']) for i in r['items']])
        self.assertGreater(again['timing']['tokens_cached'], 0)
        self.assertEqual(s.stop(), 0)
        r = cli('bench', '--model', model, '--prefix', '32', '--items', '4', '--item-tokens', '8', '--json')
        self.assertEqual(r.returncode, 0, r.stderr)
        b = json.loads(r.stdout)
        self.assertEqual((b['cold_tokens'], b['cached_tokens']), (64, 32))
        self.assertLessEqual({'cold_s', 'cached_s', 'items_per_s', 'tokens_per_s', 'rss_mb', 'load_s'}, set(b))


if __name__ == '__main__':
    main()
