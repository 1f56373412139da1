"""How fast a ranking follows an edited wish: python3 live.py TAPROOM [--model FILE] [--edits N]

Starts the server on a temporary data folder, ranks the first 100 films once (cold), then edits the wish and ranks
again. Prints the times, the tokens computed, and the server's own processor time, which other programs on the machine
disturb less than the clock.
"""
import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

WISHES = ('slow quiet films about grief and the sea in winter', 'a clever heist by old friends who never agree on things',
          'something warm for a rainy sunday about family and food', 'a lawyer who slowly starts to doubt his own client',
          'space travel told without any battles or monsters in it', 'a small town with a secret that everyone keeps for years',
          'two strangers on a long train ride across the country', 'a detective in the rain who drinks too much coffee')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('taproom')
    p.add_argument('--model')
    p.add_argument('--catalog', default='movies')
    p.add_argument('--edits', type=int, default=5)
    p.add_argument('--threads', type=int, default=2)
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix='taproom-live-') as data:
        command = [a.taproom, 'serve', '--port', '0', '--data', data, '--threads', str(a.threads)]
        server = subprocess.Popen(command + (['--model', a.model] if a.model else []), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        try:
            port = int(re.search(rb':(\d+)\n', server.stdout.readline())[1])
            measure(a, server.pid, port)
        finally:
            server.terminate()
            server.wait()


def cpu_s(pid):
    fields = open(f'/proc/{pid}/stat').read().rsplit(') ', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def measure(a, pid, port):
    def call(method, path, body=None):
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=600)
        c.request(method, path, json.dumps(body) if body else None, {'Content-Type': 'application/json'} if body else {})
        r = c.getresponse()
        answer = json.loads(r.read())
        assert r.status == 200, answer
        return answer

    def rank(**r):
        began, cpu = time.monotonic(), cpu_s(pid)
        t = call('POST', '/api/rank', {'catalog': a.catalog, 'candidates': ids, 'baselines': [], 'save': False, **r})['timing']
        return time.monotonic() - began, cpu_s(pid) - cpu, t['tokens_computed']

    ids = [i['id'] for i in call('GET', f'/api/catalogs/{a.catalog}/items?limit=100')['items']]
    show('cold', [rank(instruction=WISHES[0])])
    show('wish edited', [rank(instruction=WISHES[1 + k % 7] + ' ' * (k // 7)) for k in range(a.edits)])
    clauses = [{'text': WISHES[1]}, {'text': 'horror', 'sign': -1}]
    show('clause added', [rank(clauses=clauses)])
    show('weight changed', [rank(clauses=[clauses[0], {**clauses[1], 'weight': .1 * k}]) for k in range(a.edits)])
    show('asked again', [rank(instruction=WISHES[0]) for _ in range(a.edits)])


def show(what, rows):
    clock, cpu, tokens = (statistics.median(r[k] for r in rows) for k in range(3))
    print(f'{what:15} {clock:7.3f} s   processor {cpu:6.2f} s   {tokens:6.0f} tokens computed')


main()
