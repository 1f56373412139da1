// Ranking again while a person edits, by keyboard alone, long lists in pages; axe-core on the ranking in both themes.
// Against the mock. Needs CHROMIUM, PLAYWRIGHT_CORE and AXE_CORE.
import { story, watched, ranked, anew, axe } from './browser.mjs';
import { startMock } from './mock/mock_server.mjs';

await story(async ({ browser, ok, step }) => {
  const mock = await startMock({ stepMs: 12 });
  const { page, context, faults } = await watched(browser, mock.url, { live: true });
  page.setDefaultTimeout(20000);
  let asked = [];
  page.on('request', r => {
    if (r.url().endsWith('/api/rank')) asked.push(r.postDataJSON().instruction);
  });
  const focused = () => page.evaluate(() => document.activeElement.id);
  await page.goto(mock.url);
  await ranked(page);

  await step('typing ranks again', async () => {
    asked = [];
    await page.keyboard.press('/');
    ok((await focused()) === 'wish', '"/" goes to the wish');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('tender comedies', { delay: 15 });
    await page.waitForFunction(() => location.hash.includes('tender'));
    await page.waitForFunction(() => document.querySelector('.since'));
    await ranked(page);
    // Fifteen keys; a machine that halts while typing may make a pause of its own.
    ok(
      asked.at(-1) === 'tender comedies' && asked.length <= 3,
      'when the typing pauses, not at each key',
      asked.join('|'),
    );
    ok(!(await page.isVisible('.stale-note')), 'the list is of the wish');
    ok((await focused()) === 'wish', 'the caret stays');
  });
  await step('what is ranked while typing is kept only when it is exported', async () => {
    const before = mock.db.runs.size;
    await page.fill('#wish', 'quiet comedies');
    await page.waitForFunction(() => location.hash.includes('quiet'));
    await ranked(page);
    ok(mock.db.runs.size === before, 'typing keeps nothing', mock.db.runs.size - before);
    const titles = () => page.$$eval('button.title', all => all.map(b => b.textContent).join());
    const seen = await titles();
    const file = page.waitForEvent('download');
    await page.click('button#export-csv');
    ok(/^r-.*csv$/.test((await file).suggestedFilename()), 'one press makes the run and its file');
    ok(mock.db.runs.size === before + 1 && (await titles()) === seen, 'one run, the same list');
    ok((await page.locator('a#permalink').count()) === 1, 'its links stand');
    const link = await page.getAttribute('#permalink', 'href');
    ok(mock.db.runs.has(link.split('/').pop()), 'to that run', link);
    await page.locator('#wish').press('Control+Enter');
    await page.waitForFunction(l => document.querySelector('a#permalink')?.hash !== l, link);
    ok(mock.db.runs.size === before + 2, 'Rank keeps what it makes');
  });
  await step('a superseded ranking is cancelled', async () => {
    const before = mock.seen.aborted;
    await page.keyboard.press('Control+A');
    await page.keyboard.type('slow motion');
    await page.waitForSelector('#rank.running');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('storms at sea');
    await page.waitForFunction(() => document.querySelector('#rank.running'));
    await ranked(page);
    for (let i = 0; i < 40 && mock.seen.aborted === before; i++)
      await new Promise(d => setTimeout(d, 50));
    ok(mock.seen.aborted === before + 1, 'its connection was closed', mock.seen.aborted - before);
    ok(
      /storms/.test(await page.evaluate(() => location.hash)) &&
        (await page.locator('.notice.error').count()) === 0,
      'and nothing is said of it',
    );
  });
  await step('an edit taken back needs no ranking', async () => {
    asked = [];
    await page.fill('#wish', 'tender comedies');
    await page.waitForFunction(() => !document.querySelector('.stale .stale-note'));
    await page.waitForTimeout(500);
    ok(asked.length === 0, 'the answer is known', asked.join('|'));
  });
  await step('more like this, from a row', async () => {
    asked = [];
    const row = page.locator('tr.item').nth(2);
    const title = await row.locator('.title').textContent();
    await row.locator('.title').focus();
    await page.keyboard.press('+');
    await page.waitForSelector('.examples li');
    ok((await page.textContent('.example-name')) === title, 'the example is in sight');
    await page.waitForFunction(() => document.querySelector('#rank.running'));
    await ranked(page);
    ok(asked.length === 1, 'and the list follows');
    ok(
      await page.evaluate(() => document.activeElement.classList.contains('title')),
      'the focus stays in the list',
    );
    await page.keyboard.press('+');
    await page.waitForFunction(() => !document.querySelector('.examples li'));
    ok(true, 'the same key takes it back');
  });
  await step('standing preferences', async () => {
    const rows = () => page.$$eval('.preferences .clause-text', all => all.map(p => p.value));
    const after = async act => {
      const sent = page.waitForRequest(r => r.url().endsWith('/api/rank'));
      await act();
      await sent;
      await ranked(page);
    };
    await page.evaluate(() =>
      document.querySelectorAll('.fold').forEach(d => {
        d.open = true;
      }),
    );
    await page.fill('#preference-new', 'the sea, nothing scary');
    await page.selectOption('#preference-end', String(3 * 86400));
    await after(() => page.press('#preference-new', 'Enter'));
    ok((await rows()).join('|') === 'the sea|scary', 'split as a wish is', await rows());
    ok(/2 of 2 on/.test(await page.textContent('.count')), 'counted');
    ok((await page.locator('.preferences li.less').count()) === 1, 'one of them is less');
    ok(/until/.test(await page.textContent('.preferences select')), 'with an end');
    await page.locator('button.title').first().click();
    ok(
      /the sea \(standing\).*scary.*\(standing\)/.test(await page.textContent('.parts')),
      'each has its part of a score',
    );
    const first = await page.$$eval('button.title', all => all.map(b => b.textContent).join());
    // By keyboard: up, off, and the focus stays.
    await page.locator('.preferences [aria-label^="Up: less"]').focus();
    await after(() => page.keyboard.press('Enter'));
    ok((await rows())[0] === 'scary', 'up by one', await rows());
    ok(
      (await page.evaluate(() => document.activeElement.getAttribute('aria-label'))) ===
        'Up: less scary',
      'moved by keyboard, with the focus on it',
    );
    ok(
      mock.db.catalogs
        .get('movies')
        .preferences.map(p => p.text)
        .join() === 'scary,the sea',
      'the server has the order',
    );
    const slider = page.locator('.preferences input[type=range]').first();
    await slider.focus();
    const { weight } = mock.db.catalogs.get('movies').preferences.find(p => p.text === 'scary');
    await after(() => page.keyboard.press('ArrowRight'));
    const heavier = mock.db.catalogs.get('movies').preferences.find(p => p.text === 'scary').weight;
    ok(Math.abs(heavier - weight - 0.1) < 1e-9, 'its weight by a key', `${weight} to ${heavier}`);
    ok(
      (await page.evaluate(() => document.activeElement.getAttribute('aria-label'))) ===
        'Weight of scary' && (await slider.inputValue()) === heavier.toFixed(1),
      'the slider shows it and keeps the focus',
    );
    await page.locator('.preferences input[type=checkbox]').last().focus();
    await after(() => page.keyboard.press('Space'));
    ok(/1 of 2 on/.test(await page.textContent('.count')), 'one is off');
    ok(
      (await page.$$eval('button.title', all => all.map(b => b.textContent).join())) !== first,
      'and the list follows',
    );
    await after(() => page.uncheck('#standing'));
    ok(/standing=off/.test(page.url()), 'all off is a choice of the ranking, in its address');
    await page.check('#standing');
    await page.waitForFunction(() => !document.querySelector('.stale .stale-note'));
    // Another page changes them; a look back at this one tells.
    mock.db.catalogs.get('movies').preferences[0].expires = 1;
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    await page.waitForFunction(() => /0 of 2 on/.test(document.querySelector('.count').textContent));
    ok(/ended/.test(await page.textContent('.preferences select')), 'an ended one says so');
    for (let n = 2; n--; ) {
      await page.locator('.preferences .gone').first().click();
      await page.waitForFunction(k => document.querySelectorAll('.preferences li').length === k, n);
    }
    await ranked(page);
    ok(mock.seen.clients.size === 1, 'every ranking of a page bears its name', mock.seen.clients.size);
    await page.keyboard.press('Escape');
  });
  await step('another model', async () => {
    await page.selectOption('#model', 'large');
    await page.waitForFunction(() => document.querySelector('#rank.running'));
    await ranked(page);
    ok(/model=large/.test(page.url()), 'it is in the address');
    ok(/A large model, bf16 on cpu/.test(await page.textContent('.run-head')), 'and the list says it');
    await page.click('#open-compare');
    await page.waitForSelector('.compare-card');
    await page.selectOption('#compare-add', 'model:small');
    await page.click('#compare-do-add');
    await page.waitForFunction(() =>
      /A small model, bf16 on cpu/.test(document.querySelectorAll('.compare-card')[2]?.textContent),
    );
    ok(
      /A large model/.test(await page.textContent('.compare-card >> nth=0')),
      'each column names its model',
    );
    await page.goBack();
    await page.goBack();
    await page.waitForSelector('#model-default');
    await page.click('#model-default');
    await page.waitForFunction(() => document.getElementById('model').value === '');
    ok(mock.seen.model === 'large', 'made the default of the server');
    await ranked(page);
    ok(!/model=/.test(page.url()), 'which needs no name');
  });
  await step('probabilities', async () => {
    await page.fill('#member', '196');
    await page.press('#member', 'Enter');
    await page.waitForFunction(() => /ECE 0\.031/.test(document.querySelector('.run-head').textContent));
    await page.locator('button.title').first().click();
    ok(
      /probability\s*0\.62\s*of a like: platt, 100 interactions, 64 of them likes/.test(
        await page.textContent('.facts'),
      ),
      'with what it rests on',
      await page.textContent('.facts'),
    );
    await page.click('#open-calibration');
    await page.click('#calibrate');
    await page.waitForSelector('.fit table');
    const rows = await page.$$eval('.fit tbody tr', all => all.map(r => r.textContent));
    ok(rows.join('|') === '0.410.3840|0.800.8260', 'the reliability diagram as a table', rows.join('|'));
    const found = await axe(page);
    ok(found.length === 0, 'axe: calibration', found.join(' | '));
    await page.keyboard.press('Escape');
    await page.locator('button', { hasText: 'Clear' }).click();
    await page.waitForFunction(() => /no match|comparable/.test(document.querySelector('.run-head').textContent));
    await ranked(page);
  });
  await step('off means off', async () => {
    await page.uncheck('#live-rank');
    asked = [];
    await page.fill('#wish', 'brass and bells');
    await page.waitForTimeout(700);
    ok(asked.length === 0 && (await page.isVisible('.stale-note')), 'the list says it is older');
    await page.reload();
    await ranked(page);
    ok(!(await page.isChecked('#live-rank')), 'and it is remembered');
  });
  await step('long lists come in pages', async () => {
    await page.goto(`${mock.url}/#/?catalog=movies&wish=sea&n=120&k=120`);
    await page.reload();
    await ranked(page);
    await page.waitForSelector('.pager');
    ok((await page.locator('tr.item').count()) === 50, '50 rows at once');
    await page.locator('button.title').nth(49).focus();
    await page.keyboard.press('ArrowDown');
    ok(
      (await page.textContent('tr.item .rank')) === '51' &&
        (await page.evaluate(
          () => document.activeElement === document.querySelector('button.title'),
        )),
      'the arrow turns the page',
    );
    await page.keyboard.press('ArrowUp');
    ok(
      await page.evaluate(
        () => document.activeElement === [...document.querySelectorAll('button.title')].at(-1),
      ),
      'and back',
    );
    await page.click('.pager .next');
    await page.click('.pager .next');
    ok((await page.locator('tr.item').count()) === 20, 'the last page has the rest');
    ok(/Rows 101 to 120 of 120/.test(await page.textContent('.pager')), 'and says so');
    await page.locator('button.title').nth(3).click();
    const link = page.url();
    await anew(page, link);
    await page.waitForSelector('.detail');
    ok(true, 'a link to a row opens its page');
  });
  await step('items of the catalogue', async () => {
    await page.click('#open-browse');
    await page.waitForSelector('.browse-list li');
    ok(/120 movies in movies, 1 to 50/.test(await page.textContent('#dialog-browse')), 'counted');
    await page.fill('#browse-q', 'Lamplighter');
    await page.waitForFunction(() => document.querySelectorAll('.browse-list li').length < 50);
    await page.locator('.browse-list .like').first().click();
    ok(
      (await page.locator('.browse-list .like').first().getAttribute('aria-pressed')) === 'true' &&
        (await page.locator('.examples li').count()) === 1,
      'marked here, listed there',
    );
    const found = await axe(page);
    ok(found.length === 0, 'axe: items', found.join(' | '));
    await page.keyboard.press('Escape');
  });
  for (const colorScheme of ['light', 'dark'])
    await step(`axe, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => document.querySelectorAll('details').forEach(d => (d.open = true)));
      const found = await axe(page);
      ok(found.length === 0, `axe: the ranking, ${colorScheme}`, found.join(' | '));
      for (const id of ['open-keys', 'open-import', 'open-prompt']) {
        await page.click(`#${id}`);
        await page.waitForSelector('dialog[open]');
        const more = await axe(page);
        ok(more.length === 0, `axe: ${id}, ${colorScheme}`, more.join(' | '));
        await page.keyboard.press('Escape');
      }
    });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await step('two tabs', async () => {
    const other = await watched(browser, mock.url, { live: true });
    await page.goto(`${mock.url}/#/?catalog=movies&wish=first+tab`);
    await other.page.goto(`${mock.url}/#/?catalog=movies&wish=second+tab`);
    await Promise.all([ranked(page), ranked(other.page)]);
    ok(
      (await page.inputValue('#wish')) === 'first tab' &&
        (await other.page.inputValue('#wish')) === 'second tab' &&
        (await page.textContent('.table-box')) !== (await other.page.textContent('.table-box')),
      'each has its own wish and list',
    );
    ok((await other.faults()).length === 0, 'clean', (await other.faults()).join('; '));
    await other.context.close();
  });
  await step('a server that restarts in mid-run', async () => {
    page.expectFailures = true;
    await page.fill('#wish', 'slow motion once more');
    await page.locator('#wish').press('Control+Enter');
    await page.waitForSelector('#rank.running');
    const port = Number(new URL(mock.url).port);
    mock.stop();
    await page.waitForSelector('.notice.error');
    ok(
      (await page.locator('tr.item').count()) > 0 && !(await page.isVisible('#cancel')),
      'the earlier list stays, and the fault is said',
    );
    const again = await startMock({ stepMs: 5, port });
    await page.waitForFunction(() => !document.querySelector('.notice.error'));
    await page.waitForFunction(() => !document.querySelector('#rank.running'), null);
    await page.waitForFunction(() =>
      /slow motion once more/.test(document.getElementById('wish').value),
    );
    await ranked(page);
    ok((await page.locator('.notice.error').count()) === 0, 'the notice goes, and what failed is ranked on the new server');
    again.stop();
  });
  await context.close();
});
