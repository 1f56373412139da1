"""Writes a model of random Q4_0 weights in the shape of a well-known one, for timing only.

    python3 tests/bench/shape_gguf.py qwen3-0.6b|qwen3-8b|tiny FILE

The architecture is llama, so the norms of single heads that Qwen3 has are left out: they are far
below a thousandth of the work. Needs nothing but Python.
"""
import random
import struct
import sys

SHAPES = {
    "qwen3-0.6b": dict(dim=1024, layers=28, heads=16, kv=8, size=128, ffn=3072, vocab=151936, tied=True),
    "qwen3-8b": dict(dim=4096, layers=36, heads=32, kv=8, size=128, ffn=12288, vocab=151936, tied=False),
    "tiny": dict(dim=256, layers=2, heads=4, kv=2, size=64, ffn=512, vocab=4096, tied=True),
}
CONTEXT = 8192
U32, F32_KV, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
TENSOR_F32, TENSOR_Q4_0 = 0, 2


def text(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def pair(key, kind, value):
    pack = {U32: "<I", F32_KV: "<f", BOOL: "<?"}
    return text(key) + struct.pack("<I", kind) + (text(value) if kind == STRING else struct.pack(pack[kind], value))


def array(key, kind, values):
    body = b"".join(text(v) if kind == STRING else struct.pack("<i", v) for v in values)
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + body


def tokens(vocab):
    """Control tokens, the 256 bytes in byte-level BPE's spelling, one merge, and names."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    rest = [b for b in range(256) if b not in plain]
    spell = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [spell[b] for b in range(256)] + ["he"]
    return words + [f"<{i}>" for i in range(vocab - len(words))]


def tensors(s):
    """(name, columns, rows); rows 0 = a vector."""
    q, kv, dim = s["heads"] * s["size"], s["kv"] * s["size"], s["dim"]
    yield "token_embd", dim, s["vocab"]
    yield "output_norm", dim, 0
    if not s["tied"]:
        yield "output", dim, s["vocab"]
    for i in range(s["layers"]):
        for name, k, n in (("attn_norm", dim, 0), ("ffn_norm", dim, 0), ("attn_q", dim, q), ("attn_k", dim, kv),
                           ("attn_v", dim, kv), ("attn_output", q, dim), ("ffn_gate", dim, s["ffn"]),
                           ("ffn_up", dim, s["ffn"]), ("ffn_down", s["ffn"], dim)):
            yield f"blk.{i}.{name}", k, n


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(__doc__)
    s = SHAPES[sys.argv[1]]
    words = tokens(s["vocab"])
    kv = [pair("general.architecture", STRING, "llama"), pair("general.name", STRING, sys.argv[1] + " shape"),
          pair("general.license", STRING, "random numbers"), pair("llama.context_length", U32, CONTEXT),
          pair("llama.embedding_length", U32, s["dim"]), pair("llama.block_count", U32, s["layers"]),
          pair("llama.feed_forward_length", U32, s["ffn"]), pair("llama.attention.head_count", U32, s["heads"]),
          pair("llama.attention.head_count_kv", U32, s["kv"]), pair("llama.attention.key_length", U32, s["size"]),
          pair("llama.attention.value_length", U32, s["size"]), pair("llama.rope.dimension_count", U32, s["size"]),
          pair("llama.attention.layer_norm_rms_epsilon", F32_KV, 1e-5), pair("llama.rope.freq_base", F32_KV, 10000.0),
          pair("tokenizer.ggml.model", STRING, "gpt2"), pair("tokenizer.ggml.pre", STRING, "smollm"),
          array("tokenizer.ggml.tokens", STRING, words),
          array("tokenizer.ggml.token_type", I32, [3] * 3 + [1] * (len(words) - 3)),
          array("tokenizer.ggml.merges", STRING, ["h e"]), pair("tokenizer.ggml.bos_token_id", U32, 0),
          pair("tokenizer.ggml.eos_token_id", U32, 2), pair("tokenizer.ggml.add_bos_token", BOOL, False),
          pair("tokenizer.chat_template", STRING,
               "{% for m in messages %}<|im_start|>{{m.role}}\n{{m.content}}<|im_end|>\n{% endfor %}")]
    infos, places, at = [], [], 0
    for name, k, n in tensors(s):
        size = k * n // 32 * 18 if n else k * 4
        dims = struct.pack("<IQQ", 2, k, n) if n else struct.pack("<IQ", 1, k)
        infos.append(text(name + ".weight") + dims + struct.pack("<IQ", TENSOR_Q4_0 if n else TENSOR_F32, at))
        places.append((at, size, k, n))
        at += (size + 31) // 32 * 32
    rng = random.Random(1)
    head = struct.pack("<IIQQ", 0x46554747, 3, len(infos), len(kv)) + b"".join(kv) + b"".join(infos)
    with open(sys.argv[2], "wb") as f:
        f.write(head + b"\0" * (-len(head) % 32))
        for _, size, k, n in places:
            if n:  # blocks whose scale keeps activations near 1, the same 64 Ki of them again and again
                scale = struct.pack("<e", 0.2 / k ** 0.5)
                run = b"".join(scale + rng.randbytes(16) for _ in range(1 << 16)) if size else b""
                whole, left = divmod(size, len(run))
                for _ in range(whole):
                    f.write(run)
                f.write(run[:left])
            else:
                f.write(struct.pack("<f", 1.0) * k)
            f.write(b"\0" * (-size % 32))


main()
