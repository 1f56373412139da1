"""What goes on, and giving it up: python3 tasks.test.py TAPROOM [unittest arguments]."""
import json
import threading
import time

import guarded
from harness import Case, Server, fill, lines, main, rows


class Tasks(Case):
    @classmethod
    def setUpClass(cls):
        cls.s = Server('--backend', 'ref')
        fill(cls.s, 'small', 500, 'A text about the sea that is quite long. ' * 20)

    @classmethod
    def tearDownClass(cls):
        assert cls.s.stop() == 0

    def tasks(self, **want):
        code, body, _ = self.s.call('GET', '/api/tasks')
        self.assertEqual(code, 200)
        return [t for t in body['tasks'] if all(t[k] == v for k, v in want.items())]

    def await_task(self, until=lambda t: True, **want):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for t in self.tasks(**want):
                if until(t):
                    return t
            time.sleep(.02)
        self.fail(f'no task {want}: {self.tasks()}')

    def begin(self, path, request):
        got = []
        thread = threading.Thread(target=lambda: got.append(self.s.call('POST', path, request)))
        thread.start()
        return thread, got

    def test_ranking(self):
        """Listed with how far it is; cancelled by its id, and only it."""
        request = {'catalog': 'small', 'instruction': 'sea', 'candidates': [f'i{k}' for k in range(500)], 'client': 'tab'}
        thread, got = self.begin('/api/rank', request)
        t = self.await_task(lambda t: t['done'] and t['seconds_left'] is not None, kind='rank', phase='score')
        self.assertEqual((t['client'], t['owner'], t['state']), ('tab', '', 'running'))
        self.assertLess(t['done'], t['total'])
        self.assertGreater(t['seconds_left'], 0)
        self.refused(self.s.call('DELETE', '/api/tasks/999'), 404, 'not_found')
        code, body, _ = self.s.call('DELETE', '/api/tasks/' + t['id'])
        self.assertEqual((code, body), (200, {'cancelled': t['id']}))
        thread.join(60)
        e = self.refused(got[0], 409, 'cancelled')
        self.assertIn('/api/tasks', e['message'])
        self.assertEqual(self.tasks(id=t['id']), [])
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + t['id'])[0], 404)

    def test_explanation(self):
        request = {'catalog': 'small', 'instruction': 'sea and boats', 'items': ['i1', 'i2'],
                   'candidates': [f'i{k}' for k in range(300)]}
        thread, got = self.begin('/api/explain', request)
        t = self.await_task(kind='explain')
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + t['id'])[0], 200)
        thread.join(60)
        self.refused(got[0], 409, 'cancelled')

    def test_import(self):
        """An upload that is still coming can be given up; nothing of it is stored."""
        body = lines(rows(2000, 'A text about the sea. ' * 200)).encode()
        c = self.s.connect()
        c.putrequest('POST', '/api/catalogs?name=half')
        c.putheader('Content-Type', 'application/x-ndjson')
        c.putheader('Content-Length', str(len(body)))
        c.endheaders()
        c.send(body[:len(body) // 2])
        t = self.await_task(lambda t: t['done'], kind='import', subject='half')
        self.assertEqual(t['total'], len(body))
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + t['id'])[0], 200)
        c.send(body[len(body) // 2:])
        r = c.getresponse()
        self.assertEqual((r.status, json.loads(r.read())['error']['code']), (409, 'cancelled'))
        c.close()
        self.assertEqual(self.s.call('GET', '/api/catalogs/half')[0], 404)

    def test_experiment(self):
        """A cancelled cell and those behind it have failed."""
        spec = {'name': 'cut', 'protocol': 'coldstart', 'catalog': 'jobs', 'members': 200,
                'grid': {'k': [0, 10], 'readout': ['item']}}
        code, x, _ = self.s.call('POST', '/api/experiments', spec)
        self.assertEqual(code, 200, x)
        t = self.await_task(kind='experiment', subject=x['id'])
        self.assertEqual(self.s.call('DELETE', '/api/tasks/' + t['id'])[0], 200)
        self.assertTrue(guarded.waited_for(lambda: not self.tasks(kind='experiment')))
        now = self.s.call('GET', '/api/experiments/' + x['id'])[1]
        self.assertEqual([c['error'] for c in now['results']], ['it was cancelled'] * 2, now)
        self.assertEqual(now['state'], 'failed')


class Owners(Case):
    def test_owners(self):
        """Who only ranks sees and cancels its own; who only reads cancels none; an administrator all."""
        s = guarded.Guarded('--backend', 'ref')
        got = []
        request = {'catalog': 'jobs', 'instruction': 'a job near the sea', 'candidates': {'retrieve': 'all'}}
        thread = threading.Thread(target=lambda: got.append(s.by('rob', 'POST', '/api/rank', request)))
        thread.start()
        own = guarded.waited_for(lambda: s.by('rob', 'GET', '/api/tasks')[1]['tasks'])
        self.assertEqual([(t['kind'], t['owner']) for t in own], [('rank', 'rob')])
        at = '/api/tasks/' + own[0]['id']
        self.assertEqual(s.by('ron', 'GET', '/api/tasks')[1]['tasks'], [])
        self.assertIn(own[0]['id'], [t['id'] for t in s.by('ada', 'GET', '/api/tasks')[1]['tasks']])
        self.refused(s.by('ron', 'DELETE', at), 404, 'not_found')
        self.refused(s.by('eve', 'DELETE', at), 403, 'forbidden')
        self.assertEqual(s.by('ada', 'DELETE', at)[0], 200)
        thread.join(60)
        self.refused(got[0], 409, 'cancelled')
        self.assertEqual(len(s.audit('cancel')), 3)
        self.assertEqual(s.stop(), 0)


if __name__ == '__main__':
    main()
