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


# The requirements of ASVS 5.0.0 at level 1, by chapter and section: how many, from the first on.
ASVS = {'1.2': 5, '1.3': 2, '1.5': 1, '2.1': 1, '2.2': 2, '2.3': 1, '3.2': 2, '3.3': 1, '3.4': 2, '3.5': 3, '4.1': 1, '4.4': 1, '5.2': 2,
        '5.3': 2, '6.1': 1, '6.2': 8, '6.3': 2, '6.4': 2, '7.2': 4, '7.4': 2, '8.1': 1, '8.2': 2, '8.3': 1, '9.1': 3, '9.2': 1,
        '10.4': 5, '11.3': 2, '11.4': 1, '12.1': 1, '12.2': 2, '13.4': 1, '14.2': 1, '14.3': 1, '15.1': 1, '15.2': 1, '15.3': 1}


def asvs():
    """Each requirement stands in the table, and each test that the tables name is there."""
    path = ROOT / 'server/http/SECURITY.md'
    text = path.read_text(encoding='utf-8')
    every = [f'{section}.{k + 1}' for section, n in ASVS.items() for k in range(n)]
    number = {x: i for i, x in enumerate(every)}
    told = set()
    for row in re.findall(r'^\| (\d+\.\d[^|]*?) \|', text, re.M):
        for part in row.split(', '):
            first, _, last = part.partition(' to ')
            check(first in number and (last or first) in number, f'SECURITY.md: {part} is no requirement of level 1')
            told |= set(every[number.get(first, 0):number.get(last or first, -1) + 1])
    check(len(every) == 70 and told == set(every), f'SECURITY.md lacks {sorted(set(every) - told)}')
    for name in set(re.findall(r'\b(?:test|fuzz)_\w+\b(?=[,;. |)(]|$)|\b\w+(?:\.test)?\.(?:py|mjs)\b', text, re.M)) - {'x.test.py', 'x.mjs'}:
        stem = name if '.' in name else name + '.c'
        named = list((ROOT / 'tests').rglob(stem)) or f'def {name}(' in api or f'void {name}(' in units
        check(named, f'SECURITY.md: there is no test {name}')


api = ''.join(p.read_text(encoding='utf-8') for p in (ROOT / 'tests/api').rglob('*.py'))
units = ''.join(p.read_text(encoding='utf-8') for p in (ROOT / 'tests/unit').rglob('*.c'))


def main():
    asvs()
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
