"""The description of the HTTP interface (server/api/openapi.yaml) against the program:
python3 openapi.test.py TAPROOM [unittest arguments].

Routes, request fields, query parameters and error codes are read from the sources and compared both ways; every example is
sent, and its answer compared with its schema both ways: no property too many, none too few, and each one that may be
missing is seen in some answer or says by `x-when` when it is there. The description is JSON, which is YAML, too.
"""
import json
import os
import re
import shutil
import unittest
import urllib.parse

from harness import Case, ROOT, Server, TINY, folder, main

API = ROOT / 'server/api'
DOC = json.loads((API / 'openapi.yaml').read_text(encoding='utf-8'))
SCHEMAS = DOC['components']['schemas']
METHODS = ('get', 'post', 'put', 'delete')
# x-refused: an example that cannot succeed when it is sent by itself, with the status that it gets instead.
EXAMPLES = {'example', 'examples', 'x-example-from'}
KINDS = {'null': type(None), 'boolean': bool, 'integer': int, 'number': (int, float), 'string': str, 'array': list,
         'object': dict}


def source(path):
    return (ROOT / path).read_text(encoding='utf-8')


def operations():
    """(method, path, operation), in the order in which examples are sent: what removes comes last, backwards."""
    every = [(m, p, o) for p, item in DOC['paths'].items() for m, o in item.items()]
    return [x for x in every if x[0] != 'delete'] + [x for x in every if x[0] == 'delete'][::-1]


def resolved(schema):
    while '$ref' in schema:
        schema = SCHEMAS[schema['$ref'].rpartition('/')[2]]
    return schema


def fields(schema):
    """The properties of a request's schema."""
    schema = resolved(schema)
    found = dict(schema.get('properties', {}))
    for part in schema.get('allOf', []):
        found.update(fields(part))
    return found


class Schema:
    """Compares answers with schemas, and keeps which properties were seen."""

    def __init__(self):
        self.seen = set()

    def faults(self, schema, value, at):
        schema = resolved(schema)
        if 'allOf' in schema:
            required = [k for part in schema['allOf'] for k in resolved(part).get('required', [])]
            schema = {'type': 'object', 'properties': fields(schema), 'required': required}
        if 'oneOf' in schema:
            tries = [self.faults(s, value, at) for s in schema['oneOf']]
            return [] if sum(not t for t in tries) == 1 else [f'{at}: fits not one of {len(tries)} schemas'] + sum(tries, [])
        if 'const' in schema and value != schema['const'] or value not in schema.get('enum', [value]):
            return [f'{at} is {json.dumps(value)[:60]}']
        kinds = schema.get('type')
        kinds = kinds if isinstance(kinds, list) else [kinds] if kinds else list(KINDS)
        fits = [k for k in kinds if isinstance(value, KINDS[k]) and (k == 'boolean') == isinstance(value, bool)]
        if not fits:
            return [f'{at} is {json.dumps(value)[:60]}, not {kinds}']
        if isinstance(value, list):
            return [f for i, x in enumerate(value) for f in self.faults(schema.get('items', {}), x, f'{at}[{i}]')]
        return self.of_object(schema, value, at) if isinstance(value, dict) else []

    def of_object(self, schema, value, at):
        known, more = schema.get('properties'), schema.get('additionalProperties')
        if more:
            return [f for k, x in value.items() for f in self.faults(more, x, f'{at}.{k}')]
        if known is None:
            return []
        found = [f'{at}.{k} is not described' for k in value if k not in known]
        found += [f'{at}.{k} is missing' for k in schema.get('required', []) if k not in value]
        for k in value.keys() & known.keys():
            self.seen.add((id(schema), k))
            found += self.faults(known[k], value[k], f'{at}.{k}')
        return found

    def unseen(self, schema, at, done):
        """Properties that may be missing, say not when, and were in no answer."""
        schema = resolved(schema)
        if id(schema) in done:
            return []
        done.add(id(schema))
        found = []
        for k, x in schema.get('properties', {}).items():
            if k not in schema.get('required', []) and 'x-when' not in x and (id(schema), k) not in self.seen:
                found.append(f'{at}.{k} is in no answer, and has no x-when')
            found += self.unseen(x, f'{at}.{k}', done)
        inner = schema.get('oneOf', []) + [schema[k] for k in ('items', 'additionalProperties') if schema.get(k)]
        return found + [f for x in inner for f in self.unseen(x, at, done)]


class Document(Case):
    """The description by itself."""

    def every(self, value=DOC, at='#'):
        yield at, value
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for k, x in pairs:
            yield from self.every(x, f'{at}/{k}')

    def test_form(self):
        self.assertEqual(DOC['openapi'], '3.1.0')
        self.assertTrue({'title', 'version'} <= set(DOC['info']))
        self.assertIn(f'project(taproom VERSION {DOC["info"]["version"]} ', source('CMakeLists.txt'))
        self.assertTrue(set(DOC) <= {'openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components'}, DOC.keys())
        ids = [o['operationId'] for _, _, o in operations()]
        self.assertEqual(len(ids), len(set(ids)), ids)
        tags = {t['name'] for t in DOC['tags']}
        for method, path, o in operations():
            with self.subTest(method=method, path=path):
                self.assertIn(method, METHODS)
                self.assertTrue({'operationId', 'summary', 'tags', 'responses'} <= set(o))
                self.assertTrue(set(o['tags']) <= tags)
                named = [p['name'] for p in o.get('parameters', []) if p['in'] == 'path']
                self.assertEqual(sorted(named), sorted(re.findall(r'{(\w+)}', path)))
                self.assertEqual(o['responses']['default'], {'$ref': '#/components/responses/Error'})
                for p in o.get('parameters', []):
                    self.assertIn(p['in'], ('path', 'query'))
                    self.assertTrue(p['description'] and 'schema' in p, p)
                    self.assertEqual(p.get('required', False), p['in'] == 'path')
                    self.assertTrue(p['in'] == 'query' or {'example', 'x-example-from'} & set(p), p)
                if 'requestBody' in o:
                    self.assertTrue(any(EXAMPLES & set(c) for c in o['requestBody']['content'].values()))
                for code, r in o['responses'].items():
                    self.assertTrue(code == 'default' or re.fullmatch(r'2\d\d|422', code) and r['description'] and r['content'])

    def test_references(self):
        used = set()
        for at, value in self.every():
            if not at.endswith('/$ref'):
                continue
            where = DOC
            for part in value[2:].split('/'):
                self.assertIn(part, where, value)
                where = where[part]
            used.add(value.rpartition('/')[2])
        self.assertEqual(set(SCHEMAS) - used, set())

    def test_schemas(self):
        for at, value in self.every():
            if isinstance(value, dict) and 'properties' in value and not at.endswith('/properties'):
                self.assertTrue(set(value.get('required', [])) <= set(value['properties']), at)
                for kind in [value.get('type')] if isinstance(value.get('type'), str) else value.get('type', []):
                    self.assertIn(kind, KINDS, at)


class Sources(Case):
    """The description against what the sources know."""

    def test_routes(self):
        table = re.findall(r'\{"([A-Z]+)", "([^"]+)",\s*\w+,', source('server/api/app.c'))
        self.assertGreater(len(table), 40)
        self.assertEqual(sorted(table), sorted((m.upper(), p) for m, p, _ in operations()))

    def test_bodies(self):
        """What a route takes a body for has one here, and nothing else has."""
        rows = re.findall(r'\{"([A-Z]+)", "([^"]+)",\s*\w+,\s*([^,]+),', source('server/api/app.c'))
        taking = {(m, p) for m, p, most in rows if most.strip() != '0'}
        self.assertEqual(taking, {(m.upper(), p) for m, p, o in operations() if 'requestBody' in o})

    def test_query_parameters(self):
        asked = set()
        for file in API.rglob('*.c'):
            asked |= set(re.findall(r'(?:query_value|query_flag|query_int|req_query)\(r, "(\w+)"', file.read_text()))
        told = {p['name'] for _, _, o in operations() for p in o.get('parameters', []) if p['in'] == 'query'}
        self.assertEqual(asked, told)

    def body(self, path, method='post'):
        return set(fields(DOC['paths'][path][method]['requestBody']['content']['application/json']['schema']))

    def compared(self, path):
        return set(re.findall(r'strcmp\(key, "(\w+)"\)', source(path)))

    def listed(self, path, name):
        found = re.search(r'\*const ' + name + r'\[\] = \{(.*?)\};', source(path), re.S)
        return set(re.findall(r'"(\w+)"', found[1]))

    def gotten(self, path):
        return set(re.findall(r'json_object_get\(top, "(\w+)"\)', source(path)))

    def test_request_fields(self):
        rank = self.compared('server/rank/request/request.c')
        self.assertGreater(len(rank), 15)
        self.assertEqual(rank, self.body('/api/rank'))
        self.assertEqual(rank, self.body('/api/prompt/preview'))
        self.assertEqual(rank | self.gotten('server/api/rank/explain.c'), self.body('/api/explain'))
        preference = self.compared('server/api/data/preferences.c')
        self.assertEqual(preference, self.body('/api/catalogs/{name}/preferences'))
        self.assertEqual(preference, self.body('/api/catalogs/{name}/preferences/{id}', 'put'))
        self.assertEqual(self.listed('server/surface/surface.c', 'known'), self.body('/api/surfaces/{name}', 'put'))
        self.assertEqual(self.listed('server/eval/experiment/experiment_spec.c', 'known'), self.body('/api/experiments'))
        self.assertEqual(self.listed('server/api/v1/score.c', 'known'), self.body('/v1/score'))
        self.assertEqual(self.listed('server/api/v1/rerank_request.c', 'known'), self.body('/v1/rerank'))
        self.assertEqual(self.listed('server/api/v1/embeddings.c', 'known'), self.body('/v1/embeddings'))
        self.assertEqual(self.gotten('server/api/models/models.c'), self.body('/api/models/default'))
        fit = self.gotten('server/api/rank/calibration.c') | set(re.findall(r'get_text\(f, top, "(\w+)"', source('server/api/rank/calibration.c')))
        self.assertEqual(fit, self.body('/api/calibration'))

    def test_choices(self):
        """Values of fields that take one of a few."""
        rank, text = SCHEMAS['RankRequest']['properties'], source('server/rank/request/request.c')
        def names(pattern, text):
            return re.findall(r'"(\w+)"', re.search(pattern + r'.*?=\s*\{(.*?)\};', text, re.S)[1])
        self.assertEqual(rank['candidates']['oneOf'][1]['properties']['retrieve']['enum'], names(r'retrieves\[', text))
        self.assertEqual(rank['constraints']['enum'], names(r'modes\[', text))
        self.assertEqual(rank['history']['properties']['policy']['enum'], names(r'policies\[', text))
        readouts = re.findall(r'^ +X\([A-Z]+, (\w+)\)', source('server/surface/readout_id.h'), re.M)
        self.assertEqual(sorted(rank['readout']['enum']), sorted(['auto', 'hybrid', *readouts]))

    def test_error_codes(self):
        """Each code that can be answered, with the statuses it is answered with."""
        names = dict(re.findall(r'X\((\w+), "(\w+)"\)', source('kernels/base/status.h')))
        self.assertGreater(len(names), 10)
        code_of, waiting = {}, []
        for line in re.search(r'int http_code\(.*?\n\}', source('server/http/edge/reply.c'), re.S)[0].split('\n'):
            waiting += re.findall(r'case ST_(\w+):', line)
            for code in re.findall(r'return (\d+)', line):
                for name in waiting or [n for n in names if n not in code_of]:
                    code_of[name] = int(code)
                waiting = []
        for name in names:
            code_of.setdefault(name, 500)
        told = {c['const']: set(c['x-status']) for c in SCHEMAS['Fault']['properties']['code']['oneOf']}
        can = {names[n]: {code_of[n]} for n in names if n != 'OK'}
        waiting = []
        for line in re.search(r'const char \*check_code_name\(.*?\n\}', source('server/http/check.c'), re.S)[0].split('\n'):
            waiting += re.findall(r'case (\d+):', line)
            for name in re.findall(r'return "(\w+)"', line):
                can.setdefault(name, set()).update(map(int, waiting))
                waiting = []
        self.assertEqual(told, can)


class Answers(Case):
    """Every example, sent."""

    @classmethod
    def setUpClass(cls):
        cache = folder('cache')
        os.mkdir(cache + '/models')
        shutil.copy(TINY, cache + '/models/tied.gguf')
        os.symlink(ROOT / 'fixtures/embedding/tiny', cache + '/models/all-minilm-l6-v2')
        cls.s = Server('--cache', cache, '--model', 'tied')

    @classmethod
    def tearDownClass(cls):
        code = cls.s.stop()
        assert code == 0, code

    def value(self, x, earlier):
        """An example, or a value of an earlier answer."""
        if 'x-example-from' not in x:
            return x.get('example')
        x = x['x-example-from']
        got = earlier[x['operation']]
        for name in x['field'].split('.') if 'field' in x else ():
            got = got[name]
        return got

    def address(self, path, o, earlier):
        query = {}
        for p in o.get('parameters', []):
            v = self.value(p, earlier)
            if p['in'] == 'path':
                path = path.replace('{' + p['name'] + '}', urllib.parse.quote(str(v), safe=''))
            elif v is not None:
                query[p['name']] = v
        return path + ('?' + urllib.parse.urlencode(query) if query else '')

    def bodies(self, o, earlier):
        """(content type, body) of each example; one without a body where there is none."""
        for kind, c in o.get('requestBody', {'content': {}})['content'].items():
            if 'examples' in c:
                return [(kind, x['value']) for x in c['examples'].values()]
            if EXAMPLES & set(c):
                return [(kind, self.value(c, earlier))]
        return [(None, None)]

    def send(self, method, address, kind, body):
        """(code, type, bytes)"""
        if body is not None and not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        c = self.s.connect()
        c.request(method.upper(), address, body, {'Content-Type': kind} if kind else {})
        r = c.getresponse()
        raw = r.read()
        c.close()
        return r.status, (r.headers['Content-Type'] or '').partition(';')[0], raw

    def test_examples(self):
        earlier, schema = {}, Schema()
        for method, path, o in operations():
            code = min(c for c in o['responses'] if c != 'default')
            content = o['responses'][code]['content']
            for kind, body in self.bodies(o, earlier):
                got, type, raw = self.send(method, self.address(path, o, earlier), kind, body)
                with self.subTest(method=method, path=path, body=str(body)[:100]):
                    if 'x-refused' in o:
                        self.assertEqual(got, o['x-refused']['status'], raw[:500])
                        continue
                    self.assertEqual(got, int(code), raw[:500])
                    self.assertIn(type, content)
                    answer = json.loads(raw) if type == 'application/json' else raw
                    earlier.setdefault(o['operationId'], answer)
                    if type == 'application/json':
                        self.assertEqual(schema.faults(content[type]['schema'], answer, o['operationId']), [])
        done = set()
        for _, _, o in operations():
            for code, r in o['responses'].items():
                for type, c in r.get('content', {}).items():
                    if type == 'application/json':
                        self.assertEqual(schema.unseen(c['schema'], o['operationId'], done), [])

    def test_errors(self):
        """Refusals have the one shape, with a code that is described."""
        shape, schema = SCHEMAS['Error'], Schema()
        known = {c['const']: c['x-status'] for c in SCHEMAS['Fault']['properties']['code']['oneOf']}
        for method, address, kind, body, want in (
                ('GET', '/api/nothing', None, None, 404), ('PUT', '/api/rank', 'application/json', {}, 405),
                ('POST', '/api/rank', 'text/plain', 'x', 415), ('POST', '/api/rank', 'application/json', '{', 400),
                ('POST', '/api/rank', 'application/json', {}, 422), ('DELETE', '/api/catalogs/none', None, None, 404),
                ('DELETE', '/api/surfaces/generic', None, None, 409),
                ('POST', '/api/clauses', 'application/json', 'x' * 70000, 413)):
            got, type, raw = self.send(method, address, kind, body)
            with self.subTest(method=method, address=address):
                self.assertEqual((got, type), (want, 'application/json'), raw)
                answer = json.loads(raw)
                self.assertEqual(schema.faults(shape, answer, 'error'), [])
                self.assertIn(got, known[answer['error']['code']])

    def test_refused_import(self):
        got, _, raw = self.send('POST', '/api/catalogs?name=refused', 'application/x-ndjson', 'no JSON\n')
        self.assertEqual(got, 422, raw)
        schema = DOC['paths']['/api/catalogs']['post']['responses']['422']['content']['application/json']['schema']
        self.assertEqual(Schema().faults(schema, json.loads(raw), 'refused'), [])

    def test_served(self):
        got, type, raw = self.send('GET', '/api/openapi.json', None, None)
        self.assertEqual((got, type, json.loads(raw)), (200, 'application/json', DOC))


if __name__ == '__main__':
    main()
