"""The table of speeds: python3 tests/bench/table.py [--rounds 2] [--threads 2] [--only ROW ...] [--svg FILE]

Prints a Markdown table: each job's time, how many times faster than llama.cpp's in the same run (peer.sh), and its
share of the roofline, the rate of oneDNN's products measured in the same run at the model's own shapes (bench_roofline; in int8 that of the
project's own products where it is the higher one).
--svg draws time against items and against prefix, with matplotlib. Ratios carry over to another machine, times do not.

    --taproom FILE    the program (default ./taproom of this tree)
    --roofline FILE   bench_roofline of a release build; without it that column is empty
    --repeats N       runs of each job behind a point of the picture (default 3)
    --through CMD     a command to run each measurement through, such as one that waits for a quiet machine
    --python FILE     a Python with torch and transformers; without it the row of transformers is left out
    LLAMA_DIR, PEERS  as for peer.sh
"""
import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
CACHE = os.path.expanduser(os.environ.get('TAPROOM_CACHE') or os.environ.get('XDG_CACHE_HOME', '~/.cache') + '/taproom')
MODELS = {'SmolLM2-135M': 'smollm2-135m-instruct-q4_1.gguf', 'Gemma-3-270M': 'gemma3-270m-q4_k_m.gguf',
          'Qwen2.5-Coder-0.5B': 'qwen2.5-coder-0.5b-q4_k_m.gguf'}
FIRST = (512, 100, 24)  # tokens of prefix, items, tokens of an item
ROWS = {  # name: model, precision, job, rounds beside llama.cpp?
    'bf16': ('SmolLM2-135M', 'bf16', FIRST, True),
    'int8': ('SmolLM2-135M', 'int8', FIRST, True),
    'f32': ('SmolLM2-135M', 'f32', FIRST, False),
    'gemma': ('Gemma-3-270M', 'bf16', FIRST, True),
    'qwen': ('Qwen2.5-Coder-0.5B', 'bf16', FIRST, True),
    'gemma-int8': ('Gemma-3-270M', 'int8', FIRST, True),
    'qwen-int8': ('Qwen2.5-Coder-0.5B', 'int8', FIRST, True),
    'long': ('SmolLM2-135M', 'bf16', (1024, 500, 24), False),
}
ITEMS = (20, 50, 100, 200, 300, 400, 500)
PREFIXES = (128, 512, 1024, 2048, 4096, 6144, 8160)  # with an item of 24 tokens the last is near SmolLM2's context


def run(*command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})})
    if done.returncode:
        sys.exit(f'{" ".join(command)} failed:\n{done.stdout}{done.stderr}')
    return done.stdout


def model_file(name):
    return f'{CACHE}/models/{MODELS[name]}'


def bench(a, model, precision, job):
    prefix, items, each = map(str, job)
    return json.loads(run(*a.through, a.taproom, 'bench', '--model', model_file(model), '--precision', precision, '--prefix', prefix, '--items',
                          items, '--item-tokens', each, '--threads', str(a.threads), '--repeats', str(a.repeats), '--json'))


def peer(a, model, precision, job):
    """{figure: (ours, theirs)}, medians of a.rounds rounds in turn."""
    out = run(*a.through, f'{HERE}/peers/peer.sh', '--model', model_file(model), '--precision', precision, '--threads', str(a.threads), '--rounds',
              str(a.rounds), '--prefix', str(job[0]), '--items', str(job[1]), '--item-tokens', str(job[2]),
              env={'TAPROOM': a.taproom})
    table = re.findall(r'^(\w+) +([\d.]+) \([^)]*\) +(?:([\d.]+) \([^)]*\)|-)', out, re.M)
    return {name: (float(ours), float(theirs or 'nan')) for name, ours, theirs in table}


def roofline(a, model, jobs, passes=7):
    """{(precision, job): least seconds}"""
    if not a.roofline:
        return {}
    out = run(*a.through, a.roofline, model_file(model), str(a.threads), str(passes), *('x'.join(map(str, j)) for j in jobs),
              env={'OMP_WAIT_POLICY': 'active'})
    return {(p, tuple(map(int, job.split('x')))): float(s)
            for p, job, s in re.findall(r'^roofline (\w+) (\w+) cold_s ([\d.]+)', out, re.M)}


def table(a):
    print('| model | precision | prefix + items x tokens | cold | per item | llama.cpp | ratio | roofline | share of it | memory | load |')
    print('|---|---|---|---|---|---|---|---|---|---|---|')
    for name in a.only or ROWS:
        model, precision, job, beside = ROWS[name]
        if beside:
            ours = peer(a, model, precision, job)
            (cold, theirs), memory, load = ours['cold_s'], ours['rss_mb'][0], ours['load_s'][0]
        else:
            ours = bench(a, model, precision, job)
            cold, theirs, memory, load = ours['cold_s'], None, ours['rss_mb'], ours['load_s']
        least = roofline(a, model, [job]).get((precision, job))
        print(f'| {model} | {precision} | {job[0]} + {job[1]} x {job[2]} | {cold:.2f} s | {cold / job[1] * 1e3:.1f} ms | '
              f'{f"{theirs:.2f} s" if theirs else ""} | {f"{theirs / cold:.2f}" if theirs else ""} | '
              f'{f"{least:.2f} s" if least else ""} | {f"{least / cold:.0%}" if least else ""} | {memory:.0f} MB | {load:.2f} s |', flush=True)
    if a.python:
        prefix, items, each = map(str, FIRST)
        line = run(*a.through, a.python, f'{HERE}/peers/transformers_rank.py', model_file('SmolLM2-135M'), prefix, items, each, str(a.threads))
        cold = float(re.search(r'cold ([\d.]+)', line)[1])
        print(f'| SmolLM2-135M in transformers | bf16 | {prefix} + {items} x {each} | {cold:.2f} s | {cold / int(items) * 1e3:.1f} ms '
              '| | | | | | |', flush=True)


def draw(a):
    import matplotlib
    matplotlib.use('svg')
    matplotlib.rcParams.update({'svg.hashsalt': 'taproom', 'svg.fonttype': 'none', 'font.size': 9})
    import matplotlib.pyplot as plt
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), constrained_layout=True)
    sweeps = [('items of 24 tokens after 512', ITEMS, [(512, n, 24) for n in ITEMS]),
              ('tokens of prefix before 100 items of 24', PREFIXES, [(p, 100, 24) for p in PREFIXES])]
    least = roofline(a, 'SmolLM2-135M', [job for _, _, jobs in sweeps for job in jobs])
    for panel, (label, xs, jobs) in zip(panels, sweeps):
        for precision in a.precisions:
            times = [bench(a, 'SmolLM2-135M', precision, job)['cold_s'] for job in jobs]
            line, = panel.plot(xs, times, marker='o', markersize=3, label=precision)
            if (precision, jobs[0]) in least:
                panel.plot(xs, [least[precision, job] for job in jobs], '--', color=line.get_color(), linewidth=1,
                           label=f'{precision}, roofline')
            print(precision, label, *(f'{x}: {t:.2f} s' for x, t in zip(xs, times)), flush=True)
        panel.set(xlabel=label, ylabel='seconds, cold', ylim=(0, None), xlim=(0, None))
        panel.grid(alpha=.3)
        panel.legend(frameon=False)
    figure.suptitle(f'SmolLM2-135M, {a.threads} threads')
    figure.savefig(a.svg, metadata={'Date': None})


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--rounds', type=int, default=2)
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--only', nargs='*', choices=ROWS)
    p.add_argument('--svg')
    p.add_argument('--precisions', nargs='*', default=['bf16'], help='lines of the picture')
    p.add_argument('--taproom', default=os.path.realpath(f'{HERE}/../../taproom'))
    p.add_argument('--roofline')
    p.add_argument('--python')
    p.add_argument('--repeats', type=int, default=3)
    p.add_argument('--through', type=str.split, default=[])
    a = p.parse_args()
    if a.svg:
        draw(a)
    else:
        table(a)


main()
