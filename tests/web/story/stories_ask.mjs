// Stories of asking: a new surface from a file, a niche interest by keyboard alone, and what a score is made of.
// Each: async ({page, url, ok, clean, name}) => {}; see stories.mjs.
import { ranked, anew } from '../browser.mjs';

export const titles = page => page.$$eval('button.title', all => all.map(b => b.textContent));
export const few = (wish, more = '') => `#/?catalog=jobs&wish=${encodeURIComponent(wish)}&n=8${more}`;
export const unfold = page =>
  page.evaluate(() =>
    document.querySelectorAll('.fold').forEach(d => {
      d.open = true;
    }),
  );
const settled = async page => {
  await page.waitForFunction(() => document.querySelector('#rank.running') || window.wasRanked?.());
  await ranked(page);
};
// Watches for an answer from this moment on, also for one that comes before anybody looks.
export const rankedAfter = async (page, act) => {
  await page.evaluate(() => {
    const list = document.querySelector('.run-head');
    const before = list.firstChild;
    window.wasRanked = () => list.firstChild !== before;
  });
  await act();
  await settled(page);
};

export async function prototype({ page, url, ok, clean, name }) {
  await page.goto(`${url}/${few('quiet work')}`);
  await ranked(page);
  const csv =
    'isbn,name,about\n1,Sea,"A slow, quiet walk by the sea"\n2,Hills,Twelve days on foot\n3,Noise,A loud night of drums\n4\n';
  const data = await page.evaluateHandle(
    ([text, file]) => {
      const d = new DataTransfer();
      d.items.add(new File([text], file));
      return d;
    },
    [csv, `${name}.csv`],
  );
  await page.dispatchEvent('#answer', 'drop', { dataTransfer: data });
  await page.waitForSelector('#import-go:not([disabled])');
  const roles = await page.$$eval('select.role', all => all.map(r => r.value).join());
  ok(roles === 'id,title,text', 'what the columns are is known', roles);
  ok(/line 5/.test(await page.textContent('.line-errors')), 'the bad line is named');
  ok(/Sea.*What the model reads/s.test(await page.textContent('.import-item')), 'an item and its prompt');
  await clean('import');
  ok((await page.textContent('#import-go')) === 'Import 3 of 4 rows', 'the press says what is left out');
  await page.click('#import-go');
  await page.waitForSelector('#import-use');
  const counts = await page.textContent('.counts');
  ok(/4\s*read\s*3\s*kept\s*1\s*rejected/.test(counts), 'read, kept, rejected', counts);
  await clean('imported');
  await page.click('#import-use');
  await page.waitForFunction(n => document.getElementById('catalog').value === n, name);
  await page.waitForFunction(
    () =>
      document.querySelectorAll('button.title').length === 3 &&
      !document.querySelector('#rank.running'),
  );
  await unfold(page);
  await page.click('#open-surface');
  await page.waitForSelector('.surface-preview pre');
  await page.fill('#surface-item_word', 'journey');
  await page.fill('#surface-frame-0-root', 'A journey described:');
  await page.waitForFunction(() =>
    document.querySelector('.surface-preview').textContent.includes('A journey described:'),
  );
  await clean('words');
  await page.fill('#surface-name', name);
  await page.click('#surface-save');
  await page.waitForFunction(n => location.hash.includes(`surface=${n}`), name);
  await page.fill('#wish', 'a quiet walk, nothing loud');
  await rankedAfter(page, () => page.locator('#wish').press('Control+Enter'));
  ok((await titles(page)).at(-1) === 'Noise', 'ranked by the wish', await titles(page));
  ok(/3 journeys/.test(await page.textContent('.job')), 'in the words of the surface');
  await page.click('#open-compare');
  await page.waitForFunction(() => document.querySelectorAll('.order [data-item]').length === 6);
  await page.goBack();
  await page.waitForSelector('#permalink');
  const link = await page.getAttribute('#permalink', 'href');
  await anew(page, `${url}/${link}`);
  await page.waitForSelector('.stored');
  ok((await titles(page)).length === 3, 'shared as the run it was');
  await page.evaluate(async n => {
    await fetch(`/api/surfaces/${n}`, { method: 'DELETE' });
    await fetch(`/api/catalogs/${n}`, { method: 'DELETE' });
  }, name);
}

// Not one click: where something has no key of its own, Tab goes there.
export async function niche({ page, url, ok, clean, name }) {
  const keys = page.keyboard;
  const at = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? '');
  const tabTo = async (selector, back = false) => {
    for (let i = 0; i < 90; i++) {
      if (await page.evaluate(s => document.activeElement.matches(s), selector)) return;
      await keys.press(back ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  };
  await page.goto(`${url}/${few('')}`);
  await ranked(page);
  await keys.press('/');
  await keys.press('Control+A');
  await keys.type('mending old things, nothing with phones');
  await page.waitForFunction(() => document.querySelectorAll('.clause').length === 2);
  await rankedAfter(page, () => keys.press('Control+Enter'));
  const first = await titles(page);
  await tabTo('.clause.less .sign');
  ok(/^Less of/.test(await at()), 'the refusal is a part that is less', await at());
  await tabTo('.clause.less input[type=range]');
  await keys.press('ArrowRight');
  ok(/0\.8/.test(await page.textContent('.clause.less output')), 'its weight moves by keys');
  await tabTo('#clause-new');
  await keys.type('outdoors');
  await keys.press('Enter');
  await rankedAfter(page, () => keys.press('Control+Enter'));
  ok((await titles(page)).join() !== first.join(), 'the order follows');
  ok((await page.locator('.since').count()) > 0, 'and says what moved');

  // A preference that stays, kept, moved and switched off.
  await tabTo('.fold:has(.preferences) > summary');
  if (!(await page.evaluate(() => document.activeElement.parentElement.open))) await keys.press('Enter');
  await page.waitForSelector('#preference-new');
  await tabTo('#preference-new');
  await keys.type('by the sea, nothing at night');
  await keys.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.preferences li').length === 2);
  await tabTo('.preferences [aria-label^="Up: less"]', true);
  await keys.press('Enter');
  await page.waitForFunction(() =>
    /night/.test(document.querySelector('.preferences .clause-text').value),
  );
  ok(/^Up: less/.test(await at()), 'moved, with the focus on it', await at());
  await tabTo('.preferences select', true);
  await keys.press('ArrowDown');
  await page.waitForFunction(() => /until/.test(document.querySelector('.preferences option').textContent));
  ok(true, 'it has an end');
  await rankedAfter(page, () => keys.press('Control+Enter'));

  await page.evaluate(() => document.activeElement.blur());
  await keys.press('ArrowDown');
  await keys.press('ArrowDown');
  await keys.press('+');
  await page.waitForSelector('.examples li', { state: 'attached' });
  await rankedAfter(page, () => keys.press('Control+Enter'));
  await page.evaluate(() => document.activeElement.blur());
  await keys.press('ArrowDown');
  await keys.press('Enter');
  await page.waitForSelector('.detail');
  const parts = await page.textContent('.detail .parts');
  ok(
    /outdoors/.test(parts) && /night.*\(standing\)/.test(parts),
    'wish and standing preferences have their parts of the score',
    parts,
  );
  await clean('an opened row');
  await keys.press('Escape');
  ok((await page.locator('.detail').count()) === 0, 'Escape closes the row');
  await page.evaluate(async () => {
    const at = '/api/catalogs/jobs/preferences';
    for (const p of (await (await fetch(at)).json()).preferences)
      await fetch(`${at}/${p.id}`, { method: 'DELETE' });
  });
  ok(name.startsWith('s2'), 'the story of the keyboard');
}

export async function understand({ page, url, ok, clean }) {
  await page.goto(`${url}/${few('mending old things, nothing with phones', '&readout=query&like=j001')}`);
  await ranked(page);
  await page.click('#open-prompt');
  await page.waitForSelector('.prompt li');
  const parts = await page.$$eval('.part-head', all => all.map(p => p.textContent));
  ok(
    parts.length > 1 && parts.every(p => /\d+ tokens?$/.test(p)),
    'the prompt part by part, with tokens',
    parts.join(' | '),
  );
  await clean('the prompt');
  await page.keyboard.press('Escape');
  await page.locator('button.title').first().click();
  const given = await page.$$eval('.detail-why > .parts tbody tr', all => all.map(r => r.textContent));
  ok(given.length >= 2, 'a line for each part of the score', given.join(' | '));
  await page.click('#explain-row');
  await page.waitForSelector('.finding');
  const said = await page.textContent('.left-out');
  ok(/Order-stable/.test(said), 'measured, and the same in other orders', said);
  ok((await page.locator('.left-out tbody tr').count()) >= given.length, 'each part left out once');
  ok(/order-stable/.test(await page.textContent('.item.open')), 'the row bears its badge');
  ok(/log-probability.*prior.*empty profile/s.test(await page.textContent('.facts')), 'raw numbers');
  await clean('what a score is made of');
}
