"""What is asked: surfaces, clauses, prompts, histories, preferences, and explanations of the answer:
python3 surfaces.test.py TAPROOM [unittest arguments].
"""
import json

from harness import Shared, lines, rows, main


class Asked(Shared):
    def test_surfaces(self):
        code, s, _ = self.s.call('GET', '/api/surfaces/movies')
        self.assertEqual((code, s['item_word'], s['built_in'], s['changed']), (200, 'movie', True, False))
        self.assertGreater(len(s['example_wishes']), 2)
        s['item_word'] = 'picture'
        code, put, _ = self.s.call('PUT', '/api/surfaces/movies', s)
        self.assertEqual((code, put['item_word'], put['changed']), (200, 'picture', True))
        self.assertEqual(self.s.call('GET', '/api/surfaces/movies')[1], put)
        self.assertEqual(self.s.call('DELETE', '/api/surfaces/movies')[:2], (200, {'restored': 'movies'}))
        self.assertEqual(self.s.call('GET', '/api/surfaces/movies')[1]['item_word'], 'movie')
        self.refused(self.s.call('DELETE', '/api/surfaces/movies'), 409)
        self.assertEqual(self.s.call('PUT', '/api/surfaces/books', {'item_word': 'book'})[0], 200)
        self.assertEqual(self.s.call('DELETE', '/api/surfaces/books')[:2], (200, {'deleted': 'books'}))
        self.refused(self.s.call('GET', '/api/surfaces/books'), 404)
        self.refused(self.s.call('DELETE', '/api/surfaces/books'), 404)

    def test_surfaces_refused(self):
        self.refused(self.s.call('PUT', '/api/surfaces/x', '{'), 400, line=1)
        self.refused(self.s.call('PUT', '/api/surfaces/x', '[]'), 400)
        self.refused(self.s.call('PUT', '/api/surfaces/x', '[' * 33 + ']' * 33), 400)
        self.refused(self.s.call('PUT', '/api/surfaces/x', {'title': 5}), 422, 'invalid', 'title')
        self.refused(self.s.call('PUT', '/api/surfaces/x', '{"title":"a","title":"b"}'), 400)
        self.refused(self.s.call('PUT', '/api/surfaces/a%20b', {}), 422)
        self.refused(self.s.call('PUT', '/api/surfaces/x', ' ' * (256 * 1024 + 1)), 413)
        self.refused(self.s.call('GET', '/api/surfaces/x'), 404)

    def test_surfaces_as_data(self):
        put = lambda **words: self.s.call('PUT', '/api/surfaces/mine', words)
        names = [x['name'] for x in self.s.call('GET', '/api/surfaces')[1]['surfaces']]
        self.assertEqual(names, ['generic', 'movies', 'jobs', 'listings', 'feed'])
        for name in names:  # each can be sent back as it was read
            s = self.s.call('GET', '/api/surfaces/' + name)[1]
            self.assertEqual(self.s.call('PUT', '/api/surfaces/mine', {**s, 'name': 'mine'})[0], 200)
            got = self.s.call('GET', '/api/surfaces/mine')[1]
            self.assertEqual({**got, 'name': name, 'built_in': True, 'changed': False}, s)
        rank = lambda **r: self.s.rank(surface='mine', instruction='sea', candidates=['i1', 'i2', 'i3'], baselines=[], **r)[1]
        preview = lambda **r: self.s.call('POST', '/api/prompt/preview', {'catalog': 'small', 'surface': 'mine',
                                          'instruction': 'sea', 'candidates': ['i1'], **r})[1]
        self.assertEqual(put()[0], 200)
        plain, blended = rank(), rank(readout='blend', member='m1')
        # The default readout, and the blend's weight.
        self.assertEqual(put(readout='item', weights={'item': 0})[1]['readout'], 'item')
        self.assertEqual((plain['readout']['used'], rank()['readout']), ('query', {'used': 'item', 'why': "the surface's default"}))
        zero = rank(readout='blend', member='m1')
        self.assertNotEqual([i['score'] for i in zero['items']], [i['score'] for i in blended['items']])
        for i in zero['items']:
            self.assertEqual(i['other'], 0)
        # The question and the answers.
        self.assertEqual(put(question='Q {item_word} for {member_word}: {yes}/{no}?', item_word='thing', member_word='man',
                             labels=[['A', 'B']])[0], 200)
        text = ''.join(p['text'] for p in preview(readout='relevance')['parts'])
        self.assertIn('Q thing for man: A/B?', text)
        one = {i['item']: i for i in rank(readout='relevance')['items']}
        text = {'question': 'Q thing for man: A/B?', 'item_word': 'thing', 'member_word': 'man'}
        self.assertEqual(put(**text, labels=[['C', 'D']])[0], 200)
        two = {i['item']: i for i in rank(readout='relevance')['items']}
        self.assertEqual(put(**text, labels=[['A', 'B'], ['C', 'D']])[1]['answer_yes'], 'A')
        both = {i['item']: i for i in rank(readout='relevance')['items']}
        for k in one:
            self.assertAlmostEqual(both[k]['label_mass'], one[k]['label_mass'] + two[k]['label_mass'], places=8)
        # Demonstrations stand before the question, in the frame's words.
        self.assertEqual(put(demonstrations=[{'item': 'Blue kite', 'wish': 'wind'}])[0], 200)
        shown = ''.join(p['text'] for p in preview()['parts'] if p['name'] == 'frame')
        self.assertTrue(shown.startswith('Item: Blue kite.\nThis item is a good match for a person who wants: wind\n\nItem:'), shown)
        self.assertNotEqual(rank()['items'][0]['score'], plain['items'][0]['score'])
        for bad, field in (({'question': 5}, 'question'), ({'labels': []}, 'labels'), ({'labels': [['a']]}, 'labels[0]'),
                           ({'labels': [['a', 'b']] * 5}, 'labels'), ({'labels': [['a', '']]}, 'labels[0]'),
                           ({'demonstrations': [{'item': 'a', 'wish': 'b'}] * 5}, 'demonstrations'),
                           ({'demonstrations': [{'item': 'a'}]}, 'demonstrations[0]'), ({'readout': 'magic'}, 'readout'),
                           ({'weights': {'item': -1}}, 'weights.item'), ({'weights': {'items': 1}}, 'weights'),
                           ({'colour': 'red'}, 'colour')):
            answer = put(**bad)
            self.refused(answer, 422, 'invalid', field)
        self.assertIn({'name': 'mine', 'title': 'Catalogue', 'built_in': False, 'changed': True},
                      self.s.call('GET', '/api/surfaces')[1]['surfaces'])
        self.s.call('DELETE', '/api/surfaces/mine')


    def test_clauses(self):
        code, body, _ = self.s.call('POST', '/api/clauses', {'text': 'A funny film, nothing romantic'})
        self.assertEqual(code, 200)
        self.assertEqual([(c['text'], c['sign'], c['weight']) for c in body['clauses']],
                         [('funny film', 1, 1), ('romantic', -1, .7)])
        self.assertEqual(self.s.call('POST', '/api/clauses', {'text': ' '})[1]['clauses'], [])
        for bad, code in (('', 400), ('{', 400), ('[]', 422), ('{"text":5}', 422), ('[' * 33, 400),
                          ('{"text":"a","text":"b"}', 400)):
            self.refused(self.s.call('POST', '/api/clauses', bad), code)

    def test_preview(self):
        code, p, _ = self.s.call('POST', '/api/prompt/preview',
                                 {'catalog': 'small', 'instruction': 'quiet, no robots', 'member': 'm1'})
        self.assertEqual(code, 200)
        self.assertLessEqual({'readout', 'parts', 'tokens', 'shared_tokens', 'truncated', 'sha256'}, set(p))
        for part in p['parts']:
            self.assertLessEqual({'name', 'role', 'text', 'tokens', 'per_item'}, set(part))
        self.assertIn('quiet', ' '.join(x['text'] for x in p['parts']))
        self.refused(self.s.call('POST', '/api/prompt/preview', {'catalog': 'none'}), 404)
        self.refused(self.s.call('POST', '/api/prompt/preview', {'catalog': 'small', 'candidates': ['zz']}), 422,
                     'invalid')


    def test_history_policies(self):
        name = 'past'
        self.assertTrue(self.put_items(name, lines(rows(60)))[1]['stored'])
        acts = [{'member': 'm', 'item': f'i{k}', 'label': 'dislike' if k < 6 else 'like', 'at': 1000 + k} for k in range(30)]
        self.s.call('POST', f'/api/catalogs/{name}/interactions', lines(acts), 'application/x-ndjson')

        def history(**h):
            code, r, _ = self.s.rank(catalog=name, member='m', instruction='harvest, no robots', history=h, baselines=[],
                                     candidates=['i50', 'i51', 'i52'])
            self.assertEqual(code, 200, r)
            stored = self.s.call('GET', f'/api/runs/{r["run"]}')[1]['request']['history']
            self.assertEqual({**stored, **h}, stored)
            return r['history'], r
        got, _ = history()
        self.assertEqual((got['policy'], got['used'], got['of'], got['likes'], got['dislikes']), ('recent', 20, 30, 20, 0))
        self.assertEqual(got['items'], [f'i{k}' for k in range(10, 30)])
        got, _ = history(policy='balanced', limit=8)
        self.assertEqual((got['items'], got['likes'], got['dislikes']),
                         (['i2', 'i3', 'i4', 'i5', 'i26', 'i27', 'i28', 'i29'], 4, 4))
        got, _ = history(policy='balanced', limit=20)  # as far as there are dislikes
        self.assertEqual((got['likes'], got['dislikes']), (14, 6))
        about = [r['id'] for r in rows(30) if 'harvest' in json.dumps(r)]
        got, _ = history(policy='relevant', limit=len(about))
        self.assertEqual(got['items'], about)
        code, r, _ = self.s.rank(catalog=name, member='m', history={'policy': 'relevant', 'limit': 3}, baselines=[])
        self.assertEqual(r['history']['items'], ['i27', 'i28', 'i29'])
        self.assertIn('no interaction matches', ' '.join(r['warnings']))
        # A budget drops the oldest first, and says so.
        full, _ = history(limit=10)
        cut, r = history(limit=10, tokens=full['tokens'] // 2)
        self.assertEqual(cut['items'], full['items'][cut['dropped']:])
        self.assertLessEqual(cut['tokens'], full['tokens'] // 2)
        self.assertGreater(cut['dropped'], 0)
        self.assertTrue(any('oldest interactions are left out' in w for w in r['warnings']))
        # What of the shared prompt was there already: all of it, or none.
        self.assertEqual(r['prompt']['shared_cached'] <= r['prompt']['shared_tokens'], True)
        _, again = history(limit=10, tokens=full['tokens'] // 2)
        self.assertEqual(again['prompt']['shared_cached'], again['prompt']['shared_tokens'])
        for bad, field in (({'policy': 'luck'}, 'history.policy'), ({'tokens': 0}, 'history.tokens'), ([], 'history')):
            self.refused(self.s.rank(catalog=name, member='m', history=bad), 422, 'invalid', field)
        self.s.call('DELETE', f'/api/catalogs/{name}')

    def test_preferences(self):
        base = '/api/catalogs/small/preferences'
        add = lambda **p: self.s.call('POST', base, p)
        code, p, _ = add(text='  boats at night ')
        self.assertEqual((code, p['text'], p['sign'], p['weight'], p['active'], p['expires'], p['member']),
                         (200, 'boats at night', 1, 1, True, None, ''))
        q = add(text='robots', sign=-1, member='m1', position=1, expires=4_000_000_000)[1]
        self.assertEqual((q['weight'], q['expired']), (0.7, False))
        old = add(text='yesterday', expires=1000)[1]
        self.assertTrue(old['expired'])
        off = add(text='switched off', active=False, position=2)[1]

        def clauses(**r):
            code, got, _ = self.s.rank(candidates=['i1', 'i2', 'i3', 'i7'], baselines=[], **r)
            self.assertEqual(code, 200, got)
            return [(c['text'], c['sign'], c.get('preference')) for c in got['clauses']], got
        self.assertEqual(clauses(instruction='sea')[0], [('sea', 1, None)])
        self.assertEqual(clauses(instruction='sea', preferences=True)[0],
                         [('sea', 1, None), ('boats at night', 1, p['id'])])
        both, got = clauses(instruction='sea', preferences=True, member='m1')
        self.assertEqual(both, [('sea', 1, None), ('boats at night', 1, p['id']), ('robots', -1, q['id'])])
        self.assertEqual([c['source'] for c in got['clauses']], ['wish', 'preference', 'preference'])
        # It ranks as the same clauses given by hand do.
        by_hand = clauses(instruction='', clauses=[{'text': 'sea'}, {'text': 'boats at night'}])[1]
        stored = clauses(instruction='sea', preferences=True)[1]
        self.assertEqual([(i['item'], i['score']) for i in stored['items']], [(i['item'], i['score']) for i in by_hand['items']])
        # Changes: order, off, on again, another text.
        code, changed, _ = self.s.call('PUT', f'{base}/{p["id"]}', {'position': 5, 'text': 'lamps'})
        self.assertEqual((code, changed), (200, {**p, 'position': 5, 'text': 'lamps'}))
        self.assertEqual([c[0] for c in clauses(preferences=True, member='m1')[0]], ['robots', 'lamps'])
        self.s.call('PUT', f'{base}/{p["id"]}', {'active': False})
        self.assertEqual([c[0] for c in clauses(preferences=True, member='m1')[0]], ['robots'])
        self.s.call('PUT', f'{base}/{old["id"]}', {'expires': None})
        self.assertEqual([c[0] for c in clauses(preferences=True)[0]], ['yesterday'])
        ids = [x['id'] for x in self.s.call('GET', base)[1]['preferences']]
        self.assertEqual(ids, [old['id'], q['id'], off['id'], p['id']])
        self.assertEqual([x['id'] for x in self.s.call('GET', base + '?member=m1')[1]['preferences']], [old['id'], q['id']])
        for bad, field in (({}, 'text'), ({'text': ' '}, 'text'), ({'text': 5}, 'text'), ({'text': 'x' * 2001}, 'text'),
                           ({'text': 'x', 'sign': 0}, 'sign'), ({'text': 'x', 'weight': 11}, 'weight'),
                           ({'text': 'x', 'active': 1}, 'active'), ({'text': 'x', 'expires': 'soon'}, 'expires'),
                           ({'text': 'x', 'position': -1}, 'position'), ({'text': 'x', 'colour': 'red'}, 'colour')):
            self.refused(self.s.call('POST', base, bad), 422, 'invalid', field)
        self.refused(self.s.call('POST', '/api/catalogs/none/preferences', {'text': 'x'}), 404)
        self.refused(self.s.call('PUT', f'{base}/999999', {'text': 'x'}), 404)
        self.refused(self.s.call('DELETE', f'{base}/x'), 404)
        for x in ids:
            self.assertEqual(self.s.call('DELETE', f'{base}/{x}')[:2], (200, {'deleted': x}))
        self.assertEqual(self.s.call('GET', base)[1], {'preferences': []})

    def test_explain(self):
        request = {'catalog': 'small', 'instruction': 'sea, no robots, old letters', 'items': ['i1', 'i2', 'i7'],
                   'stability': True}
        code, x, _ = self.s.call('POST', '/api/explain', request)
        self.assertEqual(code, 200, x)
        self.assertIn('wish', x['readout']['why'])
        self.assertEqual((x['readout']['used'], x['stability']), ('query', {'orders': 3, 'tau': 1.0, 'changed': 0}))
        whole = {i['item']: i for i in self.s.rank(instruction=request['instruction'], candidates=request['items'])[1]['items']}
        clauses = [('sea', 1), ('robots', -1), ('old letters', 1)]
        for i in x['items']:
            self.assertEqual(i['score'], whole[i['item']]['score'])
            self.assertEqual([(p['kind'], p['text'], p['sign']) for p in i['parts']],
                             [('clause', *c) for c in clauses] + [('constraint', 'without robots (tags)', -1)])
            rule = i['parts'].pop()  # robots is a tag: it is checked, and moves items instead of their scores
            self.assertEqual((rule['contribution'], [rule['outcome']]), (0, whole[i['item']]['outcomes']))
            for k, p in enumerate(i['parts']):  # the ranking without that clause, asked for directly
                rest = [{'text': t, 'sign': s, 'weight': 1 if s > 0 else 0.7} for n, (t, s) in enumerate(clauses) if n != k]
                r = self.s.rank(readout='query', clauses=rest, candidates=[i['item']])[1]['items'][0]
                self.assertAlmostEqual(p['without'], r['score'], places=7)
                self.assertAlmostEqual(p['contribution'], i['score'] - r['score'], places=7)
        request = {'catalog': 'small', 'instruction': 'sea', 'member': 'm1', 'items': ['i9'],
                   'examples': [{'item': 'i1', 'label': 'like'}, {'text': 'rain', 'label': 'dislike'}]}
        code, x, _ = self.s.call('POST', '/api/explain', request)
        self.assertEqual(code, 200, x)
        self.assertEqual([(p['kind'], p['index']) for p in x['items'][0]['parts']],
                         [('clause', 0), ('example', 0), ('example', 1), ('profile', 0), ('history', 0)])
        parts = x['items'][0]['parts'][:4]  # the tiny model's context has no room for a history
        self.assertTrue(all(p['contribution'] != 0 for p in parts), x)
        self.assertIsNone(x['stability'])
        code, events = self.s.events(request, '/api/explain')
        self.assertEqual((code, [e[1] for e in events][-2:]), (200, ['progress', 'done']), events)
        self.assertEqual([e[2]['seq'] for e in events], [e[0] for e in events])
        self.assertEqual((events[-2][2]['rankings_done'], events[-2][2]['rankings_total']), (6, 6))
        self.assertEqual(events[-1][2]['result']['items'], x['items'])
        self.assertEqual(self.s.events({**request, 'items': []}, '/api/explain')[0], 422)
        for bad, field in (({'items': []}, 'items'), ({'items': ['i1'] * 2}, 'items'), ({'items': ['zz']}, 'items[0]'),
                           ({'items': 'i1'}, 'items'), ({'items': ['i1'], 'stability': 1}, 'stability')):
            self.refused(self.s.call('POST', '/api/explain', {'catalog': 'small', **bad}), 422, 'invalid', field)

    def test_same_as_empty(self):
        ids = [f'i{k}' for k in range(12)]
        r = self.s.rank(instruction='sea and letters', candidates=ids)[1]
        self.assertEqual(set(r['empty']), {'same', 'tau'})
        with_wish = [i['logprob'] for i in sorted(r['items'], key=lambda i: i['item'])]
        without = [i['prior'] for i in sorted(r['items'], key=lambda i: i['item'])]
        pairs = [(a, b) for a in range(12) for b in range(a)]
        tau = sum((1 if (with_wish[a] - with_wish[b]) * (without[a] - without[b]) > 0 else -1) for a, b in pairs) / len(pairs)
        self.assertAlmostEqual(r['empty']['tau'], tau, places=6)
        self.assertEqual(r['empty']['same'], tau > 0.999)
        places = {i['item']: 1 + sum(k['prior'] > i['prior'] for k in r['items']) for i in r['items']}
        self.assertEqual({i['item']: i['empty_rank'] for i in r['items']}, places)
        nothing = self.s.rank(candidates=ids)[1]
        self.assertIsNone(nothing['empty'])
        self.assertTrue(all('empty_rank' not in i for i in nothing['items']))


if __name__ == '__main__':
    main()
