"""What the tests of /v1/score and /v1/rerank share, the calls that programs written for other servers make.

The model is one of fixtures/tiny. What its scores must be comes from fixtures/tiny/tied.logits, which PyTorch wrote;
the other tests compare answers with each other, bit for bit.
"""
import math
import random
import struct

from harness import Case, ROOT, Server

TINY = ROOT / 'fixtures/tiny'
VOCAB, CONTEXT, CONTROL = 288, 512, (0, 1, 2)
LABELS = [40, 41, 70]


class Dialect(Server):
    def __init__(self, model='tied', *options):
        super().__init__('--model', str(TINY / (model + '.gguf')), '--precision', 'f32', *options)

    def ask(self, path, body, method='POST', type='application/json'):
        """(code, body as JSON)"""
        return self.call(method, path, body, type)[:2]

    def score(self, **request):
        """The whole answer to a request that must succeed."""
        code, body = self.ask('/v1/score', {'label_token_ids': LABELS, **request})
        assert code == 200, (code, body)
        return body

    def scores(self, **request):
        return self.score(**request)['scores']

    def rerank(self, **request):
        code, body = self.ask('/v1/rerank', request)
        assert code == 200, (code, body)
        return body


def reference():
    """(ids, log-probabilities after each of them) by PyTorch, in float32."""
    raw = (TINY / 'tied.logits').read_bytes()
    n, vocab = struct.unpack_from('<II', raw)
    ids = list(struct.unpack_from(f'<{n}i', raw, 8))
    rows = []
    for t in range(n):
        x = struct.unpack_from(f'<{vocab}f', raw, 8 + 4 * n + 4 * vocab * t)
        top = max(x)
        norm = top + math.log(sum(math.exp(v - top) for v in x))
        rows.append([v - norm for v in x])
    return ids, rows


def id_items(n, seed=1, longest=9):
    rng = random.Random(seed)
    return [[rng.randrange(3, VOCAB) for _ in range(rng.randint(1, longest))] for _ in range(n)]


class DialectCase(Case):
    """Tests on one such server."""

    @classmethod
    def setUpClass(cls):
        cls.s = Dialect()

    @classmethod
    def tearDownClass(cls):
        code = cls.s.stop()
        assert code == 0, code

    def denied(self, path, body, field, code=400, name='invalid'):
        got, answer = self.s.ask(path, body)
        self.assertEqual((got, answer['error']['code'], answer['error']['field']), (code, name, field), answer)
        self.assertTrue(answer['error']['message'])
        return answer['error']

    def near(self, got, want, tolerance=2e-5):
        self.assertEqual(len(got), len(want))
        for a, b in zip(got, want):
            self.assertLessEqual(abs(a - b), tolerance * max(1, abs(b)), (got, want))
