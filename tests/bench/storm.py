"""A person beside a storm: 64 slow readers, 64 slow uploads and bursts of requests against a running server, and what a
person's GET and ranking of 20 items take meanwhile. python3 storm.py URL [SECONDS]

Prints p50, p95 and the worst of both, without and with the storm, and the server's memory before and after (PID of the
process that listens, from /proc). A refusal with Retry-After is waited for and counts into the time, as the page does it.
"""
import http.client
import json
import os
import socket
import sys
import threading
import time
import urllib.parse

URL = urllib.parse.urlparse(sys.argv[1])
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 30
AT = (URL.hostname, URL.port or 80)
going = True


def call(method, path, body=None):
    c = http.client.HTTPConnection(*AT, timeout=120)
    c.request(method, path, body, {'Content-Type': 'application/json'} if body else {})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text, r.headers


def patiently(method, path, body=None):
    """Seconds until a 200, and how often it was asked for again."""
    began, again = time.monotonic(), 0
    while True:
        code, text, headers = call(method, path, body)
        if code == 200:
            return time.monotonic() - began, again
        if code not in (429, 503) or again > 20:
            raise SystemExit(f'{method} {path}: {code} {text[:200]}')
        again += 1
        time.sleep(int(headers['Retry-After']) * .75)


def slow_reader():
    while going:
        c = socket.socket()
        try:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.connect(AT)
            c.sendall(f'GET /api/catalogs/{CATALOG}/items?limit=500 HTTP/1.1\r\nHost: {AT[0]}:{AT[1]}\r\n\r\n'.encode())
            while going and c.recv(512):
                time.sleep(.05)
        except OSError:
            time.sleep(.1)
        c.close()


def slow_upload():
    head = (f'POST /api/catalogs?name=storm HTTP/1.1\r\nHost: {AT[0]}:{AT[1]}\r\nContent-Type: application/x-ndjson\r\n'
            'Content-Length: 1073741824\r\n\r\n').encode()
    while going:
        c = socket.socket()
        try:
            c.connect(AT)
            c.sendall(head)
            while going:
                c.sendall(b'{')
                time.sleep(.5)
        except OSError:
            time.sleep(.1)
        c.close()


def burst():
    """Fifty at once, GETs and rankings by turns, with a pause."""
    rank = json.dumps({'catalog': CATALOG, 'instruction': 'a burst of wishes', 'candidates': {'count': 50}, 'save': False})

    def one(k):
        try:
            call('POST', '/api/rank', rank) if k % 5 == 0 else call('GET', f'/api/catalogs/{CATALOG}/items?limit=5')
        except OSError:
            pass
    while going:
        threads = [threading.Thread(target=one, args=(k,)) for k in range(50)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        time.sleep(.2)


def memory():
    want = f'{AT[1]:04X}'
    inode = next(x.split()[9] for x in open('/proc/net/tcp') if x.split()[1].endswith(':' + want) and x.split()[3] == '0A')
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if any(os.readlink(f'/proc/{pid}/fd/{f}') == f'socket:[{inode}]' for f in os.listdir(f'/proc/{pid}/fd')):
                return int(next(x for x in open(f'/proc/{pid}/status') if x.startswith('VmRSS')).split()[1]) // 1024
        except OSError:
            pass
    return 0


def kept():
    """MiB of the cache of keys and values, which fills up to its limit and stays: no storm's doing."""
    text = call('GET', '/metrics')[1].decode()
    return int(next(x for x in text.splitlines() if x.startswith('taproom_cache_bytes ')).split()[1]) >> 20


def measure(seconds, ids):
    got, ranked, again, until = [], [], 0, time.monotonic() + seconds
    k = 0
    while time.monotonic() < until:
        got.append(patiently('GET', '/api/catalogs')[0])
        k += 1
        took, n = patiently('POST', '/api/rank', json.dumps({
            'catalog': CATALOG, 'instruction': f'something quiet, number {k}', 'candidates': ids, 'client': 'person', 'save': False}))
        ranked.append(took)
        again += n
    return got, ranked, again


def show(what, t):
    t = sorted(t)
    print(f'  {what:8} p50 {t[len(t) // 2]:.2f} s, p95 {t[min(len(t) - 1, int(len(t) * .95))]:.2f} s, worst {t[-1]:.2f} s of {len(t)}')


CATALOG = os.environ.get('CATALOG', 'movies')
ids = [x['id'] for x in json.loads(call('GET', f'/api/catalogs/{CATALOG}/items?limit=20')[1])['items']]
measure(3, ids)
print(f'catalogue {CATALOG}; alone:')
before, cache = memory(), kept()
got, ranked, _ = measure(SECONDS / 3, ids)
show('GET', got)
show('ranking', ranked)
threads = [threading.Thread(target=f) for f, n in ((slow_reader, 64), (slow_upload, 64), (burst, 2)) for _ in range(n)]
for t in threads:
    t.start()
time.sleep(2)
print('beside 64 slow readers, 64 slow uploads, two bursts of 50:')
got, ranked, again = measure(SECONDS, ids)
high = memory()
going = False
for t in threads:
    t.join()
time.sleep(5)
call('GET', '/api/catalogs')
show('GET', got)
show('ranking', ranked)
print(f'  asked again {again} times; memory {before} MiB before, {high} in it, {memory()} after; '
      f'of it the cache {cache} before, {kept()} after')
