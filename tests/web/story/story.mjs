// The whole story of the page against a running server: rank, cancel, examples, clauses, prompt, import, saved run,
// keyboard, themes, widths. TAPROOM_URL names the server; MOVIES names a catalogue with at least 20 items.
import { story, watched, ranked } from '../browser.mjs';
import { json, text, titles } from './story_help.mjs';
import { imports } from './story_import.mjs';
import { widths } from './story_widths.mjs';

const URL_ = (process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360').replace(/\/$/, '');
const NAME = `story-${process.pid}-${Date.now() % 100000}`;

await story(async ({ browser, ok, step }) => {
  const { page, context, faults } = await watched(browser, URL_);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  page.expectFailures = true;

  await step('first visit', async () => {
    const started = Date.now();
    await page.goto(URL_);
    await page.waitForSelector('#rank.running, table.list');
    await ranked(page);
    ok((await titles(page)).length >= 3, 'a first ranking without configuration');
    console.log(`first ranking after ${Date.now() - started} ms`);
    ok((await page.inputValue('#wish')).length > 5, 'a default wish');
    ok(/^Your wish .+\.$/.test(await text(page, '#effect')), 'what the wish did');
    ok(/The model was asked/.test(await text(page, '.produced')), 'what produced the order');
    ok(/comparable within this run only/.test(await text(page, '.run-head')), 'words about scores');
    const roles = await page.$eval('table.list', t => [
      t.tHead.rows[0].cells.length,
      t.tBodies[0].rows[0].cells.length,
      !!t.caption,
    ]);
    ok(roles[0] === roles[1] && roles[2], 'a real table with as many cells as headings', roles);
    const score = await text(page, '.item .score');
    ok(/^[\u2212]?\d+\.\d\d$/.test(score), 'a score as a number', score);
    const to = Number(await page.$eval('.item .bar', b => b.style.getPropertyValue('--to')));
    ok(to > 0.5 && to <= 1, 'the first bar stands above the average item', to);
    const cells = await page.$$eval('.item .col-base', all => all.map(c => c.textContent));
    ok(
      cells.length > 0 &&
        cells.every(c => /(up \d+|down \d+|same place as|no data|no match)/.test(c)),
      'rank changes in words',
      cells[0],
    );
    ok(
      (await page.$$eval('.item .rank', all => all.map(r => Number(r.textContent)))).every(
        (r, i) => r === i + 1,
      ),
      'ranks count from one',
    );
  });

  await step('sort by a baseline', async () => {
    const head = page.locator('.list thead .col-base button').first();
    await head.click();
    ok(
      (await page.locator('th[aria-sort=ascending].col-base').count()) === 1,
      'the sorted column says so',
    );
    const first = await page.locator('.item').first().locator('.col-base').first().textContent();
    ok(/\d/.test(first), 'sorted by a baseline', first);
    await page.locator('.list thead .col-rank button').click();
    ok((await text(page, '.item .rank')) === '1', 'and back');
  });

  await step('write a wish', async () => {
    const before = await titles(page);
    await page.keyboard.press('/');
    ok((await page.evaluate(() => document.activeElement.id)) === 'wish', '"/" focuses the wish');
    await page.fill('#wish', 'Something funny for children, nothing scary');
    await page.waitForFunction(() => document.querySelectorAll('.clause').length >= 2);
    ok((await page.locator('.clause.less').count()) === 1, 'the negated part is "less"');
    ok(await page.isVisible('.stale-note'), 'the list says that it is older than the wish');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('#rank.running, .since');
    await ranked(page);
    ok(!(await page.isVisible('.stale-note')), 'the list is of this wish');
    ok((await titles(page)).join() !== before.join(), 'the order changed');
    ok((await page.locator('.since').count()) > 0, 'moves since the order before');
    ok(
      decodeURIComponent(page.url()).replaceAll('+', ' ').includes('Something funny'),
      'the wish is in the URL',
    );
  });

  await step('clauses', async () => {
    const less = page.locator('.clause.less');
    await less.locator('input[type=range]').focus();
    await page.keyboard.press('ArrowRight');
    ok(
      (await less.locator('output').textContent()) === '0.8' ||
        (await less.locator('output').textContent()) === '1.1',
      'the weight moved by a tenth',
      await less.locator('output').textContent(),
    );
    await less.locator('.sign').click();
    ok((await page.locator('.clause.less').count()) === 0, 'the sign turned');
    await page.locator('.clause .sign').last().click();
    await page.fill('#clause-new', 'with animals');
    await page.keyboard.press('Enter');
    const n = await page.locator('.clause').count();
    await page.locator('.clause').first().locator('.gone').click();
    ok((await page.locator('.clause').count()) === n - 1, 'one part removed');
    const sent = page.waitForRequest(r => r.url().endsWith('/api/rank'));
    await page.click('#rank');
    const body = (await sent).postDataJSON();
    ok(
      body.clauses?.some(c => c.text === 'with animals' && c.sign === 1) &&
        body.clauses.length === n - 1,
      'the edited parts are sent',
      JSON.stringify(body.clauses),
    );
    await ranked(page);
  });

  await step('an opened row', async () => {
    await page.selectOption('#readout', 'query');
    await page.click('#rank');
    await page.waitForSelector('#rank.running, table.list');
    await ranked(page);
    await page.locator('button.title').first().click();
    ok(
      (await page.locator('button.title').first().getAttribute('aria-expanded')) === 'true',
      'the row says that it is open',
    );
    ok((await page.locator('.parts tbody tr').count()) >= 2, 'what each part contributed');
    ok(/log-probability.*prior.*share of the answer/s.test(await text(page, '.facts')), 'raw numbers');
    ok(page.url().includes('row='), 'the open row is in the URL');
    await page.keyboard.press('Escape');
    ok((await page.locator('.detail').count()) === 0, 'Escape closes it');
  });

  await step('examples', async () => {
    await page.locator('.mark-as.like').nth(1).click();
    await page.locator('.mark-as.dislike').nth(2).click();
    await page.fill('#example-new', 'anything with giant robots');
    await page.locator('.fold form button', { hasText: 'Dislike' }).click();
    ok((await page.locator('.examples li').count()) === 3, 'three examples');
    ok((await page.locator('.mark-as[aria-pressed=true]').count()) === 2, 'two rows are marked');
    const sent = page.waitForRequest(r => r.url().endsWith('/api/rank'));
    await page.click('#rank');
    const body = (await sent).postDataJSON();
    ok(
      body.examples.length === 3 &&
        body.examples.filter(e => e.label === 'dislike').length === 2 &&
        body.examples[2].text,
      'examples are sent',
      JSON.stringify(body.examples),
    );
    await ranked(page);
    ok(
      page.url().includes('like=') && page.url().includes('disliketext='),
      'examples are in the URL',
    );
  });

  await step('the exact prompt', async () => {
    await page.click('#open-prompt');
    await page.waitForSelector('.prompt li');
    ok((await page.locator('.prompt li').count()) >= 2, 'part by part');
    ok(
      (await page.$$eval('.part-head', all => all.map(p => p.textContent))).every(t =>
        /tokens?$/.test(t),
      ),
      'each with its tokens',
    );
    await page.click('#copy-prompt');
    await page.waitForFunction(
      () => document.getElementById('copy-prompt').textContent !== 'Copy the prompt',
    );
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    ok(
      copied === (await page.$$eval('.prompt pre', all => all.map(p => p.textContent))).join(''),
      'the copy is the prompt',
    );
    await page.keyboard.press('Escape');
    ok(!(await page.isVisible('#dialog-prompt')), 'Escape closes the window');
    ok(
      (await page.evaluate(() => document.activeElement.id)) === 'open-prompt',
      'the focus returns',
    );
  });

  await step('cancel', async () => {
    const rows = await titles(page);
    await page.evaluate(() =>
      document.querySelectorAll('details').forEach(d => {
        d.open = true;
      }),
    );
    await page.selectOption('#retrieve', 'all');
    await page.fill('#count', '500');
    await page.fill('#wish', `Long journeys over mountains, without any hurry (${NAME})`);
    await page.selectOption('#readout', 'relevance');
    await page.click('#rank');
    await page.waitForSelector('#cancel', { state: 'visible' });
    ok(await page.isVisible('.job progress'), 'progress is shown');
    const started = Date.now();
    await page.locator('body').press('Escape');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    ok(Date.now() - started < 3000, 'cancelled at once', Date.now() - started);
    ok(/Cancelled/.test(await text(page, '#notices')), 'and it is said');
    ok((await titles(page)).join() === rows.join(), 'the earlier list is still there');
    await page.fill('#count', '20');
    await page.selectOption('#readout', 'auto');
    await page.selectOption('#retrieve', 'auto');
    await page.locator('#wish').press('Control+Enter');
    await page.waitForSelector('#rank.running');
    await ranked(page);
    ok(
      (await page.locator('.notice.error').count()) === 0,
      'the worker is free for the next ranking',
    );
  });

  await step('keyboard in the list', async () => {
    await page.evaluate(() => {
      document.activeElement.blur();
      scrollTo(0, 0);
    });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    ok(
      await page.evaluate(
        () => document.activeElement === document.querySelectorAll('button.title')[1],
      ),
      'arrows move through rows',
    );
    await page.keyboard.press('Enter');
    ok((await page.locator('.detail').count()) === 1, 'Enter opens a row');
    ok(
      await page.evaluate(
        () => document.activeElement === document.querySelectorAll('button.title')[1],
      ),
      'the focus stays on the row',
    );
    await page.keyboard.press('Enter');
    ok((await page.locator('.detail').count()) === 0, 'Enter closes it');
    await page.keyboard.press('?');
    await page.waitForSelector('#dialog-keys[open]'); // it is loaded when it is asked for
    ok(await page.isVisible('#dialog-keys'), '"?" lists the keys');
    await page.uncheck('#letters');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    ok(!(await page.isVisible('#dialog-keys')), 'single characters can be switched off');
    await page.click('#open-keys');
    await page.check('#letters');
    await page.keyboard.press('Escape');
    await page.focus('#wish');
    await page.keyboard.press('End');
    await page.keyboard.type('?/');
    ok((await page.inputValue('#wish')).endsWith('?/'), 'letters stay letters in a text field');
  });

  let run = '';
  await step('saved run', async () => {
    await page.locator('#wish').press('Control+Enter');
    await page.waitForSelector('#rank.running');
    await ranked(page);
    const rows = await titles(page);
    run = decodeURIComponent((await page.getAttribute('#permalink', 'href')).split('/').pop());
    const stored = await json(URL_, `/api/runs/${run}`);
    ok(
      stored.items
        .map(i => i.title)
        .slice(0, 3)
        .join() === rows.slice(0, 3).join(),
      'the stored run is the list',
    );
    const csv = await fetch(URL_ + (await page.getAttribute('#export-csv', 'href')));
    ok(csv.ok && /csv/.test(csv.headers.get('content-type')), 'CSV export');
    ok((await fetch(URL_ + (await page.getAttribute('#export-json', 'href')))).ok, 'JSON export');
    await page.click('.views [data-view=runs]');
    await page.waitForSelector('.runs tbody tr');
    ok(
      (await page.locator('.runs th a').first().getAttribute('href')) === `#/run/${run}`,
      'the newest run is first',
    );
    let ranks = 0;
    page.on('request', r => {
      if (r.url().endsWith('/api/rank')) ranks++;
    });
    await page.locator('.runs th a').first().click();
    await page.waitForSelector('.stored');
    ok(
      (await titles(page)).join() === rows.join() && ranks === 0,
      'its link shows the stored order without a new ranking',
    );
    await page.reload();
    await page.waitForSelector('.stored');
    ok((await titles(page)).join() === rows.join() && ranks === 0, 'also after a reload');
    await page.click('#run-again');
    await page.waitForFunction(() => !document.querySelector('.stored'));
    await ranked(page);
    ok(ranks === 1, '"run again" is a ranking of its own');
    ok((await titles(page)).join() === rows.join(), 'and gives the same order');
    await page.goBack();
    await page.waitForSelector('.stored');
    ok(true, 'Back returns to the stored run');
    await page.evaluate(() => {
      location.hash = '#/run/r-0000000000000000';
    });
    await page.waitForSelector('.notice.error');
    ok(
      /r-0000000000000000/.test(await text(page, '.notice.error')) &&
        (await page.locator('.notice .hint').count()) === 1,
      'a deleted run is named, with what to do',
    );
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
    ok((await page.locator('.notice.error').count()) === 0, 'an error goes when dismissed');
  });

  await imports({ page, ok, step, url: URL_, name: NAME });

  await step('a link opens the same view', async () => {
    await page.click('#copy-link');
    await page.waitForFunction(() => document.getElementById('copy-link').textContent === 'Copied');
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await watched(browser, URL_, { width: 640, height: 450 });
    await other.page.goto(link);
    await ranked(other.page);
    ok(
      (await other.page.inputValue('#wish')) === 'a quiet walk, nothing loud' &&
        (await other.page.inputValue('#catalog')) === NAME,
      'wish and catalogue come with the link',
      `${link}: ${await other.page.inputValue('#wish')}, ${await other.page.inputValue('#catalog')}`,
    );
    ok((await titles(other.page)).join() === (await titles(page)).join(), 'the same order');
    ok(
      await other.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      'nothing hangs out at 200 % zoom of 1280',
    );
    ok((await other.faults()).length === 0, 'clean', (await other.faults()).join('; '));
    await other.context.close();
  });
  await fetch(`${URL_}/api/catalogs/${NAME}`, { method: 'DELETE' });
  ok(
    (await faults()).length === 0,
    'no console error, dialog, CSP report or request elsewhere',
    (await faults()).join('; '),
  );
  await context.close();

  await widths({ browser, ok, step, url: URL_, run });
});
