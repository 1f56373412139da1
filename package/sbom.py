"""What a built program consists of, as SPDX 2.3: python3 package/sbom.py PROGRAM OUT.json

The packages of Debian that the program is linked to, directly or by another library, and what is compiled into it. Nothing but the
program, dpkg's database and SOURCE_DATE_EPOCH goes into it.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

COMPILED_IN = ['libjs-chart.js']


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def owner(path):
    """The package that a library is of; the merged /usr has two names for it."""
    for name in (path, os.path.realpath(path), '/usr' + path, path.removeprefix('/usr')):
        found = subprocess.run(['dpkg-query', '-S', name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(': ')[0].split(',')[0]
    raise SystemExit(f'{path} is of no package')


def package(name, about):
    version, source, arch = told('dpkg-query', '-W', '-f', '${Version}|${source:Package}|${Architecture}', name).split('|')
    plain = name.split(':')[0]
    return {'SPDXID': 'SPDXRef-' + plain.replace('+', 'p'), 'name': plain, 'versionInfo': version, 'downloadLocation': 'NOASSERTION',
            'filesAnalyzed': False, 'licenseConcluded': 'NOASSERTION', 'licenseDeclared': 'NOASSERTION',
            'copyrightText': 'NOASSERTION', 'supplier': 'Organization: Debian', 'sourceInfo': f'{about}; source package {source}',
            'externalRefs': [{'referenceCategory': 'PACKAGE-MANAGER', 'referenceType': 'purl',
                              'referenceLocator': f'pkg:deb/debian/{plain}@{version}?arch={arch}'}]}


def main(program, out):
    with open(program, 'rb') as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    libraries = re.findall(r'=> (/\S+)', told('ldd', program))
    linked = {owner(x) for x in libraries}
    parts = [package(x, 'linked') for x in sorted(linked)] + [package(x, 'compiled in') for x in COMPILED_IN]
    version = told(program, '--version').split()[-1]
    own = {'SPDXID': 'SPDXRef-taproom', 'name': 'taproom', 'versionInfo': version, 'downloadLocation': 'NOASSERTION',
           'filesAnalyzed': False, 'licenseConcluded': 'Apache-2.0', 'licenseDeclared': 'Apache-2.0', 'copyrightText': 'NOASSERTION',
           'checksums': [{'algorithm': 'SHA256', 'checksumValue': digest}], 'primaryPackagePurpose': 'APPLICATION'}
    made = datetime.datetime.fromtimestamp(int(os.environ['SOURCE_DATE_EPOCH']), datetime.timezone.utc)
    document = {
        'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT', 'name': f'taproom-{version}',
        'documentNamespace': f'https://taproom.invalid/spdx/{version}/{digest}',
        'creationInfo': {'created': made.strftime('%Y-%m-%dT%H:%M:%SZ'), 'creators': ['Tool: package/sbom.py']},
        'packages': [own, *parts],
        'relationships': [{'spdxElementId': 'SPDXRef-DOCUMENT', 'relationshipType': 'DESCRIBES', 'relatedSpdxElement': own['SPDXID']}] + [
            {'spdxElementId': own['SPDXID'], 'relatedSpdxElement': x['SPDXID'],
             'relationshipType': 'DYNAMIC_LINK' if x['sourceInfo'].startswith('linked') else 'CONTAINS'} for x in parts]}
    with open(out, 'w', encoding='utf-8') as f:
        json.dump(document, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
