// Page states that a healthy server does not show on demand, against the mock: queue, faults in mid-stream, a cut
// connection, a full queue, an empty store, a server that is gone. Needs CHROMIUM and PLAYWRIGHT_CORE only.
import { anew, story, watched, ranked } from './browser.mjs';
import { startMock } from './mock/mock_server.mjs';

await story(async ({ browser, ok, step }) => {
  const mock = await startMock({ stepMs: 25 });
  const { page, context, faults } = await watched(browser, mock.url);
  page.setDefaultTimeout(20000);
  page.expectFailures = true;
  const wish = async text => {
    await page.fill('#wish', text);
    await page.locator('#wish').press('Control+Enter');
  };
  await page.goto(mock.url);
  await ranked(page);

  await step('queue', async () => {
    // Each change is looked at as it happens: between two looks from here it may be over.
    await page.evaluate(() => {
      const seen = (window.seen = {});
      const look = () => {
        const at = q => document.querySelector(q);
        const line = at('.progress-line')?.textContent ?? '', value = at('.job progress')?.hasAttribute('value');
        if (/Waiting: 2 rankings/.test(line)) seen.queue ||= value === false;
        if (/of 100 movies/.test(line)) seen.counts ||= value;
        if (document.querySelectorAll('.strip rect').length <= 20) return;
        seen.left ||= /left/.test(at('.progress-text')?.textContent ?? '');
        seen.back ||= at('.results').classList.contains('waiting');
      };
      const every = { subtree: true, childList: true, characterData: true, attributes: true };
      new MutationObserver(look).observe(document.body, every);
    });
    await wish('queue');
    await page.waitForFunction(() => window.seen.left && !document.querySelector('#rank.running'));
    const seen = await page.evaluate(() => window.seen);
    ok(seen.queue, 'waiting has no false progress');
    ok(seen.counts, 'then it counts');
    ok(seen.back, 'the earlier list steps back');
    await ranked(page);
  });
  await step('cancel reaches the server', async () => {
    const before = mock.seen.aborted;
    await wish('slow motion');
    await page.waitForSelector('#cancel', { state: 'visible' });
    await page.click('#cancel');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    for (let i = 0; i < 40 && mock.seen.aborted === before; i++)
      await new Promise(d => setTimeout(d, 50));
    ok(mock.seen.aborted === before + 1, 'the connection was closed');
    ok(/Cancelled/.test(await page.textContent('#notices')), 'a note says so');
  });
  await step('the first list on its way', async () => {
    await anew(page, `${mock.url}/#/?wish=slow+motion+at+first`);
    await page.waitForFunction(() => document.querySelectorAll('.strip rect').length > 0);
    const [strip, text] = await page.evaluate(() =>
      ['.strip', '.coming'].map(s => document.querySelector(s).getBoundingClientRect().toJSON()),
    );
    ok(text.top >= strip.bottom, 'its line stands below the strip of scores', text.top - strip.bottom);
    await page.click('#cancel');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    await wish('tender comedies');
    await ranked(page);
  });
  await step('a double-click on Rank does not cancel', async () => {
    await page.fill('#wish', 'slow motion for a double-click');
    // By script, since a note that goes away may move the button from under the pointer.
    await page.evaluate(() => {
      document.getElementById('rank').click();
      document.getElementById('rank').click();
    });
    await page.waitForTimeout(450);
    ok(await page.isVisible('#rank.running'), 'the ranking goes on');
    await page.click('#rank');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    ok(true, 'a later click cancels');
  });
  await step('a failed split', async () => {
    const said = () => page.$$eval('.clause-text', all => all.map(c => c.value).join('|'));
    await wish('old part, older part');
    await ranked(page);
    await page.waitForFunction(() => document.querySelectorAll('.clause').length === 2);
    mock.seen.splitFaults = 1;
    await page.fill('#wish', 'new part, newer part');
    await page.waitForFunction(() => !document.querySelector('.clause'));
    ok(/not known/.test(await page.textContent('#ask')), 'the old parts go, and why');
    mock.seen.splitFaults = 99;
    await page.click('#rank');
    await ranked(page);
    ok((await said()) === 'new part|newer part', 'the result says its parts', await said());
    mock.seen.splitFaults = 0;
  });
  await step('a server that has too much to do is asked again', async () => {
    mock.seen.busy = 2;
    await wish('asked for thrice');
    await page.waitForFunction(() =>
      /asked again in about 1 s/.test(document.querySelector('.progress-line').textContent),
    );
    await ranked(page);
    ok(mock.seen.busy === 0 && !(await page.isVisible('.notice.error')), 'until it has time');
    mock.seen.busy = 99;
    await wish('and given up');
    await page.waitForSelector('#cancel', { state: 'visible' });
    await page.click('#cancel');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    const left = mock.seen.busy;
    await new Promise(done => setTimeout(done, 2000));
    ok(mock.seen.busy === left, 'cancelled while it waits, it is not asked again');
    mock.seen.busy = 0;
  });
  await step('blend: the part that is no clause; no match is not a rank', async () => {
    await page.selectOption('#readout', 'blend');
    await wish('blended films');
    await ranked(page);
    await page.locator('button.title').first().click();
    ok(
      /History, examples and profile.*\+0\.25/.test(await page.textContent('.parts')),
      'the rest has its line',
    );
    await page.locator('button.title').first().click();
    const none = page.locator('.nodata', { hasText: 'no match' });
    ok((await none.count()) > 0, 'a score of 0 is no match');
    ok(
      (await none.first().locator('xpath=..').locator('.base-rank, .change').count()) === 0,
      'and shows no place',
    );
    await page.selectOption('#readout', 'auto');
  });
  await step('a long wish scrolls', async () => {
    await page.fill('#wish', 'line\n'.repeat(40));
    const [height, line, more] = await page.$eval('#wish', a => [
      a.clientHeight,
      parseFloat(getComputedStyle(a).lineHeight),
      a.scrollHeight > a.clientHeight,
    ]);
    ok(height < 9 * line && height > 7 * line && more, 'about eight lines', height / line);
  });
  await step('a newer ranking wins', async () => {
    await wish('slow motion again');
    await page.waitForSelector('#rank.running');
    await wish('tender comedies');
    await ranked(page);
    await page.waitForTimeout(300);
    ok(
      !(await page.isVisible('.stale-note')) && (await page.locator('.notice.error').count()) === 0,
      'the list belongs to the newer wish',
    );
  });
  await step('fault in mid-stream', async () => {
    await wish('break');
    await page.waitForSelector('.notice.error');
    const said = await page.textContent('.notice.error');
    ok(/812 MB.*candidates\.count.*What to do/s.test(said), 'message, field and hint', said);
    ok((await page.getAttribute('.notice.error', 'role')) === 'alert', 'it is an alert');
    await wish('calm films');
    await ranked(page);
    ok((await page.locator('.notice.error').count()) === 1, 'it stays until dismissed');
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
  });
  await step('cut connection', async () => {
    await wish('cut');
    await page.waitForSelector('.notice.error');
    ok(
      /(ended before|did not answer)/.test(await page.textContent('.notice.error')),
      'a cut stream is an error, not a short list',
    );
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
  });
  await step('refused, then tried again', async () => {
    await wish('refuse');
    await page.waitForSelector('.notice.error');
    ok(/Line: 3/.test(await page.textContent('.notice.error')), 'the line is named');
    await page.locator('.notice.error button', { hasText: 'Try again' }).click();
    await page.waitForSelector('.notice.error');
    ok((await page.locator('.notice.error').count()) === 1, 'the same error is shown once');
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
  });
  await step('warnings, low label mass, no data', async () => {
    await page.selectOption('#readout', 'relevance');
    await wish('warn me');
    await page.waitForSelector('.remarks');
    await ranked(page);
    ok(
      /changed nothing.*hardly wanted to answer/s.test(await page.textContent('.remarks')),
      'both are said',
    );
    ok(
      /Popularity: no data \(the catalogue/.test(await page.textContent('.trained')),
      'a baseline without data is named, with the reason',
    );
    ok((await page.locator('.nodata').count()) > 0, 'an item without data says so');
    await page.locator('button.title').first().click();
    ok(/reads the wish as a whole/.test(await page.textContent('.detail')), 'no parts, and why');
  });
  await step('limits, those that fail, and the funnel', async () => {
    await page.selectOption('#readout', 'auto');
    await wish('a limit: nothing over 500');
    await ranked(page);
    const chip = await page.textContent('.limit');
    ok(/price at most 500 EUR.*\d+ hold, \d+ fail, \d+ unknown/.test(chip), 'what was checked', chip);
    const line = await page.textContent('#funnel');
    ok(/^120 movies.*\d+ within your limits.*50 ranked/.test(line), 'the way to the list', line);
    ok((await page.locator('tr.outside').count()) <= 1, 'one line before those that fail');
    ok((await page.locator('.limit-mark.unknown').count()) > 0, 'an item without a price says so');
    const missed = Number((await page.textContent('#near-misses')).match(/^(\d+) near misses left out/)[1]);
    await page.click('#near-misses');
    await page.waitForSelector('.near-list li');
    const near = await page.$$eval('.near-list li', all => all.map(l => l.textContent));
    ok(near.length === Math.min(20, missed) && near.every(t => /not price at most 500 EUR/.test(t)), 'near misses', near[0]);
    await page.keyboard.press('Escape');
    await page.click('#funnel-within');
    await page.waitForFunction(() => document.querySelector('#funnel-within').getAttribute('aria-pressed') === 'true');
    ok((await page.locator('.limit-mark.fails').count()) === 0, 'the number within the limits shows no others');
    await page.click('#funnel-within');
    await page.waitForFunction(() => document.querySelector('#funnel-within').getAttribute('aria-pressed') === 'false');
    await page.click('#funnel-shown');
    await page.waitForFunction(() => document.querySelectorAll('tr.item').length === 50);
    ok(!(await page.isVisible('#funnel-shown')), 'the number shown shows all that are ranked');
    await page.click('#funnel-ranked');
    ok(await page.evaluate(() => document.activeElement.id === 'count'), 'the number ranked leads to where it is set');
    await page.click('#funnel-items');
    await page.waitForSelector('.browse-list li');
    await page.keyboard.press('Escape');
    await page.click('#near-misses');
    await page.locator('.near-list button').first().click();
    await page.waitForFunction(() => !document.querySelector('.limit'));
    ok(!/500/.test(await page.textContent('#ask .clauses')), 'a limit can be given up from there');
    await anew(page, `${mock.url}/#/?wish=a+limit:+nothing+over+500&catalog=movies`);
    await ranked(page);
    await page.click('#rank-all');
    await ranked(page);
    ok(/^120 movies.*120 ranked/.test(await page.textContent('#funnel')), 'one click ranks all');
    ok(!(await page.isVisible('#rank-all')), 'and then there is nothing more to rank');
    await page.check('#hide-failing');
    await page.waitForFunction(() => !document.querySelector('.limit-mark.fails'));
    await page.waitForFunction(() => /limits=hide/.test(location.hash));
    ok(true, 'hiding is in the address');
    await page.uncheck('#hide-failing');
    await page.selectOption('#retrieve', 'auto', { force: true });
    await page.fill('#count', '50', { force: true });
    await wish('calm again');
    await ranked(page);
    ok(!(await page.isVisible('.limit')), 'a wish without limits shows none');
  });
  await step('member', async () => {
    await page.fill('#member', '196');
    await page.locator('#member').press('Tab');
    await page.waitForFunction(() => /writer/.test(document.querySelector('.scope').textContent));
    await page.click('#open-prompt');
    await page.waitForSelector('.prompt li');
    ok(
      /About \d+ tokens for one item\. [\d,]+ tokens in the whole job, \d+ shared/.test(
        await page.textContent('#dialog-prompt'),
      ),
      'one item and the whole job are told apart',
    );
    ok(
      /history was shortened, 37 tokens left out/.test(await page.textContent('#dialog-prompt')),
      'what was truncated',
    );
    await page.keyboard.press('Escape');
    await page.fill('#member', 'nobody');
    await page.locator('#member').press('Tab');
    await page.waitForSelector('.notice.error');
    ok(
      /Member "nobody" is not/.test(await page.textContent('.notice.error')),
      'an unknown member is an error',
    );
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
    await page.locator('button', { hasText: 'Clear' }).click();
    ok((await page.inputValue('#member')) === '', 'and can be cleared');
  });
  await step('Back', async () => {
    await wish('one thing');
    await ranked(page);
    await wish('another thing');
    await ranked(page);
    await page.goBack();
    await page.waitForFunction(() => document.getElementById('wish').value === 'one thing');
    ok(
      !(await page.isVisible('.stale-note')) && !(await page.isVisible('#cancel')),
      'Back shows the earlier list without a new ranking',
    );
    await page.goForward();
    await page.waitForFunction(() => document.getElementById('wish').value === 'another thing');
    ok(true, 'and Forward');
  });
  await step('wrong link', async () => {
    await page.goto(`${mock.url}/#/?catalog=gone&wish=x`);
    await page.reload();
    await page.waitForSelector('.notice.error');
    ok(
      /no catalogue "gone"/.test(await page.textContent('.notice.error')),
      'a missing catalogue is named',
    );
    ok(
      /Choose one of: .*movies/.test(await page.textContent('.notice.error')) &&
        (await page.inputValue('#catalog')) === 'movies',
      'with those that are there',
    );
    ok((await page.locator('table.list').count()) === 0, 'and nothing is ranked unasked');
  });
  await step('unknown run', async () => {
    await page.goto(`${mock.url}/#/run/${[...mock.db.runs.keys()][0]}`);
    await page.waitForSelector('.stored');
    await page.goto(`${mock.url}/#/run/r-none`);
    await page.waitForFunction(() => /r-none/.test(document.getElementById('notices').textContent));
    ok((await page.locator('.stored').count()) === 0, 'no other saved run stands below');
    await ranked(page);
  });
  await step('nothing there', async () => {
    await page.goto(`${mock.url}/#/?catalog=jobs`);
    await page.reload();
    // The same place invites to a wish until the ranking has come.
    await page.waitForFunction(() => /candidate/.test(document.querySelector('.nothing')?.textContent ?? ''));
    ok(
      /No item was a candidate/.test(await page.textContent('.nothing')),
      'an empty catalogue says what to do',
    );
    const empty = await startMock({ empty: true });
    const e = await watched(browser, empty.url);
    await e.page.goto(empty.url);
    await e.page.waitForSelector('.nothing');
    ok(
      (await e.page.locator('.nothing button').count()) === 1 && (await e.page.isDisabled('#rank')),
      'an empty store offers the import',
    );
    ok((await e.faults()).length === 0, 'clean', (await e.faults()).join('; '));
    await e.context.close();
    empty.stop();
  });
  await step('server gone', async () => {
    await page.goto(mock.url);
    await ranked(page);
    mock.stop();
    await page.click('#rank');
    await page.waitForSelector('.notice.error');
    ok(
      /did not answer.*taproom serve/s.test(await page.textContent('.notice.error')),
      'it says so, and what to do',
    );
  });
  ok(
    (await faults()).length === 0,
    'no console error, dialog, CSP report or request elsewhere',
    (await faults()).join('; '),
  );
  await context.close();
});
