"""How the scale of relevances (server/api/kit/relevance.c) was fitted, and how well it holds:
python3 relevance.py http://127.0.0.1:PORT [--fit]

Prints, of the queries that the fit has not seen, each document on the wrong side of .5. With --fit the slope and the
threshold are fitted again, by logistic regression with both classes of one weight, to z as relevance.c defines it; the
references are then ranked as documents. Queries and documents were written for this.
"""
import json
import math
import pathlib
import re
import sys
import urllib.request

DATA = json.loads((pathlib.Path(__file__).parent / 'relevance.json').read_text())
SOURCE = (pathlib.Path(__file__).parents[2] / 'server/api/kit/relevance.c').read_text()
REFERENCES = [json.loads(x) for x in re.findall(r'^ {4}("[^"]*")', SOURCE, re.M)]
LEAST = float(re.search(r'SPREAD_LEAST ([0-9.]+)', SOURCE)[1])


def rerank(query, documents):
    body = json.dumps({'query': query, 'documents': documents}).encode()
    request = urllib.request.Request(sys.argv[1] + '/v1/rerank', body, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request) as answer:
        return {r['index']: r for r in json.load(answer)['results']}


def fit():
    """Newton's method on (z, about the query?)."""
    rows = []
    for case in DATA['fit']:
        texts = case['about'] + case['other']
        got = rerank(case['query'], texts + REFERENCES)
        raw = [got[i]['raw_score'] for i in range(len(got))]
        known = raw[len(texts):]
        mean = sum(known) / len(known)
        spread = max(math.sqrt(sum((x - mean) ** 2 for x in known) / len(known)), LEAST)
        rows += [((raw[i] - mean) / spread, i < len(case['about'])) for i in range(len(texts))]
    about = sum(y for _, y in rows)
    a, b, penalty = 1., 0., .002
    for _ in range(50):
        g = [penalty * a, 0.]
        h = [penalty, 0., 1e-12]
        for z, y in rows:
            w = .5 / about if y else .5 / (len(rows) - about)
            p = 1 / (1 + math.exp(-max(-30, min(30, a * z + b))))
            g = [g[0] + w * (p - y) * z, g[1] + w * (p - y)]
            v = w * p * (1 - p)
            h = [h[0] + v * z * z, h[1] + v * z, h[2] + v]
        det = h[0] * h[2] - h[1] ** 2
        a, b = a - (h[2] * g[0] - h[1] * g[1]) / det, b - (h[0] * g[1] - h[1] * g[0]) / det
    print(f'{len(DATA["fit"])} queries, {about} documents about them, {len(rows) - about} others: '
          f'slope {a:.2f}, threshold {-b / a:.2f}')


def check(name):
    right = total = 0
    for case in DATA[name]:
        texts = case['about'] + case['other']
        for i, r in rerank(case['query'], texts).items():
            fits = (r['relevance_score'] > .5) == (i < len(case['about']))
            right, total = right + fits, total + 1
            if not fits:
                print(f'  {r["relevance_score"]:.3f}  {case["query"]} | {texts[i]}')
    print(f'{name}: {right} of {total} on the right side of .5')


if '--fit' in sys.argv:
    fit()
check('fit')
check('check')
