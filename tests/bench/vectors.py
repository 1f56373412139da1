#!/usr/bin/env python3
"""Vectors per second beside sentence-transformers: the same texts, the same weights, as many threads, rounds in turn.

    tests/bench/vectors.py BENCH_EMBED PYTHON [THREADS] [ROUNDS]

BENCH_EMBED is the program of a release build with tests; PYTHON has torch and sentence-transformers (>= 3). Texts are the
jobs, homes and films of fixtures/ and MovieLens-100K, as their surfaces write them: 20 to 150 tokens. Prints JSON: texts a
second (medians of the rounds) by the clock and by the processor's time, which other programs disturb less. Not part of the
tests."""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("TAPROOM_CACHE") or os.path.expanduser("~/.cache/taproom"))
MODEL = CACHE / "models" / "all-minilm-l6-v2"


def texts():
    for name in ("jobs", "listings"):
        for line in (ROOT / "fixtures" / name / "items.jsonl").read_text(encoding="utf-8").splitlines()[:200]:
            item = json.loads(line)
            yield f"{item['title']}. {item['text']} [{', '.join(item['tags'])}]".replace("\n", " ")
    films = CACHE / "data" / "ml-100k" / "ml-100k.item"
    for line in films.read_text(encoding="utf-8").splitlines()[1:201] if films.exists() else ():
        _, title, year, kinds = line.split("\t")
        yield f"{title} ({year}) [{kinds.replace(' ', ', ')}]"


def theirs(work, threads):
    """One process that answers each line of input with a round."""
    import numpy
    import torch
    from sentence_transformers import SentenceTransformer
    try:
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError:
        from sentence_transformers.models import Pooling, Transformer
    from transformers import BertModel, BertTokenizerFast

    torch.set_num_threads(threads)
    lines = (work / "texts").read_text(encoding="utf-8").split("\n")[:-1]
    words = (MODEL / "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocab = {word: i for i, word in enumerate(words) if word}
    try:
        tokenizer = BertTokenizerFast(vocab=vocab, do_lower_case=True)  # transformers 5
    except TypeError:
        tokenizer = BertTokenizerFast(vocab_file=str(MODEL / "vocab.txt"), do_lower_case=True)
    tokenizer.save_pretrained(work / "model")
    BertModel.from_pretrained(MODEL, add_pooling_layer=False).save_pretrained(work / "model")
    part = Transformer(str(work / "model"), max_seq_length=256)
    model = SentenceTransformer(modules=[part, Pooling(384, pooling_mode="mean")], device="cpu")
    model.encode(lines[:64])
    for _ in sys.stdin:
        start, cpu = time.monotonic(), time.process_time()
        vectors = model.encode(lines, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        print(json.dumps([time.monotonic() - start, time.process_time() - cpu]), flush=True)
    vectors.astype("<f4").tofile(work / "theirs")


def ours(bench, work, threads):
    """The median round of the program by the clock, and the processor's time of all of it over its rounds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run([bench, MODEL, work / "texts", str(threads), work / "ours"], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rounds = 3
    return json.loads(out.stdout)["seconds"], (after.ru_utime - before.ru_utime) / rounds


def largest_difference(work):
    import array
    a, b = array.array("f"), array.array("f")
    a.frombytes((work / "ours").read_bytes())
    b.frombytes((work / "theirs").read_bytes())
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def main(bench, python, threads=2, rounds=3):
    os.environ.update(OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive", TOKENIZERS_PARALLELISM="true", HF_HUB_OFFLINE="1")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        lines = list(texts())
        (work / "texts").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        peer = subprocess.Popen([python, __file__, "--theirs", folder, str(threads)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        mine, other = [], []
        for _ in range(rounds):
            mine.append(ours(bench, work, threads))
            peer.stdin.write("go\n")
            peer.stdin.flush()
            other.append(json.loads(peer.stdout.readline()))
        peer.stdin.close()
        if peer.wait() != 0:
            sys.exit("sentence-transformers failed")
        median = lambda rows, k: statistics.median(row[k] for row in rows)
        print(json.dumps({
            "texts": len(lines), "threads": threads,
            "taproom_per_s": round(len(lines) / median(mine, 0)), "sentence_transformers_per_s": round(len(lines) / median(other, 0)),
            "ratio": round(median(other, 0) / median(mine, 0), 2), "ratio_of_cpu_time": round(median(other, 1) / median(mine, 1), 2),
            "largest_difference": largest_difference(work)}))


if __name__ == "__main__":
    if sys.argv[1] == "--theirs":
        theirs(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*sys.argv[1:3], *map(int, sys.argv[3:5]))
