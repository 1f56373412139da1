"""Makes the fuzz targets' first inputs of the fixtures: python3 corpus.py FOLDER. What is there already stays."""
import itertools
import json
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(sys.argv[1])


def put(target, name, data, most=60_000):
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes((data if isinstance(data, bytes) else data.encode())[:most])


def strings_of(path):
    """The texts of a C file, each as it stands between its quotes, neighbours joined."""
    text = (ROOT / path).read_text()
    for piece in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', text):
        parts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', piece)
        yield ''.join(parts).encode().decode('unicode_escape').encode('latin-1')


def wishes():
    for path in ('fixtures/movies/instructions.jsonl', 'fixtures/jobs/instructions.jsonl', 'fixtures/listings/instructions.jsonl'):
        for line in (ROOT / path).read_text().splitlines():
            yield next(iter(v for k, v in json.loads(line).items() if k in ('instruction', 'text', 'wish')), '')


def bodies():
    api = json.loads((ROOT / 'server/api/openapi.yaml').read_text())
    for path, calls in api['paths'].items():
        for method, call in calls.items():
            content = call.get('requestBody', {}).get('content', {}) if isinstance(call, dict) else {}
            for form in content.values():
                for x in [form.get('example')] + [v.get('value') for v in form.get('examples', {}).values()]:
                    if x is not None:
                        yield f'{method} {path}', x


def make():
    for f in sorted((ROOT / 'fixtures/tokenizer').glob('*.gguf')) + [ROOT / 'fixtures/gguf/small.gguf']:
        put('gguf', f.name, f.read_bytes())
        put('tok', f.name, b'\x80' + f.read_bytes())
    for k, line in enumerate((ROOT / "fixtures/tokenizer/lines.jsonl").read_bytes().splitlines()[::40]):
        text = json.loads(line)
        put('tok', f'line-{k}', bytes([k % 4]) + (text if isinstance(text, str) else str(text)).encode('utf-8', 'replace'))
    tensors = (ROOT / 'fixtures/grad/tied/adapter_model.safetensors').read_bytes()
    small = b'{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}'
    put('safetensors', 'adapter', tensors)
    put('safetensors', 'small', struct.pack('<Q', len(small)) + small + bytes(26))
    for f in ('fixtures/embedding/tiny/config.json', 'fixtures/grad/tied/adapter_config.json'):
        put('safetensors', f.split('/')[-1], (ROOT / f).read_bytes())
    put('adapter', 'tensors', b'\x01' + tensors)
    put('adapter', 'settings', b'\x02' + (ROOT / 'fixtures/grad/tied/adapter_config.json').read_bytes())
    put('adapter', 'gguf', b'\x00' + (ROOT / 'fixtures/gguf/small.gguf').read_bytes())
    for k, ((name, x), first) in enumerate(itertools.product(bodies(), b'\x00\x02')):
        put('json', f'body-{k}', bytes([first]) + (x if isinstance(x, str) else json.dumps(x)).encode())
    put('json', 'cut-in-a-character', b'\x00{"\xde\x8br\\\xde\x8b\xde\x8bf\xde\x8b\xff\xff')
    for f in (ROOT / 'server/surface/builtin').glob('*.json'):
        put('json', f.name, b'\x01' + f.read_bytes())
    for k, text in enumerate(strings_of('tests/fuzz/test_fuzz_import.c')):
        for first in (k % 3, k % 3 + 4):
            put('import', f'{k}-{first}', bytes([first, k % 16]) + text)
    for k, text in enumerate(strings_of('tests/fuzz/test_fuzz_http.c')):
        put('http', str(k), text)
    for k, text in enumerate(itertools.islice(wishes(), 0, None, 4)):
        put('clauses', str(k), text)
        put('wish', str(k), text)
    values = [struct.pack('<q', 1), struct.pack('<q', 5), struct.pack('<d', 0.5), b'{}', b'{"a":[1,2,{"b":null}]}', b'ada', b'waiting',
              b'a\x1fb', struct.pack('<f', 1)]
    for column, (k, v) in itertools.product(range(100), enumerate(values)):
        put('dump', f'{column}-{k}', bytes([column, (0, 0, 1, 2, 2, 2, 2, 2, 3)[k]]) + v)


make()
