"""Files in the forms of usual exports, whole and damaged: what is said about them, and that nothing is lost in silence:
python3 import_forms.test.py TAPROOM [unittest arguments].
"""
import json
import random

from files import Import, make
from harness import cli, folder, main


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


if __name__ == '__main__':
    main()
