"""How many lines of each room tests have run: python3 tests/coverage.py BUILD

BUILD is a build with TAPROOM_COVERAGE in which tests were run. Prints a line for each room of server/, model/ and kernels/,
and the files below three quarters. A line counts where any test ran it, on whatever path it was compiled.
"""
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ('server/', 'model/', 'kernels/')
GCDA_AT_ONCE = 50
SHOWN = 0.75


def reports(build):
    """gcov's JSON of every object that was run."""
    files = sorted(str(p.resolve()) for p in pathlib.Path(build).rglob('*.gcda'))
    if not files:
        sys.exit(f'{build} has no counts: build with -DTAPROOM_COVERAGE=ON and run tests')
    with tempfile.TemporaryDirectory() as out:
        for i in range(0, len(files), GCDA_AT_ONCE):
            subprocess.run(['gcov', '--json-format', '--hash-filenames', *files[i:i + GCDA_AT_ONCE]], cwd=out, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in os.listdir(out):
            with gzip.open(os.path.join(out, name)) as f:
                yield json.load(f)


def lines(build):
    """{file: {line: runs}} of the project's own files."""
    found = collections.defaultdict(collections.Counter)
    for report in reports(build):
        for file in report['files']:
            path = pathlib.Path(report['current_working_directory'], file['file']).resolve()
            name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ''
            if name.startswith(ROOMS):
                for line in file['lines']:
                    found[name][line['line_number']] += line['count']
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rooms, low = collections.defaultdict(lambda: [0, 0]), []
    for name, counts in sorted(lines(sys.argv[1]).items()):
        ran, every = sum(n > 0 for n in counts.values()), len(counts)
        for room in (os.path.dirname(name), name.split('/')[0] + ', all of it'):
            rooms[room][0] += ran
            rooms[room][1] += every
        if ran < SHOWN * every:
            low.append((ran / every, name))
    for room, (ran, every) in sorted(rooms.items()):
        print(f'{100 * ran / every:5.1f} %  {ran:6d} of {every:6d}  {room}')
    for share, name in sorted(low):
        print(f'{100 * share:5.1f} %  {name}')


if __name__ == '__main__':
    main()
