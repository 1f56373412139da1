"""An adapter of ours in llama.cpp: the next token's log-probabilities after a few prompts, by both, with the same adapter over
the same base.

    pip install llama-cpp-python==0.3.36 gguf==0.19.0
    python tests/bench/peers/adapter_llama.py TAPROOM BASE.gguf ADAPTER.gguf

llama.cpp multiplies quantized weights by inputs that it rounds to 8 bits; so that only the adapter is compared, both read the
base widened to F32, under whose hash the adapter is written anew. Compared are the 20 likeliest tokens (llama.cpp's, without
the adapter and with it) after each prompt. Prints the largest difference with and without the adapter, and how far the adapter
moves those log-probabilities; exits 1 when a difference is over .02.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import gguf
import llama_cpp
import numpy as np

MOST, TOP = .02, 20
PROMPTS = ['Job: Watch and clock repairer. Four days of six hours.\nThis job is a good match for a job seeker who wants:',
           'Favourite films of one viewer:\n- 1979, Science Fiction: Alien\n-', 'The harbour was quiet when',
           'Question: Is ice colder than steam? Answer:']


def copy_fields(reader, writer, skip=()):
    for f in reader.fields.values():
        if f.name.startswith('GGUF.') or f.name in ('general.architecture', 'general.alignment', 'general.file_type', *skip):
            continue
        kind = f.types[0]
        value = f.contents()
        if kind == gguf.GGUFValueType.ARRAY:
            writer.add_array(f.name, value)
        else:
            writer.add_key_value(f.name, value, kind)


def widen(base, to):
    r = gguf.GGUFReader(base)
    w = gguf.GGUFWriter(to, r.fields['general.architecture'].contents())
    copy_fields(r, w)
    for t in r.tensors:
        w.add_tensor(t.name, np.array(gguf.dequantize(t.data, t.tensor_type), np.float32))
    write(w)


def rename(adapter, sha, to):
    """The adapter over another base: the same factors, another hash."""
    r = gguf.GGUFReader(adapter)
    w = gguf.GGUFWriter(to, r.fields['general.architecture'].contents())
    copy_fields(r, w, ['taproom.base.sha256'])
    w.add_string('taproom.base.sha256', sha)
    for t in r.tensors:
        w.add_tensor(t.name, np.array(t.data))
    write(w)


def write(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def theirs(base, adapter):
    llm = llama_cpp.Llama(base, lora_path=adapter, logits_all=True, n_ctx=512, n_threads=2, verbose=False)
    rows = []
    for p in PROMPTS:
        ids = llm.tokenize(p.encode(), add_bos=False)
        llm.reset()
        llm.eval(ids)
        x = np.array(llm.scores[len(ids) - 1], np.float64)
        rows.append((ids, x - x.max() - np.log(np.exp(x - x.max()).sum())))
    return rows


def ours(taproom, cache, data, model, asked):
    p = subprocess.Popen([taproom, 'serve', '--port', '0', '--data', data, '--cache', cache, '--model', model, '--precision', 'f32'],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        at = next(word for line in p.stdout for word in line.split() if word.startswith('http://')).rstrip('/.,')
        rows = []
        for ids, labels in asked:
            body = json.dumps({'query': ids[:-1], 'items': [ids[-1:]], 'label_token_ids': labels}).encode()
            req = urllib.request.Request(at + '/v1/score', body, {'Content-Type': 'application/json'})
            rows.append(np.log(json.load(urllib.request.urlopen(req))['scores'][0]))
        return rows
    finally:
        p.terminate()
        p.wait()


def main():
    taproom, base, adapter = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(folder + '/models')
        os.makedirs(folder + '/adapters')
        wide, mine = folder + '/models/wide.gguf', folder + '/adapters/mine.gguf'
        widen(base, wide)
        rename(adapter, hashlib.sha256(pathlib.Path(wide).read_bytes()).hexdigest(), mine)
        plain, tuned = theirs(wide, None), theirs(wide, mine)
        tops = [[int(t) for t in {*np.argsort(-a)[:TOP], *np.argsort(-b)[:TOP]}] for (_, a), (_, b) in zip(plain, tuned)]
        worst = {}
        for name, model, rows in (('base', 'wide', plain), ('base+adapter', 'wide+mine', tuned)):
            got = ours(taproom, folder, folder + '/data', model, [(ids, top) for (ids, _), top in zip(rows, tops)])
            worst[name] = max(float(np.abs(g - r[top]).max()) for g, (_, r), top in zip(got, rows, tops))
        moved = max(float(np.abs(a[top] - b[top]).max()) for (_, a), (_, b), top in zip(plain, tuned, tops))
    print(f"llama.cpp (llama-cpp-python {llama_cpp.__version__}): largest difference {worst['base']:.4f} without the adapter, "
          f"{worst['base+adapter']:.4f} with it, which moves them by up to {moved:.3f}")
    return worst['base+adapter'] > MOST


if __name__ == '__main__':
    sys.exit(main())
