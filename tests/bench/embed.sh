#!/usr/bin/env bash
# Speed of the embedding model beside sentence-transformers: the same texts, the same weights, two threads, rounds in turn.
# tests/bench/embed.sh BENCH_EMBED PYTHON [THREADS]: the program out of a release build with tests, and a Python that has
# sentence-transformers. Texts are the films of MovieLens-100K as the movies surface writes them. Not part of the tests.
set -euo pipefail
bench=$1 python=$2 threads=${3:-2}
cache=${TAPROOM_CACHE:-${XDG_CACHE_HOME:-~/.cache}/taproom}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -F'\t' 'NR > 1 { gsub(" ", ", ", $4); print $2 " (" $3 ") [" $4 "]" }' "$cache/data/ml-100k/ml-100k.item" >"$work/films"
model=$cache/models/all-minilm-l6-v2
"$bench" "$model" "$work/films" "$threads" "$work/ours"
OMP_NUM_THREADS=$threads "$python" - "$model" "$work" "$threads" <<'PY'
import json, statistics, sys, time
import numpy, torch
from sentence_transformers import SentenceTransformer
try:
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
except ImportError:
    from sentence_transformers.models import Pooling, Transformer
from transformers import BertModel, BertTokenizerFast

folder, work, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
lines = open(work + "/films", encoding="utf-8").read().split("\n")[:-1]
tokenizer = BertTokenizerFast(vocab_file=folder + "/vocab.txt", do_lower_case=True)
tokenizer.save_pretrained(work + "/model")
BertModel.from_pretrained(folder, add_pooling_layer=False).save_pretrained(work + "/model")
part = Transformer(work + "/model", max_seq_length=256)
model = SentenceTransformer(modules=[part, Pooling(384, pooling_mode="mean")], device="cpu")
took = []
for _ in range(3):
    start = time.monotonic()
    theirs = model.encode(lines, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
    took.append(time.monotonic() - start)
mine = numpy.fromfile(work + "/ours", "<f4").reshape(len(lines), -1)
seconds = statistics.median(took)
print(json.dumps({"sentence_transformers": round(seconds, 3), "texts_per_s": round(len(lines) / seconds),
                  "largest_difference": float(abs(mine - theirs).max())}))
PY
