"""The ranking job in transformers: python3 transformers_rank.py MODEL.gguf PREFIX ITEMS ITEM_TOKENS THREADS [REPEATS]

    pip install torch==2.13.0 transformers==5.24.0 gguf==0.19.0

In bfloat16 with a shared prefix cache: the prefix is computed once, its keys and values are repeated for a batch of
items, the items are computed in batches, and two labels are read at each item's last token. The tokens are those of
`taproom bench`. Prints one line in the form of llama_rank's.
"""
import copy
import os
import statistics
import sys
import time

import torch
from transformers import AutoModelForCausalLM, DynamicCache

BATCH = 25  # items computed together


def main():
    if len(sys.argv) not in (6, 7):
        sys.exit(__doc__)
    file, prefix, items, each, threads = sys.argv[1], *map(int, sys.argv[2:6])
    repeats = int(sys.argv[6]) if len(sys.argv) > 6 else 3
    torch.set_num_threads(threads)
    folder, name = os.path.split(os.path.abspath(file))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.bfloat16).eval()
    usable = model.config.get_text_config().vocab_size - 2000
    tokens = torch.tensor([1000 + i * 7919 % usable for i in range(prefix + items * each)])
    trunk, leaves = tokens[None, :prefix], tokens[prefix:].view(items, each)
    times = [job(model, trunk, leaves) for _ in range(repeats + 1)][1:]  # the first one warms up
    cold, cached = (statistics.median(t[k] for t in times) for k in range(2))
    print(f'transformers prefix {prefix} items {items} x {each} threads {threads}: cold {cold:.3f} s, prefix cached '
          f'{cached:.3f} s, {items / cold:.1f} items/s, {tokens.numel() / cold:.0f} tokens/s')


@torch.inference_mode()
def job(model, trunk, leaves):
    start = time.perf_counter()
    prefix = model(trunk, past_key_values=DynamicCache(config=model.config), use_cache=True, logits_to_keep=1).past_key_values
    middle = time.perf_counter()
    for batch in leaves.split(BATCH):
        cache = copy.deepcopy(prefix)
        cache.batch_repeat_interleave(len(batch))
        logits = model(batch, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
        (logits[:, 100] - logits[:, 200]).tolist()
    end = time.perf_counter()
    return end - start, end - middle


main()
