"""Interactions and members as people bring them: labels, scales, names, what is not in the catalogue:
python3 import_events.test.py TAPROOM [unittest arguments].
"""
from files import Import
from harness import main


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


if __name__ == '__main__':
    main()
