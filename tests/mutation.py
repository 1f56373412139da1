"""Breaks the code in small ways and lists the breaks that no test notices:
python3 tests/mutation.py [--count 60] [--seed 1] [--only GROUP] [--work DIR] [--list]

A break is one of: a comparison that lets one more or one fewer through or says the opposite; "and" for "or"; a term of a sum that is
dropped; a number that is one more. They are chosen by the seed, evenly over the groups below, from code (no comments, texts, tables of
words or preprocessor lines). The tree is copied, so nothing here is changed; --work keeps the copy and its build for the next run.

For each break the group's own tests are built and run until one fails; if none does, its wider tests. A break that does not compile is
no break: another one takes its place. A test that runs too long has noticed. Ends with 1 when more than 5 of 60 go unnoticed.
"""
import argparse
import functools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
GROUPS = {  # sources, tests of their own, wider ones; NAME.test.py runs against the program
    'wish': (['server/wish/**/*.c'], ['test_wish', 'test_wish_cases', 'test_clauses'],
             ['test_funnel', 'test_rank_constraints', 'test_rank', 'wishes.test.py']),
    'readout': (['server/readout/**/*.c'], ['test_readout', 'test_rank', 'test_rank_surface', 'test_rank_answers', 'test_rank_baselines', 'test_prefix_splits'],
                ['test_rank_constraints', 'test_eval', 'test_eval_precision', 'rank.test.py', 'surfaces.test.py']),
    'plan': (['model/engine/plan.c', 'model/engine/cache.c'], ['test_engine', 'test_tree_mask', 'test_batch'], ['test_engine_faults', 'test_rank', 'test_rank_answers', 'score.test.py']),
    'store': (['server/store/**/*.c'], ['test_store', 'test_store_open', 'test_store_runs', 'test_store_search', 'test_db', 'test_columns'],
              ['test_store_faults', 'test_store_memory', 'saved.test.py', 'catalogs.test.py', 'rank.test.py']),
}
TABLES = re.compile(r'(words|table|lexicon|grammar)_?\w*\.c$')  # what is data in the form of code
LONGEST = 300  # seconds of a test
UNNOTICED = 5 / 60

# Preprocessor lines, tables, promises, and sizes of arrays, of which more do no harm.
SKIPPED = re.compile(r'\s*(?:#|static const|enum|CHECK\(|(?:char|int|double|unsigned|struct \w+) .*\w\[\d+\])')
SWAPS = [(r' < ', ' <= '), (r' <= ', ' < '), (r' > ', ' >= '), (r' >= ', ' > '), (r' == ', ' != '), (r' != ', ' == '),
         (r' && ', ' || '), (r' \|\| ', ' && '),
         (r' [+-] (?:[a-z]\w*(?:(?:->|\.)\w+)*|\d+)(?=[;,)\] ])(?! [*/])', ''),  # a term of a sum
         (r'(?<=[ (\[])[1-9]\d{0,2}(?=[;,)\]])', None)]  # one more


@functools.cache
def original(path):
    """A source file's text as it was when it was first looked at."""
    return (ROOT / path).read_bytes()


def lines_of(path):
    return original(path).decode().split('\n')


def code_lines(lines):
    """(number, line) of lines inside functions, with texts blanked out; comments are left out."""
    depth, comment, function = 0, False, False
    for i, line in enumerate(lines):
        bare = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', lambda m: '"' * len(m[0]), line)
        bare = re.sub(r'/\*.*?\*/', lambda m: ' ' * len(m[0]), bare)
        if comment:
            comment = '*/' not in bare
            continue
        if '/*' in bare:
            comment, bare = True, bare[:bare.index('/*')]
        if depth > 0 and function and not SKIPPED.match(bare):
            yield i, bare
        if depth == 0:
            function = re.search(r'\) *\{', bare) is not None  # and no table
        depth += bare.count('{') - bare.count('}')


def breaks_of(path):
    """Every break of a file, as (file, line, column, before, after)."""
    found = []
    for number, bare in code_lines(lines_of(path.relative_to(ROOT))):
        for pattern, after in SWAPS:
            for m in re.finditer(pattern, bare):
                new = str(int(m[0]) + 1) if after is None else after
                found.append((path.relative_to(ROOT), number, m.start(), m[0], new))
    return found


def choose(group, seed):
    """All breaks of a group in the order in which they are tried."""
    every = []
    for pattern in GROUPS[group][0]:
        for path in sorted(ROOT.glob(pattern)):
            if not TABLES.search(path.name):
                every += breaks_of(path)
    random.Random(f'{seed} {group}').shuffle(every)
    return every


def said(one):
    path, number, column, before, after = one
    line = lines_of(path)[number]
    return f'{path}:{number + 1}: "{before.strip()}" becomes "{after.strip() or "nothing"}" in: {line.strip()}'


class Copy:
    """The tree and its build, where breaks are made."""

    def __init__(self, work):
        self.source, self.build = work / 'source', work / 'build'
        self.sound = set()  # tests that pass without a break
        files = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in files.split('\n'):
            if name and (ROOT / name).is_file():
                self.restore(name)
        self.must(['cmake', '-S', self.source, '-B', self.build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug', '-DTAPROOM_SANITIZE=ON',
                   '-DTAPROOM_CUDA=OFF'])

    def must(self, command):
        r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            sys.exit(f'{command[0]} failed:\n{r.stdout[-3000:]}')

    def restore(self, name):
        """Copies a file that is not the same; equal ones keep their time, so that nothing is built for them."""
        to, now = self.source / name, original(pathlib.Path(name))
        if not to.exists() or to.read_bytes() != now:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(now)
            shutil.copymode(ROOT / name, to)

    def apply(self, one):
        path, number, column, before, after = one
        lines = lines_of(path)
        line = lines[number]
        assert line[column:column + len(before)] == before, one
        lines[number] = line[:column] + after + line[column + len(before):]
        (self.source / path).write_text('\n'.join(lines), encoding='utf-8')

    def builds(self, test):
        target = 'taproom' if test.endswith('.py') else test
        return subprocess.run(['ninja', '-C', self.build, target], stdout=subprocess.DEVNULL).returncode == 0

    def passes(self, test):
        command = [sys.executable, '-W', 'ignore', next((self.source / 'tests/api').rglob(test)), self.build / 'taproom'] if test.endswith('.py') else [
            self.build / 'tests' / test]
        try:
            r = subprocess.run(command, cwd=self.source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LONGEST,
                               env={**os.environ, 'PYTHONPATH': str(self.source / 'tests/api'), 'OMP_NUM_THREADS': '2', 'OMP_WAIT_POLICY': 'passive'})
        except subprocess.TimeoutExpired:
            return False
        return r.returncode in (0, 77)


def sound(copy, test):
    """A test that fails without any break could tell nothing. Looked at once, when it is first needed."""
    if not copy.builds(test) or not copy.passes(test):
        sys.exit(f'{test} fails without any break')
    copy.sound.add(test)


def noticed_by(copy, group, one):
    """The test that notices, '' if none does, None if the break does not compile."""
    try:
        for test in GROUPS[group][1] + GROUPS[group][2]:
            if test not in copy.sound:
                copy.restore(one[0])
                sound(copy, test)
            copy.apply(one)
            if not copy.builds(test):
                return None
            if not copy.passes(test):
                return test
        return ''
    finally:
        copy.restore(one[0])


def run(groups, count, seed, work):
    copy, unnoticed, done = Copy(work), [], 0
    for k, group in enumerate(groups):
        wanted = count // len(groups) + (k < count % len(groups))
        for one in choose(group, seed):
            if wanted == 0:
                break
            by = noticed_by(copy, group, one)
            if by is None:
                continue
            wanted, done = wanted - 1, done + 1
            print(f'{by or "NOTHING"} notices {said(one)}', flush=True)
            if not by:
                unnoticed.append(one)
    print(f'\n{len(unnoticed)} of {done} breaks go unnoticed')
    for one in unnoticed:
        print('  ' + said(one))
    return 1 if len(unnoticed) > UNNOTICED * done else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--count', type=int, default=60)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--only', choices=GROUPS)
    p.add_argument('--work', type=pathlib.Path)
    p.add_argument('--list', action='store_true', help='only says what would be broken')
    a = p.parse_args()
    groups = [a.only] if a.only else list(GROUPS)
    if a.list:
        for k, g in enumerate(groups):
            every = choose(g, a.seed)
            print(f'{g}: {len(every)} places')
            for one in every[:a.count // len(groups) + (k < a.count % len(groups))]:
                print('  ' + said(one))
        return 0
    if a.work:
        a.work.mkdir(parents=True, exist_ok=True)
        return run(groups, a.count, a.seed, a.work.resolve())
    with tempfile.TemporaryDirectory() as work:
        return run(groups, a.count, a.seed, pathlib.Path(work))


if __name__ == '__main__':
    sys.exit(main())
