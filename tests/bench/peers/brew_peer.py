"""The lists of bench_brew (tests/bench/programs/brew.c) in PyTorch with PEFT, as padded sequences.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 gguf==0.19.0
    python tests/bench/peers/brew_peer.py MODEL.gguf [query|item [STEPS [THREADS [DTYPE [BATCHES]]]]]

Every list is a batch of its items, each a whole sequence: `query` item + wish for 6 wishes, and 3 empty ones for each
item; `item` history + item. LoRA of rank 8 on all linear layers, gradients kept only where they are asked for,
log-probabilities of the read tokens from logits of the read rows only. BATCHES: of the nine of `query`, which are
alike, only so many are run. Prints lists per second of wall time and of
processor time; only ratios of runs on one machine say something.
"""
import os
import resource
import sys
import time

MODEL = sys.argv[1]
FORM, STEPS, THREADS, DTYPE, BATCHES = (sys.argv[2:] + ["query", "1", "2", "float32", "9"][len(sys.argv) - 2:])[:5]
os.environ["OMP_NUM_THREADS"] = THREADS
import torch  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

ITEMS, ITEM, WISHES, EMPTY, WISH, TRUNK = 12, 60, 6, 3, 20, 120
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def batches(vocab):
    """(ids, first read token) of one step: sequences of one length, so nothing is lost to padding."""
    g = torch.Generator().manual_seed(1)
    def draw(*shape):
        return torch.randint(vocab, shape, generator=g)
    if FORM == "item":
        return [(torch.cat([draw(1, TRUNK).expand(ITEMS, -1), draw(ITEMS, ITEM)], 1), TRUNK)]
    item = draw(ITEMS, ITEM)
    return [(torch.cat([item, draw(ITEMS, WISH)], 1), ITEM) for _ in range(WISHES + EMPTY)]


def learn(net, step):
    for ids, first in step:
        out = net.base_model.model.model(input_ids=ids).last_hidden_state[:, first - 1:-1]
        logits = net.base_model.model.lm_head(out).float()
        logp = torch.log_softmax(logits, -1).gather(2, ids[:, first:, None])[..., 0].mean(1)
        weight = torch.full((len(ids),), -1 / 200 * WISH)
        weight[0] = 11 / 200 * WISH
        (weight * logp).sum().backward()


def main():
    torch.set_num_threads(int(THREADS))
    folder, file = os.path.split(os.path.abspath(MODEL))
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=getattr(torch, DTYPE))
    net = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=LINEARS, task_type="CAUSAL_LM"))
    opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-3, betas=(.9, .98))
    step = batches(model.config.vocab_size)
    lists = 1 if FORM == "item" else WISHES * int(BATCHES) / (WISHES + EMPTY)
    step = step[:int(BATCHES)]
    for i in range(int(STEPS) + 1):
        if i == 1 or int(STEPS) == 0:
            wall, cpu = time.time(), time.process_time()
        learn(net, step)
        opt.step()
        opt.zero_grad()
    n = max(int(STEPS), 1) * lists
    wall, cpu = time.time() - wall, time.process_time() - cpu
    print(f"PyTorch {torch.__version__}, {THREADS} threads, {DTYPE}, {FORM}: {n / wall:.4f} lists/s, "
          f"{n / cpu:.4f} lists/CPU-s, {wall:.1f} s, {cpu:.1f} CPU-s, "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
