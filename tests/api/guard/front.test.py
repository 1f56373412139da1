"""nginx and Caddy before a real server, by the example files, where they are installed (NGINX_PROGRAM, CADDY_PROGRAM name them):
python3 front.test.py TAPROOM [unittest arguments].
"""
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import unittest

from harness import Case, ROOT, SERVERS, folder, lines, rows, main
from guarded import Guarded, TOKENS, bearer, waited_for

NAME = 'taproom.example.org'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def program(name):
    return os.environ.get(name.upper() + '_PROGRAM') or shutil.which(name) or shutil.which(name, path='/usr/sbin')


class Front:
    """The tests; below, each with its proxy."""

    def setUp(self):
        self.dir, self.port = folder('front'), free_port()
        self.cert, self.key = self.dir + '/cert.pem', self.dir + '/key.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                        self.key, '-out', self.cert, '-days', '2', '-subj', '/CN=' + NAME, '-addext',
                        'subjectAltName=DNS:' + NAME], check=True, capture_output=True)
        self.s = Guarded('--public-url', f'https://{NAME}:{self.port}', '--trusted-proxy', '127.0.0.1')
        self.proxy = self.begin()
        SERVERS.append(self.proxy)
        self.assertTrue(waited_for(self.answers), 'the proxy did not start')

    def tearDown(self):
        self.proxy.terminate()
        self.proxy.wait(10)
        self.assertEqual(self.s.stop(), 0)

    def answers(self):
        try:
            return self.ask('GET', '/api/health/live')[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, kind='application/json', **headers):
        tls = ssl.create_default_context(cafile=self.cert)
        raw = socket.create_connection(('127.0.0.1', self.port), 60)
        c = http.client.HTTPSConnection(NAME, self.port, context=tls, timeout=60)
        c.sock = tls.wrap_socket(raw, server_hostname=NAME)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        c.request(method, path, body, {**({'Content-Type': kind} if body is not None else {}),
                                       **{k.replace('_', '-'): v for k, v in headers.items()}})
        r = c.getresponse()
        text = r.read()
        c.close()
        return r.status, text, r.headers

    def test_story(self):
        own = f'https://{NAME}:{self.port}'
        code, text, _ = self.ask('GET', '/')
        self.assertEqual((code, text), (200, (ROOT / 'web/index.html').read_bytes()))
        self.assertEqual(self.ask('GET', '/api/catalogs')[0], 401)
        code, _, headers = self.ask('POST', '/api/session', {'token': TOKENS['ada'][1]}, Origin=own)
        self.assertEqual(code, 200)
        self.assertIn('; Secure', headers['Set-Cookie'])
        signed = {'Cookie': headers['Set-Cookie'].split(';')[0], 'Origin': own}
        body = lines(rows(3000, 'word ' * 400))  # 6 MB
        code, text, _ = self.ask('POST', '/api/catalogs?name=small', body, 'application/x-ndjson', **signed)
        self.assertEqual((code, json.loads(text)['kept']), (200, 3000))
        code, text, headers = self.ask('POST', '/api/rank', {'catalog': 'small', 'instruction': 'sea', 'top': 2,
                                                             'candidates': ['i1', 'i2', 'i3']},
                                       Accept='text/event-stream', **signed)
        self.assertEqual((code, headers['Content-Type']), (200, 'text/event-stream'))
        self.assertIn(b'event: done', text)
        code, text, _ = self.ask('GET', '/api/dump', **signed)
        self.assertEqual((code, text[:15]), (200, b'SQLite format 3'))
        for evil in ('https://evil.example.org', 'null', f'http://{NAME}:{self.port}x'):
            self.assertEqual(self.ask('POST', '/api/clauses', {'text': 'x'}, **{**signed, 'Origin': evil})[0], 403)
        self.assertEqual(self.ask('POST', '/api/clauses', {'text': 'x'}, Cookie=signed['Cookie'])[0], 403)
        n = len(self.s.audit('dump'))
        self.ask('GET', '/api/dump', X_Forwarded_For='203.0.113.9', **bearer('eve'))
        self.assertTrue(waited_for(lambda: len(self.s.audit('dump')) > n))
        self.assertEqual(self.s.audit('dump')[-1]['address'], '127.0.0.1')  # a forged header is not believed
        codes = [self.ask('GET', '/api/catalogs', Authorization=f'Bearer a-wrong-one-number-{k}')[0] for k in range(30)]
        self.assertLessEqual(set(codes), {401, 429})


@unittest.skipUnless(program('nginx'), 'there is no nginx')
class Nginx(Front, Case):
    def begin(self):
        text = (ROOT / 'server/http/proxy/nginx.conf').read_text()
        for a, b in (('listen 443 ssl', f'listen 127.0.0.1:{self.port} ssl'), ('listen 80', f'listen 127.0.0.1:{free_port()}'),
                     ('/etc/ssl/certs/taproom.pem', self.cert), ('/etc/ssl/private/taproom.key', self.key),
                     ('127.0.0.1:8360', f'127.0.0.1:{self.s.port}'), ('Host $host;', 'Host $http_host;'),
                     ('\nhttp {', '\nhttp {\n' + ''.join(f'{k}_temp_path {self.dir}/{k};\n' for k in (
                         'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')) + 'access_log off;')):
            self.assertIn(a, text)
            text = text.replace(a, b, 1)
        path = self.dir + '/nginx.conf'
        with open(path, 'w') as f:
            f.write(f'pid {self.dir}/pid; daemon off; error_log {self.dir}/error.log;\n' + text)
        return subprocess.Popen([program('nginx'), '-p', self.dir, '-e', self.dir + '/error.log', '-c', path])


@unittest.skipUnless(program('caddy'), 'there is no caddy')
class Caddy(Front, Case):
    def begin(self):
        text = (ROOT / 'server/http/proxy/Caddyfile').read_text()
        for a, b in ((f'\n{NAME} {{', f'\n{NAME}:{self.port} {{\n\tbind 127.0.0.1\n\ttls {self.cert} {self.key}'),
                     ('127.0.0.1:8360', f'127.0.0.1:{self.s.port}')):
            self.assertIn(a, text)
            text = text.replace(a, b, 1)
        path = self.dir + '/Caddyfile'
        with open(path, 'w') as f:
            f.write('{\n\tadmin off\n\tauto_https disable_redirects\n}\n' + text)
        return subprocess.Popen([program('caddy'), 'run', '--adapter', 'caddyfile', '--config', path],
                                env={'HOME': self.dir, 'XDG_DATA_HOME': self.dir, 'XDG_CONFIG_HOME': self.dir},
                                stderr=subprocess.DEVNULL)


if __name__ == '__main__':
    main()
