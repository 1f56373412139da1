"""The adapter that comes with the program: python3 house.test.py TAPROOM [unittest arguments]."""
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import Case, ENV, ROOT, SERVERS, TAPROOM, cli, folder, main

TINY = ROOT / 'fixtures/tiny'
BASE = 'smollm2-135m-instruct-q4_1'
SHIPPED = ROOT / 'fixtures/brew/house.gguf'
WEIGHTS = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')) / f'taproom/models/{BASE}.gguf'


class House(Case):
    def setUp(self):
        self.cache = folder('cache')
        os.mkdir(self.cache + '/models')
        self.place = pathlib.Path(self.cache + '/adapters/house.gguf')

    def rank(self, *more):
        r = cli('rank', '--catalog', 'jobs', '--instruction', 'by the sea', '--candidates', 'j001,j002', '--json', *more,
                env={'TAPROOM_CACHE': self.cache, 'TAPROOM_DATA': self.cache + '/data'}, timeout=900)
        self.assertEqual(r.returncode, 0, r.stderr)
        return json.loads(r.stdout), r.stderr.decode()

    def tiny(self):
        """Another model under the default one's name."""
        shutil.copy(TINY / 'tied.gguf', f'{self.cache}/models/{BASE}.gguf')

    def test_names_its_base_and_is_small(self):
        raw = SHIPPED.read_bytes()
        hashes = re.findall(r'models/' + BASE + r'\.gguf ([0-9a-f]{64})', (ROOT / 'taproom').read_text())
        self.assertEqual(len(hashes), 1)
        self.assertIn(hashes[0].encode(), raw)
        self.assertLess(len(raw), 6 << 20)

    def test_put_into_the_cache_and_mended(self):
        self.tiny()
        self.rank()
        self.assertEqual(self.place.read_bytes(), SHIPPED.read_bytes())
        self.place.write_bytes(SHIPPED.read_bytes()[:1000])
        self.rank()
        self.assertEqual(self.place.read_bytes(), SHIPPED.read_bytes())

    def test_not_over_another_model(self):
        self.tiny()
        mine, said = self.rank()
        self.assertIn('Without the adapter house', said)
        plain, said = self.rank('--model', BASE)
        self.assertNotIn('adapter', said)
        self.assertEqual(mine['model']['sha256'], plain['model']['sha256'])

    def test_without_room_for_it(self):
        self.tiny()
        pathlib.Path(self.cache + '/adapters').write_text('a file')
        _, said = self.rank()
        self.assertIn('read without its adapter', said)

    def loaded(self, *options):
        """The default model of a server, once it is loaded."""
        p = subprocess.Popen([TAPROOM, 'serve', '--port', '0', *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             env={**ENV, 'TAPROOM_CACHE': self.cache, 'TAPROOM_DATA': self.cache + '/data'})
        SERVERS.append(p)
        port = int(re.search(r':(\d+)$', p.stdout.readline().decode().strip())[1])
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=400)
        c.request('GET', '/api/model')
        model = json.loads(c.getresponse().read())
        c.close()
        p.terminate()
        self.assertEqual(p.wait(60), 0)
        return model

    def test_default_and_off(self):
        if not WEIGHTS.exists():
            self.skipTest('the default model is not there; ./taproom setup fetches it')
        os.symlink(WEIGHTS, f'{self.cache}/models/{BASE}.gguf')
        tuned, plain = self.loaded(), self.loaded('--model', 'smollm2-135m')
        self.assertEqual(tuned['id'], BASE + '+house')
        self.assertEqual(plain['id'], BASE)
        self.assertNotEqual(tuned['sha256'], plain['sha256'])
        self.assertEqual(plain['sha256'], 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53')


if __name__ == '__main__':
    main()
