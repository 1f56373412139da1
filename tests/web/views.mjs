// The views beside the ranking, against a running server: compare, words, the tour, experiments; stories.mjs looks at them
// in every width and theme.
// TAPROOM_URL names the server; it needs the catalogue movies with members.
import { readFile } from 'node:fs/promises';
import { story, watched, ranked, anew, axe } from './browser.mjs';

const URL_ = (process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360').replace(/\/$/, '');
const text = (page, at) => page.textContent(at);
const WISH = 'laser guns and starships';

await story(async ({ browser, ok, step }) => {
  const { page, context, faults } = await watched(browser, URL_);
  page.expectFailures = true;
  const compared = () =>
    page.waitForFunction(
      () =>
        document.querySelectorAll('.order').length > 1 &&
        [...document.querySelectorAll('.order')].every(o => o.querySelector('[data-item]')),
    );

  await step('compare: from the ranking', async () => {
    await page.goto(`${URL_}/#/?catalog=movies&wish=${WISH}&n=30`);
    await ranked(page);
    const titles = await page.$$eval('button.title', all => all.map(b => b.textContent));
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('c');
    await page.waitForSelector('.compare-card');
    await compared();
    const first = await page.$$eval('.order >> nth=0 >> .order-title', all =>
      all.map(t => t.textContent),
    );
    ok(first.join() === titles.slice(0, first.length).join(), 'the first column is the ranking');
    const says = await text(page, '.compare-card >> nth=1');
    ok(/\d+ of the first 20 are the same.*τ/.test(says), 'overlap and rank correlation', says);
    ok((await page.locator('.lines path').count()) >= 20, 'lines between the columns');
  });

  await step('compare: add, edit, only different', async () => {
    await page.selectOption('#compare-add', 'copy');
    await page.click('#compare-do-add');
    await page.waitForFunction(() => document.querySelectorAll('.order').length === 3);
    await compared();
    ok(/τ 1\.00/.test(await text(page, '.compare-card >> nth=2')), 'the same setting agrees');
    const sent = page.waitForRequest(r => r.url().endsWith('/api/rank'));
    await page.locator('.compare-card >> nth=2').locator('textarea').fill('a love story');
    const body = (await sent).postDataJSON();
    ok(
      Array.isArray(body.candidates) && body.candidates.length === 30,
      'the same candidates',
      JSON.stringify(body.candidates),
    );
    await page.waitForFunction(
      () =>
        /are the same/.test(document.querySelectorAll('.compare-card')[2].textContent) &&
        !/τ 1\.00/.test(document.querySelectorAll('.compare-card')[2].textContent),
    );
    await page.check('#compare-only');
    await page.fill('#compare-by', '5');
    await page.waitForFunction(() =>
      /differ by more than 5/.test(document.querySelector('.compare-grid').textContent),
    );
    const gaps = await page.$$eval('.ranks tbody td:last-child', all =>
      all.map(c => c.textContent),
    );
    ok(
      gaps.length > 0 && gaps.every(g => g === '–' || Number(g) > 5),
      'only what differs',
      gaps.join(),
    );
    ok(/by=6/.test(page.url()) && /c=%7E|c=~/.test(page.url()), 'all of it in the URL', page.url());
    await page.focus('.orders-box');
    await page.keyboard.press('ArrowDown');
    ok((await page.locator('.order li.on').count()) >= 2, 'arrows follow an item');
    const link = page.url();
    await anew(page, link);
    await page.waitForFunction(() => document.querySelectorAll('.compare-card').length === 3);
    await compared();
    ok(true, 'a link opens the same comparison');
    ok(
      (await page.locator('[data-view=compare][aria-current]').count()) === 1,
      'the view is named',
    );
  });

  await step('words of the surface, with the prompt beside them', async () => {
    const mine = `words-${process.pid}`;
    await page.goto(`${URL_}/#/?catalog=movies&wish=${WISH}&n=30`);
    await ranked(page);
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.click('#open-surface');
    await page.waitForSelector('.surface-preview pre');
    ok((await text(page, '.surface-preview')).includes(WISH), 'the prompt as it is');
    await page.fill('#surface-frame-0-root', 'A picture show:');
    await page.waitForFunction(() =>
      document.querySelector('.surface-preview').textContent.includes('A picture show:'),
    );
    const found = await axe(page);
    ok(found.length === 0, 'axe: words', found.join(' | '));
    await page.fill('#surface-name', mine);
    await page.click('#surface-save');
    await page.waitForFunction(() => !document.getElementById('dialog-surface').open);
    await page.waitForFunction(name => location.hash.includes(`surface=${name}`), mine);
    await ranked(page);
    await page.click('#open-surface');
    await page.waitForSelector('.surface-preview pre');
    ok((await text(page, '.surface-preview')).includes('A picture show:'), 'kept and in use');
    await page.locator('button', { hasText: 'Delete these words' }).click();
    await page.waitForFunction(() => !location.hash.includes('surface='));
    await ranked(page);
    const left = await fetch(`${URL_}/api/surfaces/${mine}`);
    ok(left.status === 404, 'and deleted again', left.status);
  });

  await step('the tour', async () => {
    await page.click('[data-view=tour]');
    for (let i = 0; i < 5; i++) {
      await page.waitForSelector('#tour-next:not([disabled])', { timeout: 400000 });
      await page.waitForFunction(
        n => document.querySelectorAll('.tour-card .order li').length === 10 || n === 5,
        i,
      );
      if (i === 2) ok((await page.locator('.tour-card .history li').count()) === 1, 'one example');
      await page.click('#tour-next');
    }
    ok((await page.locator('.tour-steps li').count()) === 8, 'six steps, and two to play with');
    ok(/member=.+&step=6/.test(page.url()), 'member and step in the address', page.url());
    await page.goBack();
    await page.waitForFunction(() => /^5\./.test(document.querySelector('.tour-steps [aria-current]').textContent));
    ok(/The history/.test(await text(page, '.tour-card h3')), 'Back is a step back');
    await page.goForward();
    await page.waitForFunction(() => /^6\./.test(document.querySelector('.tour-steps [aria-current]').textContent));
    ok(/Popularity/.test(await text(page, '.tour-card')), 'the gap to each baseline in words');
    const rows = await page.$$eval('.gaps tbody tr', all => all.map(r => r.textContent));
    ok(
      rows.length >= 4 && rows.every(r => /\d\.\d\d|no data/.test(r)),
      'and in numbers',
      rows.join(),
    );
    const drawn = await page.$eval('.chart canvas', c => {
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 3; i < d.length; i += 4) if (d[i]) n++;
      return n;
    });
    ok(drawn > 2000, 'and drawn', drawn);
  });

  await step('the tour, played', async () => {
    const measured = n =>
      page.waitForFunction(k => document.querySelector('.play .gaps caption')?.textContent.includes(`"${k}"`), n);
    await page.locator('.tour-steps button').nth(6).click();
    await measured('0 examples');
    ok(/drawn by lot/.test(await text(page, '.play-list')), 'without examples all tie, by lot');
    const later = await page.$$eval('.play-list .order li', all => all.map(l => l.classList.contains('wanted')));
    ok(!later.slice(0, 8).every(Boolean), 'later likes do not stand first for nothing', later.join());
    await page.locator('.play-cards .like').first().click();
    await measured('1 example');
    const first = await page.$$eval('.play-list .order-title', all => all.map(t => t.textContent).join());
    ok(await page.evaluate(() => document.activeElement.matches('.play-cards .like')), 'the focus stays');
    await page.fill('#play-q', 'star');
    await page.waitForFunction(() => !/before/.test(document.querySelector('.play-cards').textContent));
    await page.locator('.play-cards .dislike').first().click();
    await measured('2 examples');
    ok(
      (await page.$$eval('.play-list .order-title', all => all.map(t => t.textContent).join())) !== first,
      'any item changes the list',
    );
    ok((await page.locator('.play-chosen li').count()) === 2 && /like=.+dislike=/.test(page.url()), 'both in the address');
    await page.goBack();
    await measured('1 example');
    const found = await axe(page);
    ok(found.length === 0, 'axe: play', found.join(' | '));
    const link = page.url();
    await anew(page, link);
    await measured('1 example');
    ok((await page.locator('.play-chosen li').count()) === 1, 'a link opens the same choice');
  });

  await step('the tour, over the number of interactions', async () => {
    await page.locator('.tour-steps button').nth(7).click();
    await page.waitForFunction(() => /^Measured/.test(document.querySelector('.curve [role=status]').textContent), null, { timeout: 300000 });
    const rows = await page.$$eval('.curve .ranks tbody tr', all => all.map(r => r.textContent));
    ok(rows.length === 12 && /^0/.test(rows[0]) && /^all /.test(rows[11]), 'from none to all', rows.join('; '));
    ok(rows.every(r => /0\.\d\d/.test(r)), 'quality and cost of each');
    ok(/No stored evaluation|next like among 19 others/.test(await text(page, '.tour-cohort')), 'and what evaluations say of many');
  });

  await step('why: each part left out', async () => {
    await page.goto(
      `${URL_}/#/?catalog=movies&wish=slow+films%2C+nothing+scary&n=30&readout=query`,
    );
    await ranked(page);
    await page.locator('button.title').first().focus();
    await page.keyboard.press('w');
    await page.waitForSelector('.left-out .parts tbody tr');
    const said = await text(page, '.left-out');
    ok(/Order-stable: .* exactly this score/.test(said), 'among others it has the same score', said);
    ok(
      /order-stable/.test(await text(page, '.item.open .badge >> nth=-1')),
      'its row says so, too',
    );
    ok((await page.locator('.left-out tbody tr').count()) === 2, 'a line for each part');
    const given = await page.$$eval('.detail-why > .parts tbody td.value', all =>
      all.map(v => v.textContent),
    );
    const measured = await page.$$eval('.left-out tbody td.value', all => all.map(v => v.textContent));
    ok(
      given.join() === measured.join(),
      'what is measured is what was said',
      `${given} ${measured}`,
    );
  });

  await step('an experiment', async () => {
    await page.click('[data-view=evaluate]');
    await page.waitForSelector('#experiment-go');
    await page.evaluate(() => (document.querySelector('.experiment-new details').open = true));
    const name = `two cells ${process.pid}`;
    const grid = { k: [0, 1] };
    const spec = {
      name,
      protocol: 'coldstart',
      catalog: 'movies',
      split: 'development',
      members: 10,
      grid,
    };
    await page.fill('#experiment-spec', 'no JSON');
    await page.click('#experiment-go');
    await page.waitForSelector('.notice.error');
    ok(/not JSON/.test(await text(page, '.notice.error')), 'a wrong specification is named');
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
    await page.fill('#experiment-spec', JSON.stringify(spec));
    await page.click('#experiment-go');
    await page.click('#experiment-cancel');
    await page.waitForSelector('#experiment-on');
    ok(/cancelled/.test(await text(page, '.results-table')), 'cancelled, and it says so');
    await page.click('#experiment-on');
    await page.waitForFunction(() => /about .* left/.test(document.querySelector('.experiment-head').textContent));
    ok(true, 'gone on with, and how long it will take');
    await page.waitForFunction(
      () => /done: 2 of 2/.test(document.querySelector('.experiment-head')?.textContent),
      null,
      { timeout: 900000 },
    );
    ok((await page.locator('.results-table thead th').count()) === 3, 'a column for each cell');
    const rows = await page.$$eval('.results-table tbody tr', all => all.map(r => r.textContent));
    ok(/^ Language model/.test(rows[0]) && rows.some(r => /^Warm/.test(r) && /\d/.test(r)), 'methods, and cold and warm times', rows.join('; '));
    const said = await text(page, '.experiment-verdict');
    ok(/is at its best with [01] interactions?: NDCG@10 0\.\d{3} .*cases\)\. .*worth its cost/.test(said), 'two sentences on top', said);
    const marks = await page.$$eval('.results-table .method-mark path', all => all.map(m => m.getAttribute('d') + getComputedStyle(m).fill));
    ok(marks.length > 3 && new Set(marks).size === marks.length, 'each method has its own mark and colour', marks.length);
    ok(/0\.\d{3}.*–/.test(await text(page, '.results-table tbody')), 'figures with intervals');
    ok((await page.locator('.results-table .verdict').count()) > 2, 'how each baseline stands to the model');
    ok(/worth its cost/.test(await text(page, '.experiment')), 'what that means');
    await page.waitForFunction(() => !document.querySelector('.experiment .chart').hidden);
    ok(/evaluate\?id=/.test(page.url()), 'its address');
    const csv = await fetch(URL_ + (await page.getAttribute('.experiment-do a', 'href')));
    ok(csv.ok && (await csv.text()).trim().split(/\r?\n/).length === 3, 'as CSV');
    const file = page.waitForEvent('download');
    await page.click('#experiments-all');
    const all = JSON.parse(await readFile(await (await file).path(), 'utf8'));
    ok(all.experiments.some(x => x.name === name && x.results.length === 2), 'everything as JSON');
    const found = await axe(page);
    ok(found.length === 0, 'axe: an experiment', found.join(' | '));
  });

  await step('saved runs', async () => {
    await page.click('[data-view=runs]');
    await page.waitForSelector('.runs tbody tr');
    ok(/runs?, the newest first/.test(await text(page, '.view-runs')), 'counted');
    for (const wish of ['a voyage', 'a quarrel']) {
      const body = JSON.stringify({ catalog: 'jobs', instruction: `${wish} ${process.pid}`, candidates: { count: 8 } });
      await fetch(`${URL_}/api/rank`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    }
    await page.fill('#runs-q', String(process.pid));
    await page.waitForFunction(() => document.querySelectorAll('.runs tbody tr').length === 2);
    ok(await page.isDisabled('#diff-runs'), 'two are told apart when two are chosen');
    for (const box of await page.locator('.runs .pick input').all()) await box.check();
    await page.click('#diff-runs');
    await page.waitForSelector('.diff-asked');
    ok(/Wisha voyage \d+a quarrel/.test(await text(page, '.diff-asked tbody')), 'what was asked', await text(page, '.diff-asked tbody'));
    ok(/of the first 8 are the same/.test(await text(page, '.run-diff')) && (await page.locator('.diff-moves tbody tr').count()) > 0, 'and how the orders differ');
    const found = await axe(page);
    ok(found.length === 0, 'axe: a difference', found.join(' | '));
  });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();
});
