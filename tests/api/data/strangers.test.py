"""Files in the forms that people have, each with what is right for it: roles, counts, the first item, limits and dates:
python3 strangers.test.py TAPROOM [unittest arguments]. SHOW=1 tells of every file what came of it.
"""
import os
import sys

from harness import ROOT, Shared, lines, main

sys.path.insert(0, str(ROOT / 'fixtures/import'))
import strangers  # noqa: E402


class Strangers(Shared):
    def faults(self, f, n):
        """What is wrong with what came of a file, as texts; columns that are right and all of them."""
        path, out = f'/api/catalogs?name=s{n}', []
        if f.kind != 'items':
            self.s.call('POST', path, lines([{'id': k, 'title': v} for k, v in f.into.items()]), 'application/x-ndjson')
            path = f'/api/catalogs/s{n}/{f.kind}'
        code, a, _ = self.s.call('POST', path, f.body, f.type)
        if code != f.code:
            return [f'code {code}: {a.get("error")} {a.get("errors")}'], 0, 1
        if f.error:
            return [] if f.error in a['error']['message'] and not a['stored'] else [str(a['error'])], 0, 0
        want = {'read': f.read, 'rejected': f.rejected, 'kept': f.read - f.rejected, 'continued': f.continued, 'values_lost': f.lost, 'stored': True}
        out += [f'{k} is {a[k]}, not {v}' for k, v in want.items() if a[k] != v]
        out += [f'{c["name"]}: {c["lost_example"]}' for c in a['columns'] if c['lost'] and not f.lost]
        for k, v in f.found.items():
            got = a
            for part in k.split('.'):
                got = got.get(part, {})
            if got != v:
                out.append(f'{k} is {got}, not {v}')
        roles = {c['name']: c['role'] for c in a['columns']}
        rest = 'field' if f.kind == 'items' else ''
        named = {(k or 'column_1'): r for k, r in f.want.items()}
        right = 0
        for c, r in roles.items():
            fine = r == named.get(c, rest) or r in f.either.get(c, ())
            right += fine
            if not fine:
                out.append(f'role: {c} is {r or "left out"}, not {named.get(c, rest)}')
        out += [f'role: no column {c}' for c in named if c not in roles]
        return out + self.content(f, f's{n}'), right, len(roles)

    def content(self, f, name):
        out = []
        if f.first:
            item = self.s.call('GET', f'/api/catalogs/{name}/items?limit=1')[1]['items'][0]
            for k, v in f.first.items():
                got = item.get(k)
                if k == 'time' and got:
                    got = got[:10]
                if k == 'extra':
                    got = {x: got.get(x) for x in v}
                if got != v:
                    out.append(f'{k} is {got!r}, not {v!r}')
        for wish, holds in f.wishes:
            code, a, _ = self.s.call('POST', '/api/rank', {'catalog': name, 'instruction': wish, 'candidates': {'retrieve': 'popularity', 'count': 1}, 'save': False})
            got = [(c['field'], c['words'], x['holds']) for c, x in zip(a.get('constraints', []), a.get('funnel', {}).get('constraints', []))]
            if not got or got[0][2] != holds:
                out.append(f'{wish!r}: {got or a.get("error") or a.get("warnings")}, not {holds}')
        return out

    def test_files(self):
        right = of = 0
        wrong = {}
        for n, f in enumerate(strangers.FILES):
            out, r, k = self.faults(f, n)
            right += r
            of += k
            if out:
                wrong[f.name] = out
            if os.environ.get('SHOW'):
                print(f.name, f'{r}/{k}', *out, sep='\n    ')
        if os.environ.get('SHOW'):
            print(f'{right} of {of} roles, {len(wrong)} of {len(strangers.FILES)} files with faults')
        self.assertEqual(wrong, {})


if __name__ == '__main__':
    main()
