"""Engines that are not there: vLLM, SGLang, llama.cpp's server and another Taproom as far as Taproom asks them, with
faults by name. What they answer comes from a running Taproom's /v1/score, or from a toy that knows no language.

An engine's URL is http://127.0.0.1:PORT/KIND/TAG; `faults[TAG]` is what goes wrong there, or nothing.
"""
import ast
import http.server
import json
import math
import re
import sys
import threading
import unicodedata
import zlib

from harness import ROOT

KEY = 'sk-a-key-that-must-not-be-seen-0123456789'
TAIL = 96  # of a prompt so many tokens are scored; what lies before is never looked at, and has WRONG
WRONG = -0.125
VOCAB = 288


class Toy:
    """Numbers that depend on all tokens before."""

    def value(self, past, token):
        return -1 - zlib.crc32(b'%d' % token, past) % 97 / 30

    def tokens(self, seq, start):
        past, out = 0, []
        for k, token in enumerate(seq):
            if k >= start:
                out.append(self.value(past, token))
            past = zlib.crc32(b' %d' % token, past)
        return out

    def labels(self, seq, labels):
        past = 0
        for token in seq:
            past = zlib.crc32(b' %d' % token, past)
        return [self.value(past, t) for t in labels]


class Truth:
    """A Taproom's own numbers, each asked for once."""

    def __init__(self, server):
        self.server, self.known, self.lock = server, {}, threading.Lock()

    def score(self, **request):
        code, body, _ = self.server.call('POST', '/v1/score', request)
        assert code == 200, body
        return [[math.log(p) for p in row] for row in body['scores']]

    def tokens(self, seq, start):
        with self.lock:
            whole = tuple(seq)
            new = [k for k in range(start, len(seq)) if (whole[:k], seq[k]) not in self.known]
            if new:
                labels = sorted({seq[k] for k in new})
                rows = self.score(query=seq[:new[0] - 1], items=[seq[new[0] - 1:k] for k in new], label_token_ids=labels)
                for k, row in zip(new, rows):
                    self.known.update({(whole[:k], t): v for t, v in zip(labels, row)})
            return [self.known[whole[:k], seq[k]] for k in range(start, len(seq))]

    def labels(self, seq, labels):
        return self.score(query=seq[:-1], items=[seq[-1:]], label_token_ids=labels)[0]


# --- the tokenizer of fixtures/tiny: byte-level BPE, digits one by one

def make_bpe():
    source = (ROOT / 'fixtures/tiny/make.py').read_text()
    merges = ast.literal_eval(re.search(r'^MERGES = (""".*""")$', source, re.M)[1]).split('|')
    merges[-1] = 'o f'
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    rest = [b for b in range(256) if b not in plain]
    spell = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}
    tokens = ['', '', ''] + [spell[b] for b in range(256)] + [m.replace(' ', '') for m in merges]
    ids = {t: i for i, t in enumerate(tokens)}
    rank = {tuple(m.split(' ')): i for i, m in enumerate(merges)}
    return spell, ids, rank


SPELL, IDS, RANK = make_bpe()
PIECE = re.compile(r" ?L+| ?N+| ?O+|[ S]+(?![^ S])|[ S]+")
SHORT = re.compile(r"'(?:s|t|re|ve|m|ll|d)")


def classes(text):
    """Each character as one: a space, S other white space, L letter, N number, O other."""
    kind = {'L': 'L', 'N': 'N'}
    return ''.join(c if c == ' ' else 'S' if c.isspace() else kind.get(unicodedata.category(c)[0], 'O') for c in text)


def pieces(text):
    kinds, at = classes(text), 0
    while at < len(text):
        found = SHORT.match(text, at) or PIECE.match(kinds, at)
        yield text[at:found.end()]
        at = found.end()


def encode(text):
    out, at = [], 0
    for part in re.findall(r'N|[^N]+', classes(text)):
        for piece in pieces(text[at:at + len(part)]):
            word = [SPELL[b] for b in piece.encode()]
            while True:
                pairs = [(RANK[p], i) for i, p in enumerate(zip(word, word[1:])) if p in RANK]
                if not pairs:
                    break
                _, i = min(pairs)
                word[i:i + 2] = [word[i] + word[i + 1]]
            out += [IDS[w] for w in word]
        at += len(part)
    return out


# --- what each kind answers

def vllm(truth, path, body, old=False):
    prompts = body['prompt']
    choices = []
    for i, seq in enumerate(prompts):
        choice = {'index': i, 'text': 'x', 'finish_reason': 'length', 'logprobs': None, 'prompt_logprobs': None}
        if 'prompt_logprobs' in body:
            start = max(1, len(seq) - TAIL)
            values = [WRONG] * (start - 1) + truth.tokens(seq, start)
            choice['prompt_logprobs'] = [None] + [{str(t): {'logprob': v, 'rank': 1, 'decoded_token': '?'}}
                                                  for t, v in zip(seq[1:], values)]
        if 'logprob_token_ids' in body:
            asked = body['logprob_token_ids']
            shown = asked[:1] if old else asked
            choice['logprobs'] = {'top_logprobs': [{f'token_id:{t}': v for t, v in zip(shown, truth.labels(seq, shown))}]}
        choices.append(choice)
    total = sum(len(p) for p in prompts)
    return {'object': 'text_completion', 'model': body['model'], 'choices': choices[::-1],
            'usage': {'prompt_tokens': total, 'total_tokens': total + len(prompts)}}


def sglang(truth, path, body):
    out = []
    for i, seq in enumerate(body['input_ids']):
        start = body['logprob_start_len'][i]
        meta = {'prompt_tokens': len(seq), 'completion_tokens': 1}
        if start >= 0:
            values = [None] + truth.tokens(seq, start + 1)
            meta['input_token_logprobs'] = [[v, t, None] for v, t in zip(values, seq[start:])]
        if 'token_ids_logprob' in body:
            ids = body['token_ids_logprob'][i]
            meta['output_token_ids_logprobs'] = [[[v, t, None] for v, t in zip(truth.labels(seq, ids), ids)]]
        out.append({'text': 'x', 'meta_info': meta})
    return out


def llama(truth, path, body):
    seq = body['prompt']
    every = sorted(zip(truth.labels(seq, list(range(VOCAB))), range(VOCAB)), reverse=True)
    top = [{'id': t, 'token': '?', 'logprob': v} for v, t in every[:body['n_probs']]]
    return {'content': 'x', 'tokens_evaluated': len(seq), 'completion_probabilities': [{**top[0], 'top_logprobs': top}]}


def taproom(truth, path, body):
    rows = [[math.exp(v) for v in truth.labels(body['query'] + i, body['label_token_ids'])] for i in body['items']]
    total = len(body['query']) + sum(len(i) for i in body['items'])
    return {'object': 'scoring', 'model': body['model'], 'scores': rows, 'usage': {'prompt_tokens': total}, 'warnings': []}


ANSWERS = {'vllm': ('/v1/completions', vllm), 'oldvllm': ('/v1/completions', lambda *a: vllm(*a, old=True)),
           'sglang': ('/generate', sglang), 'llama': ('/completion', llama), 'taproom': ('/v1/score', taproom)}


def walk(value, change):
    """The value with change(key, value) for every pair inside."""
    if isinstance(value, dict):
        return {k: walk(change(k, v), change) for k, v in value.items()}
    return [walk(v, change) for v in value] if isinstance(value, list) else value


def numbers(to):
    """A fault that puts something in the place of log-probabilities."""
    def fault(answer):
        return walk(answer, lambda k, v: to if k == 'logprob' else v)
    return fault


def shorter(answer):
    return walk(answer, lambda k, v: v[:-1] if k in ('prompt_logprobs', 'input_token_logprobs', 'scores') and v else v)


def counted(answer):
    return walk(answer, lambda k, v: v + 1 if k in ('prompt_tokens', 'tokens_evaluated') else v)


CHANGES = {
    'nan': numbers(math.nan), 'infinite': numbers(-math.inf), 'null': numbers(None), 'text': numbers('-1.5'), 'positive': numbers(3.5),
    'list': numbers([]), 'shorter': shorter, 'counts': counted,
    'fewer': lambda a: walk(a, lambda k, v: v[1:] if k == 'choices' else v),
    'more': lambda a: walk(a, lambda k, v: v + v if k == 'choices' else v),
    'same index': lambda a: walk(a, lambda k, v: 0 if k == 'index' else v),
    'far index': lambda a: walk(a, lambda k, v: 10**9 if k == 'index' else v),
    'other ids': lambda a: walk(a, lambda k, v: [x and {'7': y for y in x.values()} for x in v] if k == 'prompt_logprobs' and v else v),
    'no choices': lambda a: {'object': 'text_completion'}, 'a number': lambda a: 7, 'a list': lambda a: [],
    'choices text': lambda a: {**a, 'choices': 'none'}, 'choices of text': lambda a: {**a, 'choices': ['x'] * len(a['choices'])},
    'usage text': lambda a: {**a, 'usage': {'prompt_tokens': 'many'}},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def reply(self, code, body, headers=(), length=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(raw) if length is None else length))
        self.end_headers()
        self.wfile.write(raw)

    def broken(self, fault, seen):
        """Whether the fault was the answer."""
        words = f'the scheduler lost its hat, Authorization: Bearer {KEY}'
        if fault in ('500', '429', '503', '401', '404', '400'):
            self.reply(int(fault), {'error': {'message': words, 'code': int(fault)}})
        elif fault == 'busy twice' and seen <= 2:
            self.reply(429 if seen == 1 else 503, {'detail': 'full'}, [('Retry-After', '0')])
        elif fault == 'redirect':
            self.reply(302, b'', [('Location', f'http://127.0.0.1:{self.server.server_port}/elsewhere')])
        elif fault == 'html':
            self.reply(200, b'<html>It works!</html>')
        elif fault == 'empty':
            self.reply(200, b'')
        elif fault == 'deep':
            self.reply(200, b'[' * 100000)
        elif fault == 'cut':
            self.reply(200, b'{"choices": [', length=5000)
            self.close_connection = True
        elif fault == 'closed':
            self.close_connection = True
        elif fault == 'not http':
            self.wfile.write(b'\x00\xff\x00garbage\r\n\r\n')
            self.close_connection = True
        elif fault == 'huge':
            self.reply(200, b' ', length=65 << 20)
            self.close_connection = True
        elif fault == 'endless':
            self.send_response(200)
            self.send_header('Connection', 'close')
            self.end_headers()
            piece = b' ' * (1 << 20)
            while not self.server.stopped.is_set():
                self.wfile.write(piece)
        elif fault == 'slow':
            self.server.stopped.wait(30)
            self.close_connection = True
        elif fault == 'drip':
            self.send_response(200)
            self.send_header('Content-Length', '100000')
            self.end_headers()
            for _ in range(150):
                if self.server.stopped.wait(.2):
                    break
                self.wfile.write(b' ')
            self.close_connection = True
        else:
            return False
        return True

    def handle_any(self, body):
        _, kind, tag, path = self.path.split('/', 3)
        s, path = self.server, '/' + path
        scoring, answer = ANSWERS[kind]
        with s.lock:
            s.seen[tag, path] = seen = s.seen.get((tag, path), 0) + 1
            s.now += 1
            s.most = max(s.most, s.now)
        try:
            s.keys.add(self.headers['Authorization'])
            fault = s.faults.get(tag)
            if isinstance(fault, tuple):
                where, fault = fault
            else:
                where = scoring
            if path == where and self.broken(fault, seen):
                return
            out = self.plain(kind, path, body) if path != scoring else answer(s.truth, path, body)
            if path == where and fault in CHANGES:
                out = CHANGES[fault](out)
            if out is None:
                self.reply(404, {'detail': 'Not Found'})
            else:
                self.reply(200, out)
        except (BrokenPipeError, ConnectionResetError):
            s.gone += 1
        finally:
            with s.lock:
                s.now -= 1

    def plain(self, kind, path, body):
        if path == '/v1/models':
            return {'object': 'list', 'data': [{'id': 'org/other'}, {'id': 'org/tiny', 'max_model_len': 400}]}
        if path == '/props':
            return {'default_generation_settings': {'n_ctx': 400}}
        if path == '/tokenize':
            ids = encode(body['content'] if kind == 'llama' else body['prompt'])
            return {'tokens': ids, 'count': len(ids)}
        return None

    def do_GET(self):
        self.handle_any(None)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers['Content-Length']))
        self.handle_any(json.loads(raw))


class Engines(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, truth, faults=()):
        super().__init__(('127.0.0.1', 0), Handler)
        self.truth, self.faults = truth, dict(faults)
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.seen, self.keys, self.now, self.most, self.gone = {}, set(), 0, 0, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who waits may leave
            super().handle_error(request, address)

    def option(self, kind, tag, more='', at=None):
        return f'--engine={at or kind}=http://127.0.0.1:{self.server_port}/{kind}/{tag},name={tag}{more}'

    def end(self):
        self.stopped.set()
        self.shutdown()
        self.server_close()
