"""Sending files to be imported, and reading back what became of them."""
import importlib.util

from harness import ROOT, Shared

spec = importlib.util.spec_from_file_location('make', ROOT / 'fixtures/import/make.py')
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)


class Import(Shared):
    N = 0

    def send(self, body, name=None, more='', type='text/csv', kind='items', code=200):
        """(answer, name of the catalogue)"""
        if name is None:
            Import.N += 1
            name = f'c{Import.N}'
        path = f'/api/catalogs?name={name}&replace=1' if kind == 'items' else f'/api/catalogs/{name}/{kind}?'
        got, answer, _ = self.s.call('POST', path + ('&' + more if more else ''),
                                     body if isinstance(body, bytes) else body.encode(), type)
        self.assertEqual(got, code, answer)
        return answer, name

    def items(self, name):
        items, at = [], 0
        while True:
            page = self.s.call('GET', f'/api/catalogs/{name}/items?limit=500&offset={at}')[1]['items']
            items += page
            at += len(page)
            if not page:
                return items

    def roles(self, answer):
        return {c['name']: c['role'] for c in answer['columns']}
