"""Rows and files that are refused: what is said, and what stays:
python3 import_refused.test.py TAPROOM [unittest arguments].
"""
import gzip
import json

from files import Import
from harness import cli, folder, main


class Refused(Import):
    """Rows that cannot be stored: left out and named; the file is refused where it is damaged, or too many would be lost."""
    OLD = 'id,title\nold,Old\n'

    def rows(self, n, bad, title='T'):
        return 'id,title\n' + ''.join(f'{i},{"" if i in bad else title}\n' for i in range(n))

    def test_a_few_are_left_out(self):
        a, n = self.send(self.rows(30, {4, 9}))
        self.assertEqual((a['read'], a['kept'], a['rejected'], a['stored'], a['refused']), (30, 28, 2, True, None))
        self.assertEqual([(e['line'], e['message']) for e in a['errors']],
                         [(6, 'title is missing or empty'), (11, 'title is missing or empty')])
        self.assertTrue(any('2 of 30 rows are left out' in w and 'strict' in w for w in a['warnings']), a['warnings'])
        self.assertEqual(len(self.items(n)), 28)
        a, _ = self.send(self.rows(30, {4, 9}), n, 'skip_bad=1')
        self.assertEqual((a['kept'], a['stored']), (28, True))

    def test_refusals(self):
        """Whatever refuses a file, a catalogue that was there stays as it was, and a dry run says the same with 200."""
        torn = self.rows(30, ()).replace('7,T', '7,"T')
        listed = json.dumps([{'id': i, 'title': 'T'} for i in range(30)], indent=0)
        packed = gzip.compress(self.rows(3000, (), 'some longer title').encode())
        for why, body, more, line, words in (
                ('strict', self.rows(30, {4}), '&strict=1', 6, '1 row of 30 cannot be kept, so nothing was stored. Line 6: title'),
                ('many', self.rows(30, {4, 5, 6, 7}), '', 6, '4 of 30 rows cannot be kept, more than a tenth, so nothing was stored. 4 of them as'),
                ('none', 'id,title\n1,\n', '', 2, 'no row could be kept; nothing was stored'),
                ('empty', 'id,title\n', '', None, 'the input holds no rows'),
                ('quote', torn, '', 9, 'the file is damaged at line 9'),
                ('bytes', (self.rows(30, (), 'Größe')).encode().replace('7,Größe'.encode(), b'7,Gr\xf6\xdfe'), '', 9, 'damaged at line 9'),
                ('cut', listed[:-2], '', None, 'a part of the file is missing'),
                ('cut row', listed[:-20], '', None, 'damaged'),
                ('not of it', self.rows(30, (), 'Größe').encode(), '&encoding=ASCII', None, 'not of its encoding')):
            self.send(self.OLD, why.replace(' ', ''))
            path = f'/api/catalogs?name={why.replace(" ", "")}&replace=1{more}'
            body = body if isinstance(body, bytes) else body.encode()
            code, a, _ = self.s.call('POST', path, body, 'text/csv')
            self.assertEqual((code, a['stored'], a['kept'], a['error']['code']), (422, False, 0, 'invalid'), (why, a))
            self.assertIn(words, a['error']['message'], why)
            self.assertEqual(set(a['error']), {'code', 'message', 'field', 'line', 'hint'})
            if line:
                self.assertEqual(a['error']['line'], line, why)
            self.assertEqual([i['id'] for i in self.items(why.replace(' ', ''))], ['old'])
            code, dry, _ = self.s.call('POST', path + '&dry_run=1', body, 'text/csv')
            self.assertEqual((code, dry['refused'], dry['kept']), (200, a['error'], 0), why)
            if why in ('strict', 'none', 'empty'):
                continue
            code, a, _ = self.s.call('POST', path + '&skip_bad=1', body, 'text/csv')
            self.assertEqual((code, a['stored'], a['kept']), (200, True, a['read'] - a['rejected']), (why, a))
        code, a, _ = self.s.call('POST', '/api/catalogs?name=z', packed[:-40], 'application/gzip')
        self.assertEqual((code, a['stored'], a['error']['code']), (422, False, 'invalid'))
        self.assertIn('gzip data ends too early', a['error']['message'])

    def test_the_fault_that_dominates(self):
        """Not the first fault is told, but the most frequent one."""
        text = 'id,title\n1,\n' + ''.join(f'{i},T\n' for i in range(2, 40)) + ''.join(f'{i},T,more {i}\n' for i in range(50, 60))
        a, _ = self.send(text, code=422)
        self.assertIn('10 of them as line 41: the row has 3 cells, the header 2', a['error']['message'])
        self.assertIn('38 rows', a['error']['hint'])

    def test_command_line(self):
        data, path = folder('data'), folder('rows') + '/rows.csv'
        for bad, more, code, words in (((), (), 0, b'30 read, 30 kept, 0 rejected; stored'),
                                       ((4,), (), 3, b'30 read, 29 kept, 1 rejected; stored'),
                                       ((4,), ('--skip-bad',), 0, b'30 read, 29 kept, 1 rejected; stored'),
                                       ((4,), ('--strict',), 1, b'Refused: 1 row of 30'),
                                       ((4,), ('--preview',), 3, b'nothing was stored'),
                                       ((4, 5, 6, 7), (), 1, b'Refused: 4 of 30 rows cannot be kept, more than a tenth'),
                                       ((4, 5, 6, 7), ('--skip-bad',), 0, b'26 kept, 4 rejected; stored')):
            with open(path, 'w') as f:
                f.write(self.rows(30, bad))
            r = cli('import', '--data', data, '--catalog', 'x', '--replace', *more, path)
            self.assertEqual((r.returncode, words in r.stdout), (code, True), (more, r.stdout, r.stderr))


if __name__ == '__main__':
    main()
