"""A catalogue of many rows: what its import takes, and a ranking of 100 of them beside one of 100 of the first 1,000.

python3 scale.py PROGRAM [ROWS]   (100,000 rows unless told otherwise)

The items are made up: a title, a text of 34 words drawn as often as the graded lists have them, two tags, a price, a date.
Imports run by themselves, as CSV and as JSONL (seconds by the clock, peak resident memory); then a server ranks 100 items
of each catalogue by wishes that it has not seen, by turns: the first wish, and the same wish with one clause edited.
"""
import collections
import csv
import http.client
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM, ROWS = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
SMALL, PORT, ROUNDS = 1000, 8397, 3
random.seed(7)


def vocabulary():
    """Words of the graded lists, the most frequent first, with how often each is there."""
    many = collections.Counter()
    for path in sorted(pathlib.Path(__file__).parents[2].glob('fixtures/lists/*.jsonl')):
        many.update(re.findall('[a-z]{3,}', path.read_text().lower()))
    return zip(*sorted(many.items(), key=lambda x: (-x[1], x[0])))


VOCABULARY, MANY = vocabulary()
WEIGHT = list(itertools.accumulate(MANY))


def words(n):
    return random.choices(VOCABULARY, cum_weights=WEIGHT, k=n)


def items(n):
    for k in range(n):
        w = words(34)
        yield {'id': f'i{k}', 'title': ' '.join(words(3)), 'text': ' '.join(w), 'tags': '|'.join(words(2)),
               'price': f'{random.randint(100, 99999) / 100:.2f}', 'date': f'20{random.randint(10, 25)}-0{random.randint(1, 9)}-1{random.randint(0, 9)}'}


def write(path, n):
    with open(path + '.csv', 'w', newline='') as c, open(path + '.jsonl', 'w') as j:
        out = csv.DictWriter(c, ['id', 'title', 'text', 'tags', 'price', 'date'])
        out.writeheader()
        for x in items(n):
            out.writerow(x)
            j.write(json.dumps({**x, 'tags': x['tags'].split('|'), 'price': float(x['price'])}) + '\n')


def run_import(data, path, name):
    """Seconds by the clock, MiB at the peak."""
    began = time.monotonic()
    pid = subprocess.Popen([PROGRAM, 'import', path, '--data', data, '--catalog', name], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(pid.pid, 0)
    if status:
        raise SystemExit(f'import of {path}: status {status}')
    return time.monotonic() - began, used.ru_maxrss / 1024


def call(method, path, body=None):
    c = http.client.HTTPConnection('127.0.0.1', PORT, timeout=600)
    c.request(method, path, json.dumps(body) if body else None, {'Content-Type': 'application/json'})
    r = c.getresponse()
    text = r.read()
    if r.status != 200:
        raise SystemExit(f'{method} {path}: {r.status} {text[:300]}')
    return json.loads(text)


def rank(catalog, clauses):
    began = time.monotonic()
    t = call('POST', '/api/rank', {'catalog': catalog, 'clauses': [{'text': x, 'sign': 1, 'weight': 1} for x in clauses],
                                   'candidates': {'count': 100}, 'save': False})['timing']
    if os.environ.get('V'): print(catalog, round(time.monotonic()-began,2), t, flush=True)
    return {'whole': 1000 * (time.monotonic() - began), **{k: v for k, v in t.items() if k.endswith('_ms')}}


def ready():
    for _ in range(600):
        try:
            return call('GET', '/api/health/ready')
        except (OSError, SystemExit):
            time.sleep(.1)
    raise SystemExit('no server')


def median(rows, key):
    return statistics.median(r.get(key, 0) for r in rows)


def rankings(data):
    server = subprocess.Popen([PROGRAM, 'serve', '--data', data, '--port', str(PORT)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        ready()
        rows = {}
        for k in range(ROUNDS + 1):
            for name in ('small', 'large'):
                wish = [' '.join(random.choices(VOCABULARY[20:3000], k=3)) for _ in range(3)]
                got = rank(name, wish[:2]), rank(name, [wish[0], wish[2]])
                if k:
                    rows.setdefault(name, []).append(got)
        for name, of in ('small', SMALL), ('large', ROWS):
            for which, what in (0, 'first'), (1, 'edited'):
                r = [x[which] for x in rows[name]]
                out = ', '.join(f'{key[:-3]} {median(r, key):.0f}' for key in r[0] if key.endswith('_ms'))
                print(f'  100 of {of:,}, {what} wish: {median(r, "whole"):.0f} ms ({out})')
    finally:
        server.terminate()
        server.wait()


def main():
    with tempfile.TemporaryDirectory() as folder:
        large, small, data = f'{folder}/large', f'{folder}/small', f'{folder}/data'
        write(large, ROWS)
        write(small, SMALL)
        for form in 'csv', 'jsonl':
            seconds, peak = run_import(data, f'{large}.{form}', 'large' if form == 'jsonl' else 'other')
            size = os.path.getsize(f'{large}.{form}') / 2**20
            print(f'  import of {ROWS:,} rows of {form.upper()} ({size:.0f} MiB): {seconds:.1f} s, peak {peak:.0f} MiB')
        run_import(data, small + '.jsonl', 'small')
        rankings(data)


main()
