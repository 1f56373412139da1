"""Rankings as they go on: events, clients that leave, servers that stop:
python3 stream.test.py TAPROOM [unittest arguments].
"""
import json
import re
import signal
import socket
import threading
import time

from harness import Case, Server, Shared, fill, main


class Stream(Shared):
    def test_stream(self):
        code, events = self.s.events({'catalog': 'small', 'instruction': 'sea', 'top': 4, 'candidates': {'count': 30}})
        self.assertEqual(code, 200)
        self.assertEqual([e[0] for e in events], list(range(1, len(events) + 1)))
        self.assertEqual([e[2]['seq'] for e in events], [e[0] for e in events])
        names = [e[1] for e in events]
        self.assertEqual(names[-1], 'done')
        self.assertEqual(names.count('done') + names.count('error'), 1)
        self.assertEqual(set(names), {'progress', 'score', 'done'})
        for _, name, data in events:
            if name == 'progress':
                self.assertEqual(set(data), {'seq', 'phase', 'queue_position', 'items_done', 'items_total', 'tokens_done',
                                             'tokens_total', 'elapsed_ms', 'remaining_ms'})
            if name == 'score':
                self.assertEqual(set(data), {'seq', 'item', 'logprob'})
                self.assertLess(data['logprob'], 0)
        last = [d for _, n, d in events if n == 'progress'][-1]
        self.assertEqual((last['items_done'], last['items_total']), (30, 30))
        self.assertEqual(len({d['item'] for _, n, d in events if n == 'score'}), 30)
        result = events[-1][2]['result']
        plain = self.s.rank(instruction='sea', top=4, candidates={'count': 30})[1]
        self.assertEqual(result['items'], plain['items'])
        self.assertEqual(self.s.call('GET', '/api/runs/' + result['run'])[1]['items'], plain['items'])

    def test_stream_refused(self):
        for request, code in (({'catalog': 'none'}, 404), ({'catalog': 'small', 'top': 0}, 422), ({}, 422)):
            got, body = self.s.events(request)
            self.assertEqual(got, code)
            self.assertIn('message', body['error'])


class Slow(Case):
    """Cancelling and stopping, with a backend that is slow enough."""

    def setUp(self):
        self.s = Server('--backend', 'ref')
        fill(self.s, 'small', 500, 'A long text about the sea. ' * 12)
        self.request = {'catalog': 'small', 'instruction': 'sea', 'candidates': {'retrieve': 'all'}}

    def tearDown(self):
        self.assertEqual(self.s.stop(), 0)

    def metric(self, name):
        text = self.s.call('GET', '/metrics')[1]
        return int(re.search(rf'^taproom_{name} (\d+)$', text, re.M)[1])

    def begin(self):
        """A streamed ranking of which some events have arrived."""
        body = json.dumps(self.request).encode()
        c = socket.create_connection(('127.0.0.1', self.s.port), 30)
        c.sendall(b'POST /api/rank HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n'
                  b'Accept: text/event-stream\r\nContent-Length: %d\r\n\r\n%s' % (self.s.port, len(body), body))
        got = b''
        while b'"phase":"score"' not in got:
            got += c.recv(65536)
        self.assertNotIn(b'event: done', got, 'the ranking must still run')
        return c

    def test_client_gone(self):
        for reset in (False, True):
            before = self.metric('rankings_cancelled_total')
            c = self.begin()
            self.assertEqual(self.metric('queue_length'), 1)
            if reset:
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            left = time.monotonic()
            c.close()
            while self.metric('queue_length') and time.monotonic() - left < 20:
                time.sleep(.02)
            took = time.monotonic() - left
            self.assertEqual(self.metric('rankings_cancelled_total'), before + 1)
            print(f'freed {took * 1000:.0f} ms after the client left')
            self.assertLess(took, 5, 'the ranking went on without its client')
        self.assertEqual(self.s.rank(instruction='boat', candidates=['i1', 'i2'])[0], 200)

    def test_superseded(self):
        """A client's newer request ends its older one, and nobody else's."""
        answers = {}

        def ask(key, **r):
            answers[key] = self.s.call('POST', '/api/rank', {**self.request, **r})
        few = [f'i{k}' for k in range(10)]
        threads = [threading.Thread(target=ask, args=('old',), kwargs={'client': 'tab-1'}),
                   threading.Thread(target=ask, args=('other',), kwargs={'client': 'tab-2', 'candidates': few})]
        for t in threads:
            t.start()
        until = time.monotonic() + 30
        while self.metric('queue_length') < 2 and 'other' not in answers and time.monotonic() < until:
            time.sleep(0.02)
        self.assertNotIn('old', answers)
        code, new, _ = self.s.call('POST', '/api/rank', {**self.request, 'client': 'tab-1', 'candidates': ['i1', 'i2']})
        self.assertEqual(code, 200)
        for t in threads:
            t.join(120)
        e = self.refused(answers['old'], 409, 'cancelled')
        self.assertIn('superseded', e['message'])
        self.assertEqual(answers['other'][0], 200)

    def test_json_client_gone(self):
        score = {'query': 'sea', 'items': [f'{k} ' + 'A long text about the sea. ' * 12 for k in range(500)],
                 'label_token_ids': [40]}
        other = self.begin()  # a call may leave while it waits, too
        for n, (path, request) in enumerate((('/api/rank', self.request), ('/v1/score', score),
                                             ('/v1/rerank', {'query': 'sea', 'documents': score['items']}))):
            before, base = self.metric('rankings_cancelled_total'), 1 if other else 0
            c = self.s.connect()
            c.request('POST', path, json.dumps(request), {'Content-Type': 'application/json'})
            self.queue(1 + base)
            time.sleep(.5)
            self.assertEqual(self.metric('rankings_cancelled_total'), before, 'given up with its client there')
            left = time.monotonic()
            c.close()
            while self.metric('rankings_cancelled_total') == before and time.monotonic() - left < 10:
                time.sleep(.02)
            took = time.monotonic() - left
            print(f'{path} freed {took * 1000:.0f} ms after its client left')
            self.assertLess(took, 5, path)
            if n == 0:
                other.close()
                other = None
                self.queue(0)

    def ask(self, path, request, answers):
        """Asks in the background for JSON; what comes back lands in answers."""
        def wait():
            try:
                answers.append(self.s.call('POST', path, request))
            except Exception as e:  # an empty reply, for one
                answers.append(e)
        t = threading.Thread(target=wait)
        t.start()
        return t

    def queue(self, n):
        until = time.monotonic() + 20
        while self.metric('queue_length') != n and time.monotonic() < until:
            time.sleep(.02)
        self.assertEqual(self.metric('queue_length'), n)

    def test_stop_answers_everyone(self):
        score = {'query': 'sea', 'items': [f'{k} ' + 'A long text about the sea. ' * 12 for k in range(500)],
                 'label_token_ids': [40]}
        rerank = {'query': 'sea', 'documents': score['items']}
        stream, answers = self.begin(), []
        waiting = [self.ask(*call, answers) for call in
                   (('/api/rank', self.request), ('/api/rank', {**self.request, 'instruction': 'boat'}),
                    ('/v1/score', score), ('/v1/rerank', rerank))]
        self.queue(5)
        began = time.monotonic()
        self.assertEqual(self.s.stop(signal.SIGINT), 0)
        took = time.monotonic() - began
        print(f'stopped in {took:.1f} s with five clients')
        self.assertLess(took, 5)
        for t in waiting:
            t.join()
        self.assertEqual(len(answers), 4)
        for a in answers:
            self.assertIsInstance(a, tuple, a)
            self.assertIn('stopping', self.refused(a, 503, 'busy')['message'])
        got = b''
        while more := stream.recv(65536):
            got += more
        stream.close()
        last = [x for x in got.split(b'\n\n') if b'event: ' in x][-1]
        self.assertIn(b'event: error', last)
        self.assertIn(b'the server is stopping', last)
        self.s = Server(data=self.s.data)

    def test_stop_while_ranking(self):
        c = self.begin()
        began = time.monotonic()
        self.assertEqual(self.s.stop(), 0)
        took = time.monotonic() - began
        print(f'stopped in {took:.1f} s while ranking')
        self.assertLess(took, 5)
        c.close()
        self.s = Server(data=self.s.data)

    def test_second_interrupt(self):
        c = self.begin()
        self.s.p.send_signal(signal.SIGINT)
        time.sleep(.3)
        began = time.monotonic()
        self.assertNotEqual(self.s.stop(signal.SIGINT), 0)
        self.assertLess(time.monotonic() - began, 2)
        c.close()
        self.s = Server(data=self.s.data)
        self.assertEqual(self.s.call('GET', '/api/catalogs/small')[1]['items'], 500)


if __name__ == '__main__':
    main()
