"""Files as people bring them: what is read, what is said about it, and that nothing is lost in silence:
python3 import.test.py TAPROOM [unittest arguments].
"""
import csv
import gzip
import importlib.util
import io
import json
import os
import random
import resource
import subprocess

from harness import ENV, ROOT, TAPROOM, Shared, cli, folder, main

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


class Events(Import):
    def setUp(self):
        self.name = self.send('id,title\n' + ''.join(f'{i},T{i}\n' for i in range(10, 60, 10)))[1]

    def events(self, text, more='', **k):
        return self.send(text, self.name, more, kind='interactions', **k)[0]

    def labels(self, member):
        return [(x['item'], x['label']) for x in self.s.call('GET', f'/api/catalogs/{self.name}/members/{member}')[1]['history']]

    def test_clicks(self):
        a = self.events('user_id,item_id,timestamp\nu1,10,1112486027\nu1,30,1112486099\n')
        self.assertEqual((a['kept'], self.labels('u1')), (2, [('10', 'like'), ('30', 'like')]))
        self.assertTrue(any('every row counts as a like' in w for w in a['warnings']))

    def test_words(self):
        words = {'1': 'like', '0': 'dislike', 'true': 'like', 'FALSE': 'dislike', 'add_to_cart': 'like', 'Thumbs Down': 'dislike',
                 'impression': None}
        for k, (word, want) in enumerate(words.items()):
            a = self.events(f'member,item,label\nw{k},10,{word}\n')
            self.assertEqual(self.labels(f'w{k}'), [('10', want)], word)
        a = self.events('member,item,label\nx,10,like\nx,20,zonk\n')
        self.assertEqual((a['kept'], a['stored'], a['errors'][0]['line']), (1, True, 3))
        self.assertIn('zonk', a['errors'][0]['message'])
        a = self.events('{"FeedbackType":"star","UserId":"g","ItemId":"10","Timestamp":"2024-03-01T10:00:00Z"}\n',
                        type='application/x-ndjson')
        self.assertEqual((a['kept'], self.labels('g')), (1, [('10', 'like')]))

    def test_scales(self):
        for k, (ratings, want) in enumerate((
                (['0.5', '2', '3.5', '4', '5'], ['dislike', 'dislike', None, 'like', 'like']),
                (['1', '3', '6', '8', '10'], ['dislike', 'dislike', None, 'like', 'like']),
                (['0', '25', '60', '80', '100'], ['dislike', 'dislike', None, 'like', 'like']),
                (['-10', '-5', '0', '5', '10'], ['dislike', 'dislike', None, 'like', 'like']),
                (['-1', '-1', '0', '1', '1'], ['dislike', 'dislike', None, 'like', 'like']))):
            a = self.events('user,movieId,score\n' + ''.join(f's{k},{(i + 1) * 10},{r}\n' for i, r in enumerate(ratings)))
            self.assertEqual([x[1] for x in self.labels(f's{k}')], want, a)
            self.assertEqual((a['ratings']['lowest'], a['ratings']['highest']), (float(ratings[0]), float(ratings[-1])))
        a = self.events('member,item,rating\nt,10,3\nt,20,5\n', 'like_from=3&dislike_to=1')
        self.assertEqual(([x[1] for x in self.labels('t')], a['ratings']['like_from']), (['like', 'like'], 3))
        self.events('member,item,rating\nt,10,3\n', 'like_from=much', code=422)

    def test_without_names(self):
        self.events('7::10::5::978300760\n7::20::1::978300761\n')
        self.assertEqual(self.labels('7'), [('10', 'like'), ('20', 'dislike')])
        # The item first, as the catalogue's ids tell.
        self.events('10,who1,5.0,978300760\n20,who1,1.0,978300761\n30,who2,2.0,978300762\n')
        self.assertEqual(self.labels('who1'), [('10', 'like'), ('20', 'dislike')])

    def test_unknown_items(self):
        text = 'member,item,rating\nu,10,5\nu,99,5\n'
        a = self.events(text, 'strict=1', code=422)
        self.assertEqual((a['read'], a['kept'], a['rejected'], a['errors'][0]['line']), (2, 0, 1, 3))
        a = self.events(text)
        self.assertEqual((a['read'], a['kept'], a['rejected'], a['stored']), (2, 1, 1, True))
        a = self.events(text + 'v,98,5\nv,97,5\n', code=422)
        self.assertIn("3 of 4 rows cannot be kept, more than a tenth, so nothing was stored. 3 of them as line 3: there is no item '99'",
                      a['error']['message'])
        a = self.events(text + 'v,98,5\nv,97,5\n', 'skip_bad=1')
        self.assertEqual((a['read'], a['kept'], a['rejected']), (4, 1, 3))
        a = self.events('user,item,rating,comment,weather\nu,10,5,nice,rain\n')
        self.assertEqual([c['role'] for c in a['columns']][3:], ['', ''])
        self.assertIn('left out: comment, weather', a['warnings'])

    def test_members(self):
        a = self.send('user_id,age,gender,occupation,email\nu1,25,F,gardener,a@b\nu2,61,M,NA,c@d\n', self.name, kind='members')[0]
        self.assertEqual([c['role'] for c in a['columns']], ['id', 'profile', 'profile', 'profile', ''])
        profile = [self.s.call('GET', f'/api/catalogs/{self.name}/members/u{k}')[1]['profile'] for k in (1, 2)]
        self.assertEqual(profile, ['age 25, gender F, occupation gardener', 'age 61, gender M'])

    def test_replace(self):
        _, n = self.send('id,title\n1,A\n2,B\n', 'kept', 'surface=movies')
        self.send('member,item,rating\nm,1,5\nm,2,2\n', n, kind='interactions')
        a, _ = self.send('id,title\n1,A\n3,C\n', n, 'dry_run=1')
        self.assertEqual((a['dropped'], a['stored']), ({'interactions': 1}, False))
        a, _ = self.send('id,title\n1,A\n3,C\n', n)
        self.assertEqual(a['dropped'], {'interactions': 1})
        c = self.s.call('GET', '/api/catalogs/kept')[1]
        self.assertEqual((c['surface'], c['items'], c['members'], c['interactions']), ('movies', 2, 1, 1))


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


class Forms(Import):
    """Files in the forms of usual exports: nine of ten columns are what one would say they are."""
    WANT = {
        'shopify.csv': {'Handle': 'id', 'Title': 'title', 'Body (HTML)': 'text', 'Product Category': 'tags', 'Tags': 'tags'},
        'woocommerce.csv': {'ID': 'id', 'Name': 'title', 'Short description': 'text', 'Description': 'text', 'Categories': 'tags', 'Tags': 'tags'},
        'goodreads.csv': {'bookID': 'id', 'title': 'title', 'ratings_count': 'popularity', 'publication_date': 'time'},
        'goodreads_library.csv': {'Book Id': 'id', 'Title': 'title', 'Bookshelves': 'tags', 'Original Publication Year': 'time'},
        'netflix.csv': {'show_id': 'id', 'title': 'title', 'description': 'text', 'listed_in': 'tags', 'release_year': 'time'},
        'steam.csv': {'appid': 'id', 'name': 'title', 'genres': 'tags', 'categories': 'tags', 'steamspy_tags': 'tags',
                      'release_date': 'time', 'positive_ratings': 'popularity'},
        'jobs.csv': {'job_id': 'id', 'job_title': 'title', 'description': 'text', 'skills': 'tags', 'posted_date': 'time', 'applies': 'popularity'},
        'airbnb.csv': {'id': 'id', 'name': 'title', 'description': 'text', 'amenities': 'tags', 'number_of_reviews': 'popularity'},
        'products.jsonld': {'sku': 'id', 'name': 'title', 'description': 'text', 'category': 'tags', 'releaseDate': 'time',
                            'aggregateRating.reviewCount': 'popularity'},
        'feed.rss': {'guid': 'id', 'title': 'title', 'description': 'text', 'category': 'tags', 'pubDate': 'time'},
        'feed.atom': {'id': 'id', 'title': 'title', 'summary': 'text', 'category': 'tags', 'updated': 'time'},
        'films.json': {'Title': 'title', 'Major_Genre': 'tags', 'Release_Date': 'time', 'IMDB_Votes': 'popularity'},
        'movies25.csv': {'movieId': 'id', 'title': 'title', 'genres': 'tags'},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = folder('forms')
        m = make.Maker(cls.folder, 60)
        for way in (m.shopify, m.woocommerce, m.goodreads, m.goodreads_library, m.netflix, m.steam, m.jobs, m.airbnb, m.jsonld,
                    m.rss, m.atom, m.films, m.movielens):
            way()

    def file(self, name):
        with open(f'{self.folder}/{name}', 'rb') as f:
            return f.read()

    def test_roles(self):
        right = of = 0
        for name, want in self.WANT.items():
            a, n = self.send(self.file(name), type='application/octet-stream')
            self.assertEqual((a['read'], a['kept'], a['rejected']), (60, 60, 0), (name, a))
            self.assertEqual(a['values_lost'], 0, (name, a))
            roles = self.roles(a)
            wrong = {c: r for c, r in roles.items() if r != want.get(c, 'field')}
            right += len(roles) - len(wrong)
            of += len(roles)
            self.assertLessEqual(len(wrong), len(roles) // 10, (name, wrong))
        self.assertGreaterEqual(right / of, .9)

    def test_contents(self):
        a, n = self.send(self.file('shopify.csv'))
        self.assertEqual(a['continued'], 20)
        one = self.items(n)[0]
        self.assertNotIn('<', one['text'])
        self.assertIn('Made by hand & oiled', one['text'])
        self.assertIn('Home & Garden', one['tags'])
        a, n = self.send(self.file('products.jsonld'), type='application/ld+json')
        self.assertEqual(self.items(n)[0]['extra']['offers.priceCurrency'], 'EUR')
        a, n = self.send(self.file('airbnb.csv'))
        self.assertEqual(self.items(n)[5]['id'], str(2 ** 60 + 5))
        _, n = self.send(self.file('movies25.csv'))
        a, _ = self.send(self.file('ratings25.csv'), n, kind='interactions')
        self.assertEqual((a['kept'], a['ratings']['lowest'] >= .5, a['ratings']['like_from']), (60, True, 4))

    def test_command_line(self):
        for name in ('netflix.csv', 'films.json', 'feed.rss'):
            data = folder('data')
            r = cli('import', '--data', data, '--catalog', 'x', '--preview', '--json', f'{self.folder}/{name}')
            a = json.loads(r.stdout)
            self.assertEqual((r.returncode, a['kept'], a['stored']), (0, 60, False), r.stderr)
            self.assertEqual(self.roles(a), self.roles(self.send(self.file(name), more='dry_run=1')[0]))
            r = cli('import', '--data', data, '--catalog', 'x', '--preview', f'{self.folder}/{name}')
            self.assertIn(b'title', r.stdout)
            r = cli('import', '--data', data, '--catalog', 'x', f'{self.folder}/{name}')
            self.assertIn(b'60 read, 60 kept, 0 rejected; stored', r.stdout)

    def test_damage(self):
        """Whatever happens to a file, the counts add up and no row that is whole is missing from them."""
        r = random.Random(11)
        spice = [b'"', b'\n', b',', b'\xff', b'\x00', b"'", b'[', b'}', b'\\', b'<', b';', b'\t', b'""', b'|']
        for trial in range(120):
            name = r.choice(list(self.WANT))
            body = bytearray(self.file(name))
            for _ in range(r.randint(1, 5)):
                at = r.randrange(len(body))
                if r.random() < .3:
                    del body[at:at + r.randint(1, 40)]
                else:
                    body[at:at] = r.choice(spice)
            code, a, _ = self.s.call('POST', '/api/catalogs?name=damaged&replace=1&skip_bad=1', bytes(body), 'text/csv')
            self.assertIn(code, (200, 413, 422), a)
            if code != 200:
                self.assertTrue(a['error']['message'])
                self.assertFalse(a.get('stored'))
                continue
            self.assertEqual(a['read'], a['kept'] + a['rejected'], a)
            self.assertEqual(a['values_lost'], sum(c['lost'] for c in a['columns']))
            if a['stored']:
                self.assertEqual(self.s.call('GET', '/api/catalogs/damaged')[1]['items'], a['kept'])

    def test_quotes_cost_their_rows_only(self):
        r = random.Random(5)
        lines = [f'{i},Title {i},some text {i},{i * 3}' for i in range(200)]
        for trial in range(60):
            hurt = set(r.sample(range(200), r.randint(1, 6)))
            text = 'id,title,text,votes\n' + ''.join(
                (x.replace(',', ',"', 1 + r.randrange(1)) if i in hurt else x) + '\n' for i, x in enumerate(lines))
            a, n = self.send(text, 'quotes', 'skip_bad=1')
            ids = {int(i['id']) for i in self.items(n)}
            self.assertGreaterEqual(ids, set(range(200)) - hurt, (trial, hurt))
            self.assertEqual(a['read'], a['kept'] + a['rejected'])
            told = {e['line'] - 2 for e in a['errors']}
            self.assertLessEqual(set(range(200)) - ids, told)


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
