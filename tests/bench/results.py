"""Writes tests/bench/RESULTS.md from the stored reports: python3 tests/bench/results.py [--check]

A report is a file of tests/bench/reports. It begins with one line each of `title:`, `commit:` (what was measured: its
hash, or "HASH or before"), `machine:`, and one or more of `command:`; after an empty line comes what the command printed,
or was summed up to, as Markdown. The page shows them in the order of their file names. Figures are never edited here:
measure again, and put the new output and commit into the report.

--check writes nothing, and fails where RESULTS.md is not what the reports say.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE / 'RESULTS.md'
HEAD = """# Results

Written by `./taproom results` from the reports in [`reports/`](reports); edit those. Each section names the commands
that printed its figures, the commit they were run at and the machine.
"""


def read(path):
    head, _, body = path.read_text(encoding='utf-8').partition('\n\n')
    report = {'commands': [], 'body': body.strip()}
    for line in head.split('\n'):
        key, _, value = line.partition(': ')
        if key == 'command':
            report['commands'].append(value)
        elif key in ('title', 'commit', 'machine') and key not in report:
            report[key] = value
        else:
            sys.exit(f'{path.name}: this is no line of a report\'s head: {line}')
    for key in ('title', 'commit', 'machine'):
        if not report.get(key):
            sys.exit(f'{path.name}: {key} is missing')
    if not report['commands'] or not report['body']:
        sys.exit(f'{path.name}: a report has a command and what came of it')
    if not re.fullmatch(r'[0-9a-f]{7,40}( or before)?', report['commit']):
        sys.exit(f'{path.name}: commit must be a hash, or "HASH or before": {report["commit"]}')
    return report


def commits(reports):
    """One sentence on what the figures have in common."""
    seen = sorted({r['commit'] for r in reports})
    if len(seen) == 1:
        return f'All figures are of commit {seen[0]}.'
    return ('**The figures are not of one commit**: they were measured at ' + ', '.join(seen) + '. What was built later is '
            'not in them.')


def section(report):
    commands = '\n'.join(report['commands'])
    return (f'## {report["title"]}\n\n```sh\n{commands}\n```\n\n'
            f'At commit {report["commit"]}, on {report["machine"]}.\n\n{report["body"]}\n')


def page():
    reports = [read(p) for p in sorted((HERE / 'reports').glob('*.md'))]
    if not reports:
        sys.exit('there are no reports')
    return '\n'.join([HEAD, commits(reports) + '\n', *map(section, reports)])


def main():
    text = page()
    if sys.argv[1:] == ['--check']:
        if not PAGE.exists() or PAGE.read_text(encoding='utf-8') != text:
            sys.exit('tests/bench/RESULTS.md is not what the reports say: run ./taproom results')
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        PAGE.write_text(text, encoding='utf-8')
        print(f'{PAGE.relative_to(HERE.parents[1])}: {len(text.splitlines())} lines')


if __name__ == '__main__':
    main()
