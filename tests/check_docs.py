"""What documents promise of themselves: python3 tests/check_docs.py

README.md has at most 120 lines of at most 120 characters; every room that includes may name (check_layers.sh) has a README, or the
room above it has; every link to a file leads somewhere; every `tests/...`, `server/...` and the like that CONTRIBUTING.md names is there;
every file that a room's README lists is in the room.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
faults = []


def texts():
    names = subprocess.run(['git', 'ls-files', '*.md'], cwd=ROOT, capture_output=True, text=True).stdout.split()
    return [ROOT / n for n in names] or [p for p in ROOT.rglob('*.md') if '.git' not in p.parts]


def check(good, what):
    if not good:
        faults.append(what)


def rooms():
    table = re.search(r"rooms='\n(.*?)'", (ROOT / 'tests/check_layers.sh').read_text(), re.S)[1]
    return [line.partition(':')[0] for line in table.strip().split('\n')]


def short(path):
    lines = path.read_text(encoding='utf-8').split('\n')
    check(len(lines) <= 121, f'README.md has {len(lines) - 1} lines')
    for i, line in enumerate(lines, 1):
        check(len(line) <= 120, f'README.md:{i} has {len(line)} characters')


def links(path):
    for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', path.read_text(encoding='utf-8')):
        check((path.parent / target).exists(), f'{path.relative_to(ROOT)}: there is no {target}')


def table(path):
    """Names in the first column of a room's table of files: with or without their endings, and folders."""
    for part in re.findall(r'^\| (?:file|place) \|.*\n\|[-|]+\n((?:\|.*\n)+)', path.read_text(encoding='utf-8'), re.M):
        for name in re.findall(r'`([\w./*]+)`', ' '.join(row.split('|')[1] for row in part.strip().split('\n'))):
            check(list(path.parent.glob(name.rstrip('/'))) or list(path.parent.glob(name + '.*')),
                  f'{path.relative_to(ROOT)}: there is no {name}')


def main():
    short(ROOT / 'README.md')
    every = texts()
    for path in every:
        if path.parent.name != 'reports':  # they become parts of the page of results
            links(path)
    for room in rooms():
        place = ROOT / room
        above = [p for p in (place, *place.parents) if p != ROOT and p.is_relative_to(ROOT)]
        check(any((p / 'README.md').exists() for p in above), f'{room} has no README.md')
        if (place / 'README.md').exists():
            table(place / 'README.md')
    guide = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    for name in re.findall(r'`((?:tests|server|model|kernels|web|fixtures)/[\w./-]+)`', guide):
        check('NAME' in name or (ROOT / name).exists(), f'CONTRIBUTING.md: there is no {name}')
    print('\n'.join(faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
