"""Writes requirements.txt: every package that requirements.in needs, with its version and the SHA-256 of the one wheel
that pip chose for this Python and machine: python3 lock.py > requirements.txt
"""
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as folder:
    report = pathlib.Path(folder, 'report.json')
    subprocess.run([sys.executable, '-m', 'pip', 'install', '-qq', '--dry-run', '--ignore-installed',
                    '--only-binary', ':all:', '--report', report, '-r', HERE / 'requirements.in'],
                   check=True, stdout=sys.stderr)
    found = json.loads(report.read_text())['install']
print(f'# By lock.py, for Python {sys.version_info[0]}.{sys.version_info[1]} on Linux, x86-64.')
for row in sorted((p['metadata']['name'].lower(), p['metadata']['version'],
                   p['download_info']['archive_info']['hashes']['sha256']) for p in found):
    print('{}=={} --hash=sha256:{}'.format(*row))
