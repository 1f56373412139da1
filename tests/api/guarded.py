"""A server that demands tokens, for the tests of it."""
import json
import os
import time

from harness import Server, folder, lines, rows

TOKENS = {'ada': ('admin', 'ada-has-a-long-token'), 'rob': ('rank', 'rob-has-a-long-token'),
          'ron': ('rank', 'ron-has-a-long-token'), 'eve': ('read', 'eve-has-a-long-token')}


def write_tokens(path, names):
    with open(path + '.new', 'w') as f:
        f.write('# who may call\n' + ''.join(f'{n} {TOKENS[n][0]} {TOKENS[n][1]}\n' for n in names))
    os.rename(path + '.new', path)


def bearer(name):
    return {'Authorization': 'Bearer ' + TOKENS[name][1]}


class Guarded(Server):
    """A server with a file of tokens; call as=NAME sends one."""

    def __init__(self, *options, names=TOKENS, **popen):
        self.file = folder('tokens') + '/tokens'
        write_tokens(self.file, names)
        super().__init__('--token-file', self.file, *options, **popen)

    def by(self, name, method, path, body=None, type='application/json', headers=None):
        return self.call(method, path, body, type, {**(headers or {}), **(bearer(name) if name else {})})

    def logged(self):
        with open(self.data + '.log') as f:
            return f.read()

    def audit(self, action):
        found = [json.loads(x) for x in self.logged().splitlines() if x.startswith('{')]
        return [x for x in found if x['action'] == action]

    def fill(self):
        code, body, _ = self.by('ada', 'POST', '/api/catalogs?name=small', lines(rows(12)), 'application/x-ndjson')
        assert (code, body['stored']) == (200, True), body


def waited_for(what, within=20):
    until = time.monotonic() + within
    while not what() and time.monotonic() < until:
        time.sleep(.05)
    return what()
