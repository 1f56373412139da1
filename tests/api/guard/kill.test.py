"""kill -9 at random moments while runs are saved, catalogues imported, wishes kept, backups made and dumps restored: whatever was
acknowledged is there afterwards, and nothing is half. TAPROOM_KILLS=500 for many: python3 kill.test.py TAPROOM [unittest arguments].
"""
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time

from harness import Case, ENV, SERVERS, Server, TAPROOM, fill, lines, main, rows

KILLS = int(os.environ.get('TAPROOM_KILLS', '12'))
SEED = int(os.environ.get('TAPROOM_SEED', '7'))


class Writers:
    """What people do at once, and what of it was acknowledged."""

    def __init__(self, server, state):
        self.s, self.state, self.going = server, state, True
        self.threads = [threading.Thread(target=self.loop, args=(w,)) for w in (self.save, self.bring, self.keep, self.drop)]
        for t in self.threads:
            t.start()

    def loop(self, step):
        while self.going:
            try:
                step()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(.02)

    def save(self):
        code, r, _ = self.s.rank(instruction='sea', top=1, candidates=['i1', 'i2'])
        if code == 200 and r['run']:
            self.state['runs'].add(r['run'])

    def bring(self):
        n = random.choice((30, 300, 900))
        self.state['sizes'].add(n)
        code, r, _ = self.s.call('POST', '/api/catalogs?name=moving&replace=1', lines(rows(n)), 'application/x-ndjson')
        if code == 200 and r['stored']:
            self.state['moving'] = True

    def keep(self):
        code, p, _ = self.s.call('POST', '/api/catalogs/small/preferences', {'text': f'wish {time.monotonic_ns()}', 'active': False})
        if code == 200:
            self.state['kept'][p['id']] = p['text']
        elif code == 413:  # a catalogue has at most 200
            self.remove()

    def remove(self):
        if self.state['kept']:
            one = next(iter(self.state['kept']))
            text = self.state['kept'].pop(one)
            self.state['unsure'][one] = text
            code = self.s.call('DELETE', f'/api/catalogs/small/preferences/{one}')[0]
            if code == 200:
                self.state['unsure'].pop(one)
                self.state['gone'].add(one)

    def drop(self):
        time.sleep(.05)
        self.remove()

    def stop(self):
        self.going = False
        for t in self.threads:
            t.join()


class Killed(Case):
    def look(self, s, state):
        total = s.call('GET', '/api/runs?limit=1000')[1]
        there = {r['id'] for r in total['runs']}
        for run in state['runs'] - there:  # beyond the newest thousand
            self.assertEqual(s.call('GET', '/api/runs/' + run)[0], 200, run)
        kept = {p['id']: p['text'] for p in s.call('GET', '/api/catalogs/small/preferences')[1]['preferences']}
        for one, text in state['kept'].items():
            self.assertEqual(kept.get(one), text)
        self.assertFalse(state['gone'] & set(kept))
        code, c, _ = s.call('GET', '/api/catalogs/moving')
        if state['moving']:
            self.assertEqual(code, 200)
        if code == 200:
            self.assertIn(c['items'], state['sizes'])
            self.assertEqual(s.call('GET', '/api/catalogs/moving/items?limit=1')[1]['total'], c['items'])
        self.assertEqual([x for x in os.listdir(s.data) if '.tmp' in x], [])

    def await_some(self, state):
        """Until one of each was acknowledged in this round, or for some seconds."""
        runs, kept, until = len(state['runs']), len(state['kept']) + len(state['gone']), time.monotonic() + 8
        while time.monotonic() < until and (len(state['runs']) == runs or len(state['kept']) + len(state['gone']) == kept):
            time.sleep(.02)

    def test_nothing_acknowledged_is_lost(self):
        random.seed(SEED)
        s = Server()
        fill(s)
        state = {'runs': set(), 'sizes': set(), 'kept': {}, 'unsure': {}, 'gone': set(), 'moving': False}
        for k in range(KILLS):
            w = Writers(s, state)
            backup = subprocess.Popen([TAPROOM, 'backup', '--data', s.data, '--keep', '2'], env=ENV,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            SERVERS.append(backup)
            self.await_some(state)
            time.sleep(random.uniform(0, .8))
            if k % 2:
                backup.kill()
            s.stop(signal.SIGKILL)
            w.stop()
            backup.kill()
            backup.wait()
            s = Server(data=s.data)
            self.look(s, state)
        self.assertEqual(s.stop(), 0)
        print(f'{KILLS} kills (seed {SEED}): {len(state["runs"])} runs, {len(state["kept"])} wishes kept, '
              f'{len(state["gone"])} removed, none lost')
        self.assertTrue(state['runs'] and state['kept'] and state['moving'])
        for name in os.listdir(s.data + '/backups'):
            self.assertTrue(name.endswith('.db') or name.startswith('part-'), name)
        r = subprocess.run([TAPROOM, 'repair', '--data', s.data, '--json'], env=ENV, capture_output=True)
        self.assertEqual(json.loads(r.stdout), {'damaged': False, 'from_backup': False})

    def test_restore_is_whole_or_not(self):
        """Killed while a dump takes everything's place: all of the old or all of the dump, and the dump where it was acknowledged."""
        random.seed(SEED)
        s = Server()
        fill(s)
        c = s.connect()
        c.request('GET', '/api/dump')
        dump = c.getresponse().read()
        acknowledged = came = 0
        for k in range(max(KILLS // 4, 3)):
            code, r, _ = s.call('POST', '/api/catalogs?name=later&replace=1', lines(rows(300)), 'application/x-ndjson')
            self.assertTrue(code == 200 and r['stored'])
            code, r, _ = s.rank(instruction='sea', top=1, candidates=['i1', 'i2'])
            self.assertEqual(code, 200)
            got = []

            def restore():
                try:
                    got.append(s.call('POST', '/api/restore?replace=1', dump, 'application/vnd.sqlite3')[0])
                except (OSError, http.client.HTTPException, ValueError):
                    pass
            t = threading.Thread(target=restore)
            t.start()
            time.sleep(random.uniform(0, .6) if k else 2)
            s.stop(signal.SIGKILL)
            t.join()
            s = Server(data=s.data)
            later, run = (s.call('GET', p)[0] for p in ('/api/catalogs/later', '/api/runs/' + r['run']))
            self.assertIn((later, run), ((200, 200), (404, 404)))
            if got:
                self.assertEqual((got[0], later), (200, 404))
            acknowledged += bool(got)
            came += later == 404
            self.assertEqual(s.call('GET', '/api/catalogs/small')[1]['items'], 40)
            self.assertEqual([x for x in os.listdir(s.data) if '.tmp' in x], [])
        print(f'{k + 1} kills in a restore (seed {SEED}): {came} done, {acknowledged} of them acknowledged')
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
