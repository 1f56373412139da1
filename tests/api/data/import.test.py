"""Files as people bring them: their values and formats, and that nothing is lost in silence:
python3 import.test.py TAPROOM [unittest arguments].
"""
import csv
import gzip
import io
import json
import os
import random
import subprocess

from files import Import, make
from harness import ENV, TAPROOM, folder, main


class Values(Import):
    def test_numbers_and_limits(self):
        a, n = self.send('id,title,popularity\n1,Salt,"3,204,311"\n2,Grey,"12,450"\n3,None,87\n')
        self.assertEqual([i['popularity'] for i in self.items(n)[:2]], [3204311, 12450])
        self.assertEqual((a['rejected'], a['errors'][0]['line']), (1, 4))  # a title "None" says nothing
        a, n = self.send('id;title;popularity\n1;A;2.204.311\n2;B;12.450\n3;C;87\n4;D;rund 5\n')
        self.assertEqual([i.get('popularity') for i in self.items(n)], [2204311, 12450, 87, None])
        column = a['columns'][2]
        self.assertEqual((column['marks'], column['lost'], column['lost_lines']), ('1.250,00', 1, [5]))
        self.assertIn('rund 5', column['lost_example'])
        self.assertEqual((a['read'], a['kept'], a['rejected'], a['values_lost']), (4, 4, 0, 1))

    def test_thousands_as_the_rest_of_the_file_has_them(self):
        rows = ''.join(f'{i};Hut {i};{h};{30 + i},50 \u20ac\n' for i, h in enumerate(['1.845', '980', '2.875']))
        a, n = self.send('id;title;height;price\n' + rows)
        self.assertEqual([c['marks'] for c in a['columns'][2:]], ['1.250,00', '1.250,00'])
        _, found, _ = self.s.call('POST', '/api/rank', {
            'catalog': n, 'instruction': 'height above 1500', 'save': False})
        limit, = found['constraints']
        self.assertEqual((limit['words'], limit['holds'], limit['fails']), ('height above 1500', 2, 1))
        # A file that says nothing of its marks: a point begins the decimals.
        a, _ = self.send('id;title;height\n' + ''.join(f'{i};Hut {i};1.{i}45\n' for i in range(3)))
        self.assertNotIn('marks', a['columns'][2])

    def test_times(self):
        cells = {'1971.0': '1971-01-01', '19710514': '1971-05-14', '1632564000000': '2021-09-25', '-': None,
                 '"September 25, 2021"': '2021-09-25', '"Sat, 25 Sep 2021 10:00:00 GMT"': '2021-09-25',
                 '2021/9/5': '2021-09-05', '25.09.2021': '2021-09-25', '04/05/2021': None, 'soon': None}
        text = 'id,title,time\n' + ''.join(f'{i},T{i},{c}\n' for i, c in enumerate(cells))
        a, n = self.send(text)
        self.assertEqual([(i.get('time') or '')[:10] or None for i in self.items(n)], list(cells.values()))
        self.assertEqual((a['kept'], a['values_lost'], a['columns'][2]['lost_lines']), (10, 2, [10, 11]))
        for order, want in (('dmy', '2021-05-04'), ('mdy', '2021-04-05')):
            a, n = self.send(text, more='dates=' + order)
            self.assertEqual(self.items(n)[8]['time'][:10], want)
        self.send(text, more='dates=nearly', code=422)

    def test_what_the_file_calls_time_and_popularity(self):
        text = 'id,title,Posted at,Review count,rating\n' + ''.join(
            f'{i},Thing {i},2024-0{1 + i}-05,{100 * i},{1 + i % 5}\n' for i in range(8))
        a, n = self.send(text)
        self.assertEqual([c['role'] for c in a['columns']], ['id', 'title', 'time', 'popularity', 'field'])
        a = self.s.call('POST', '/api/rank', {'catalog': n, 'instruction': 'posted after 1 May 2024, over 300 reviews, rated over 2', 'save': False,
                                              'candidates': {'retrieve': 'popularity', 'count': 1}})[1]
        self.assertEqual([(c['field'], c['words'], x['holds']) for c, x in zip(a['constraints'], a['funnel']['constraints'])],
                         [('time', 'posted at after 1 May 2024', 4), ('popularity', 'review count above 300', 4), ('rating', 'rating above 2', 4)])

    def test_lists(self):
        cells = ['"copper, pan, gift"', 'copper;pan', "\"['copper', 'pan']\"", '"[""copper"", ""pan""]"', 'copper|pan',
                 '"[{""id"":1,""name"":""copper""},{""id"":2,""name"":""pan""}]"', '"{copper,pan}"', '\\N', '"Pots > Copper"']
        a, n = self.send('id,title,tags\n' + ''.join(f'{i},T,{c}\n' for i, c in enumerate(cells)))
        pan = ['copper', 'pan']
        self.assertEqual([i['tags'] for i in self.items(n)], [pan + ['gift']] + [pan] * 6 + [[], ['Pots', 'Copper']])
        self.assertEqual(a['columns'][2]['list'], 'comma')
        a, n = self.send('id,title,tags\n1,T,a b/c\n2,T,d\n', more='lists=tags:slash')
        self.assertEqual(self.items(n)[0]['tags'], ['a b', 'c'])
        a, n = self.send('id,title,tags\n1,T,"a, b"\n', more='lists=tags:none')
        self.assertEqual(self.items(n)[0]['tags'], ['a, b'])
        self.send('id,title,tags\n1,T,a\n', more='lists=tags:dots', code=422)
        rows = [{'id': 1, 'title': 'T', 'tags': [{'name': 'a'}, None, 1988, 'b c']}, {'id': 2, 'title': 'T', 'tags': "['x', 'y']"}]
        a, n = self.send(json.dumps(rows), type='application/json')
        self.assertEqual([i['tags'] for i in self.items(n)], [['a', '1988', 'b c'], ['x', 'y']])

    def test_markup(self):
        rows = [{'id': '1', 'title': 'Oak &amp; Ash bench', 'text': '<p class="a>b">Long.</p><ul><li>Oiled&nbsp;twice</li>'
                 '<li>5 &lt; 6</li></ul><script>var x = "<p>";</script>'},
                {'id': '2', 'title': 'Plain', 'text': 'a < b and c > d'}]
        a, n = self.send(''.join(json.dumps(r) + '\n' for r in rows), type='application/x-ndjson')
        one, two = self.items(n)
        self.assertEqual((one['title'], one['text']), ('Oak & Ash bench', 'Long. Oiled twice 5 < 6'))
        self.assertEqual(two['text'], 'a < b and c > d')
        self.assertTrue(a['columns'][2]['markup'])
        a, n = self.send('id,title,text\n1,T,R&D <stays> as it is\n')
        self.assertEqual(self.items(n)[0]['text'], 'R&D <stays> as it is')

    def test_ids(self):
        """Blanks are cut, large numbers stay, rows without an id keep the one they got."""
        a, n = self.send('id,title\n"7 ",A\n B2 ,B\n')
        self.assertEqual([i['id'] for i in self.items(n)], ['7', 'B2'])
        a, _ = self.send('member,item,rating\nm,7,5\nm,B2,1\n', n, kind='interactions')
        self.assertEqual((a['kept'], a['stored']), (2, True))
        big = [2 ** 53 + 1, 2 ** 63 - 1, 18446744073709551617, -5]
        a, n = self.send(json.dumps([{'id': i, 'title': f'T{i}'} for i in big]), type='application/json')
        self.assertEqual([i['id'] for i in self.items(n)], [str(i) for i in big])
        text = 'title,text\nRed,Dark\nRed,Light\nRed,Dark\n'
        _, n = self.send(text)
        first = [i['id'] for i in self.items(n)]
        self.assertEqual(len(set(first)), 3)
        _, n = self.send('title,text\nWhite,New\n' + text.split('\n', 1)[1], n)
        self.assertEqual([i['id'] for i in self.items(n)][1:], first)

    def test_text_of_several_columns(self):
        _, n = self.send('sku,product,short_description,description\n1,Cup,Small.,A cup for tea.\n2,Pot,A pot.,A pot. Of iron.\n')
        self.assertEqual([(i['title'], i['text']) for i in self.items(n)],
                         [('Cup', 'Small.\nA cup for tea.'), ('Pot', 'A pot.\nA pot. Of iron.')])
        _, n = self.send(json.dumps([{'id': 1, 'title': 'T', 'description': ['One.', 'Two.']}]), type='application/json')
        self.assertEqual(self.items(n)[0]['text'], 'One.\nTwo.')
        _, n = self.send('id,body\n1,A wide river by the road. It is quiet there\n')
        self.assertEqual(self.items(n)[0]['title'], 'A wide river by the road')


class Formats(Import):
    TITLES = ['River, wide', 'Café "Noir"', 'Ελιά', '木の椅子', "It's 5 | 6; 7", 'plain']

    def test_dialects(self):
        """One catalogue in every way of writing it gives the same items."""
        for seed in (3, 17, 40):
            self.dialects(random.Random(seed))

    def dialects(self, r):
        rows = [{'id': f'k{i}', 'title': r.choice(self.TITLES) + f' {i}', 'text': make.WORDS[i % 9].title() + ', and so on.',
                 'tags': r.sample(make.GENRES, 1 + i % 3), 'popularity': r.randint(0, 10 ** 7), 'time': f'19{10 + i}-05-06'}
                for i in range(30)]

        def table(delimiter, quoting=csv.QUOTE_MINIMAL, end='\n', joint='|'):
            f = io.StringIO()
            out = csv.writer(f, delimiter=delimiter, quoting=quoting, lineterminator=end)
            out.writerow(rows[0])
            for x in rows:
                out.writerow([joint.join(v) if isinstance(v, list) else v for v in x.values()])
            return f.getvalue()
        plain = [list(x.values()) for x in rows]
        bare = '\n'.join('\t'.join('; '.join(v) if isinstance(v, list) else str(v) for v in x) for x in [list(rows[0])] + plain)
        xml = '<offers>' + ''.join('<offer>' + ''.join(
            f'<{k}>{make.html.escape(str(t))}</{k}>' for k, v in x.items() for t in (v if isinstance(v, list) else [v])) + '</offer>\n'
            for x in rows) + '</offers>'
        lines = ''.join(json.dumps(x) + '\n' for x in rows)
        ways = {
            'comma': table(','), 'semicolon': table(';'), 'tab': table('\t', csv.QUOTE_ALL), 'pipe': table('|', joint=';'),
            'crlf': table(',', end='\r\n'), 'all quoted': table(',', csv.QUOTE_ALL), 'bare tabs': bare,
            'sep line': 'sep=;\n' + table(';'), 'comment': '# made by hand\n' + table(','), 'bom': '\ufeff' + table(','),
            'utf16': table(',').encode('utf-16'), 'utf16be': table('\t', csv.QUOTE_ALL).encode('utf-16-be'),
            'gzip': gzip.compress(table(',').encode()), 'jsonl': lines, 'ascii jsonl': lines.encode('ascii'),
            'list': json.dumps(rows, ensure_ascii=False), 'pretty': json.dumps(rows, indent=2),
            'wrapped': json.dumps({'total': 30, 'data': {'products': rows}}), 'stream': ''.join(json.dumps(x, indent=1) + '\n' for x in rows),
            'gzip jsonl': gzip.compress(lines.encode()), 'xml': xml,
            'names': table(',').replace('id,title,text,tags,popularity,time', 'SKU,ProductName,Description,Categories,num_votes,Release Date', 1),
            'german': table(';').replace('id;title;text;tags;popularity;time', 'Artikelnummer;Bezeichnung;Beschreibung;Kategorie;Bewertungen;Erscheinungsdatum', 1),
        }
        want = None
        for way, body in ways.items():
            a, n = self.send(body, more='skip_bad=1')
            self.assertEqual((a['read'], a['kept'], a['rejected'], a['values_lost']), (30, 30, 0, 0), (way, a))
            got = [{k: v for k, v in i.items() if k != 'extra'} for i in self.items(n)]
            want = want or got
            self.assertEqual([i['tags'] for i in got], [x['tags'] for x in rows], way)
            self.assertEqual(got, want, way)
            self.s.call('DELETE', f'/api/catalogs/{n}')

    def test_encodings(self):
        texts = {'cp1252': ['Café crème', 'Größe – “neu”', 'Señal'], 'gb18030': ['木凳子', '红色的椅子', '安静的河边小路'],
                 'shift_jis': ['木の椅子', 'カメラとレンズ', '静かな川のほとり'], 'cp1251': ['Деревянный стул', 'Тихая река', 'Старая лампа'],
                 'utf-8': ['木の椅子', 'Größe'], 'utf-16-le': ['Größe', 'x']}
        names = {'cp1252': 'WINDOWS-1252', 'gb18030': 'GB18030', 'shift_jis': 'Shift_JIS', 'cp1251': 'WINDOWS-1251',
                 'utf-8': 'UTF-8', 'utf-16-le': 'UTF-16LE'}
        for code, titles in texts.items():
            body = ('id,title\n' + ''.join(f'{i},{t}\n' for i, t in enumerate(titles))).encode(code)
            a, n = self.send(body)
            self.assertEqual(a['encoding'], names[code])
            self.assertEqual([i['title'] for i in self.items(n)], titles)
        body = 'id,title\n1,größe\n'.encode('cp437')
        _, n = self.send(body, more='encoding=CP437')
        self.assertEqual(self.items(n)[0]['title'], 'größe')
        self.send(body, more='encoding=no-such', code=422)
        a, _ = self.send(b'id,title\n1,\x81\x8d\x90 \x9d\n', code=422)
        self.assertIn('encoding', a['error']['hint'])

    def test_charset(self):
        """What the Content-Type says of the encoding counts, also where the bytes say nothing."""
        for charset, code in (('windows-1252', 'cp1252'), ('ISO-8859-1', 'latin1'), ('latin1', 'cp1252'), ('utf-16', 'utf-16'),
                              ('UTF-16', 'utf-16-le'), ('UTF16', 'utf-16-be'), ('utf-16le', 'utf-16-le'), ('shift_jis', 'shift_jis'), ('"GBK"', 'gbk'), ('cp437', 'cp437')):
            title = {'shift_jis': '木椅', 'gbk': '木椅', 'cp1252': '“größe” – 5 €'}.get(code, 'größe')
            body = f'id,title\n1,{title}\n'
            a, n = self.send(body.encode(code), type=f'text/csv; charset={charset}')
            self.assertEqual(self.items(n)[0]['title'], title, (charset, a['encoding']))
        rows = json.dumps([{'id': 1, 'title': 'größe'}], ensure_ascii=False)
        _, n = self.send(rows.encode('cp437'), type='application/json; charset=IBM437')
        self.assertEqual(self.items(n)[0]['title'], 'größe')
        a, _ = self.send('id,title\n1,A\n', type='text/csv; charset=klingon', code=422)
        self.assertEqual(a['error']['field'], 'encoding')
        body = 'id,title\n1,größe\n'.encode('cp437')
        _, n = self.send(body, more='encoding=CP437', type='text/csv; charset=latin1')
        self.assertEqual(self.items(n)[0]['title'], 'größe')

    def test_headers(self):
        a, n = self.send(',title,text\n0,Red,Dark\n1,White,Light\n')
        self.assertEqual(self.roles(a), {'column_1': 'id', 'title': 'title', 'text': 'text'})
        a, n = self.send('1::Grey Harbour (1971)::Drama|War\n2::Paper Moon (1988)::Comedy\n')
        self.assertEqual((a['header'], [(i['title'], i['time'][:4], i['tags']) for i in self.items(n)]),
                         (False, [('Grey Harbour (1971)', '1971', ['Drama', 'War']), ('Paper Moon (1988)', '1988', ['Comedy'])]))
        a, n = self.send('x,y\nred,blue\n', more='header=0&map=column_2:title')
        self.assertEqual([i['title'] for i in self.items(n)], ['y', 'blue'])
        a, n = self.send('id,title,size,size\n1,A,2,3\n')
        self.assertEqual(self.items(n)[0]['extra'], {'size': '2', 'size_2': '3'})

    def test_less_usual(self):
        """Ways of writing that are rarer, each as (file, titles, ids or None)."""
        for body, titles, ids in (
                ('{"b1":{"title":"A","votes":3},\n"b2":{"title":"B"}}', ['A', 'B'], ['b1', 'b2']),
                ('{"id":1,"title":"A"},\n{"id":2,"title":"B"},\n', ['A', 'B'], ['1', '2']),
                ('{"hits":{"total":2,"hits":[{"_id":"x","title":"A"},{"_id":"y","title":"B"}]}}', ['A', 'B'], ['x', 'y']),
                ('id,title\n1,"A \\"big\\" one"\n2,B\n', ['A "big" one', 'B'], ['1', '2']),
                ('id\ttitle\ttext\n1\tA\t"two\nlines"\n2\tB\tc\n', ['A', 'B'], ['1', '2']),
                ('1,Blue kettle,A steel kettle for tea,12.50\n2,Red pan,A copper pan for eggs,30.00\n', ['Blue kettle', 'Red pan'], ['1', '2']),
                ('id,title,\n1,A,\n2,B,\n', ['A', 'B'], ['1', '2']),
                ('Price list\n\nid;title;price\n1;A;2\n2;B;3\n', ['A', 'B'], ['1', '2']),
                ('id,title\r1,A\r2,B\r', ['A', 'B'], ['1', '2']),
                ('id,title\n1.0,A\n2.0,B\n', ['A', 'B'], ['1', '2'])):
            a, n = self.send(body)
            self.assertEqual((a['read'], a['kept'], a['values_lost']), (2, 2, 0), (body, a))
            self.assertEqual(([i['title'] for i in self.items(n)], [i['id'] for i in self.items(n)]), (titles, ids), body)

    def test_corrections(self):
        text = 'code,label,kind,note\n1,A,x,b\n2,B,y,c\n'
        a, n = self.send(text, more='map=code:id,label:title,kind:tags,note:text')
        self.assertEqual([(i['id'], i['title'], i['tags'], i['text']) for i in self.items(n)],
                         [('1', 'A', ['x'], 'b'), ('2', 'B', ['y'], 'c')])
        a, n = self.send(text, more='map=code:id,label:title,kind:field,note:remark,nothing:id')
        self.assertEqual(self.items(n)[0]['extra'], {'kind': 'x', 'remark': 'b'})
        self.assertTrue(any("'nothing'" in w for w in a['warnings']))
        a, n = self.send(text, more='map=code:id,label:title,kind:,note:')
        self.assertEqual(self.items(n)[0]['extra'], {})
        self.send(text, more='map=code:id,label:id', code=422)
        a, n = self.send('no,"what, it:is"\n1,Cup\n', more='map=what%5C%2C%20it:is:text,no:title')
        self.assertEqual(self.roles(a), {'no': 'title', 'what, it:is': 'text'})
        self.send(text, more='map=no%2C%20colon:title,more', code=422)

    def test_preview(self):
        a, n = self.send('sku;name;price\n1;Cup;"1.299,00 €"\n2;Pot;"12,50 €"\n', more='dry_run=1&surface=listings')
        self.assertEqual((a['stored'], a['kept'], a['separator'], a['format']), (False, 2, 'semicolon', 'csv'))
        self.assertEqual((a['item']['id'], a['item']['title'], a['item']['extra']), ('1', 'Cup', {'price': '1.299,00 €'}))
        self.assertIn('Cup', a['item']['prompt'])
        self.assertEqual([(c['role'], c['type'], c['samples']) for c in a['columns']],
                         [('id', 'text', ['1', '2']), ('title', 'text', ['Cup', 'Pot']), ('field', 'money', ['1.299,00 €', '12,50 €'])])
        self.refused(self.s.call('GET', f'/api/catalogs/{n}'), 404)


class Large(Import):
    def test_one_endless_line(self):
        """A file of one line takes no memory to speak of, and is refused with the byte where it is too long."""
        size = 300 << 20
        for head in (b'', b'id,title\n1,"', b'{"id":"1","title":"', b'[{"id":"1","title":"'):
            p = subprocess.Popen([TAPROOM, 'import', '--data', folder('data'), '--catalog', 'x', '-'], env={**ENV, 'ASAN_OPTIONS': 'quarantine_size_mb=1'},
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            piece, left = b'x' * (1 << 20), size
            try:
                p.stdin.write(head)
                while left > 0:
                    p.stdin.write(piece)
                    left -= len(piece)
                p.stdin.close()
            except BrokenPipeError:
                pass
            error = p.stderr.read().decode()
            p.stdout.close()
            p.stderr.close()
            _, status, usage = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(p.returncode, 1, error)
            self.assertRegex(error, r'line \d+, byte \d+: the row is over 1 MiB')
            self.assertLess(usage.ru_maxrss, 200 << 10)

    def test_many_rows(self):
        n = 20000
        text = 'id,title,tags\n' + ''.join(f'{i},Title {i},a|b\n' for i in range(n))
        a, name = self.send(text)
        self.assertEqual((a['read'], a['kept']), (n, n))
        events = 'user,item,rating\n' + ''.join(f'u{i % 50},{i},{1 + i % 5}\n' for i in range(n))
        a, _ = self.send(events, name, kind='interactions')
        self.assertEqual(a['kept'], n)


if __name__ == '__main__':
    main()
