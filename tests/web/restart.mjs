// What only a server of one's own shows: two tabs at once, an import cancelled on its way, everything dumped and brought
// back, and a restart in the middle of a ranking. PROGRAM: the server's program; DATA: an empty folder for it.
import { readFile } from 'node:fs/promises';
import { story, watched, ranked } from './browser.mjs';
import { ownServer } from './own_server.mjs';
import { few, rankedAfter, titles } from './story/stories_ask.mjs';

const { url, start, stop } = await ownServer(['--data', process.env.DATA]);

await story(async ({ browser, ok, step }) => {
  let server = await start();
  const { page, context, faults } = await watched(browser, url);
  page.expectFailures = true;
  await page.goto(`${url}/${few('quiet work')}`);
  await ranked(page);

  await step('two tabs at once', async () => {
    const other = await watched(browser, url);
    await other.page.goto(`${url}/${few('loud work')}`);
    await ranked(other.page);
    await page.fill('#wish', 'mending old things');
    await other.page.fill('#wish', 'teaching children');
    await Promise.all([
      rankedAfter(page, () => page.locator('#wish').press('Control+Enter')),
      rankedAfter(other.page, () => other.page.locator('#wish').press('Control+Enter')),
    ]);
    const stale = await Promise.all([page, other.page].map(p => p.isVisible('.stale-note')));
    ok(stale.join() === 'false,false', 'each tab has the answer to its own wish');
    ok((await titles(page)).join() !== (await titles(other.page)).join(), 'and they differ');
    ok((await other.faults()).length === 0, 'clean', (await other.faults()).join('; '));
    await other.context.close();
  });

  await step('an import is cancelled', async () => {
    // The bytes are held back in the browser, as on a slow line, and never leave it.
    const held = [];
    const storing = address => /\/api\/catalogs\?name=(?!.*dry_run=1)/.test(address.href);
    await page.route(storing, route => void held.push(route));
    await page.click('#open-import');
    await page.setInputFiles('#import-file', {
      name: 'late.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('id,title\n1,Never\n'),
    });
    await page.waitForSelector('#import-go:not([disabled])');
    await page.click('#import-go');
    await page.locator('#import-outcome button', { hasText: 'Cancel' }).click();
    await page.waitForFunction(() =>
      /Cancelled/.test(document.getElementById('import-outcome').textContent),
    );
    await Promise.all(held.map(route => route.abort().catch(() => {}))); // or ending the route would send them
    await page.unroute(storing);
    ok((await fetch(`${url}/api/catalogs/late`)).status === 404, 'nothing was stored');
    await page.click('#import-go');
    await page.waitForFunction(() => !document.querySelector('#dialog-import[open]'));
    ok((await fetch(`${url}/api/catalogs/late`)).ok, 'and the next try is');
    await ranked(page);
  });

  await step('dump and restore', async () => {
    await page.locator('#wish').press('Control+Enter');
    await page.waitForSelector('a#permalink');
    await page.click('[data-view=runs]');
    await page.waitForSelector('.runs tbody tr');
    const runs = (await (await fetch(`${url}/api/runs`)).json()).total;
    await page.locator('.keeping summary').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#dump')]);
    const file = await download.path();
    ok((await readFile(file)).subarray(0, 15).toString() === 'SQLite format 3', 'one file');
    await fetch(`${url}/api/catalogs/late`, { method: 'DELETE' });
    await page.setInputFiles('#restore-file', {
      name: 'broken.db',
      mimeType: 'application/vnd.sqlite3',
      buffer: Buffer.from('SQLite format 3\0 and then nothing'),
    });
    await page.click('#restore');
    const said = () => page.textContent('#restore-outcome');
    await page.waitForFunction(() =>
      /\w/.test(document.getElementById('restore-outcome').textContent.replace('Restoring', '')),
    );
    ok(!/Restored/.test(await said()), 'a damaged file changes nothing', await said());
    await page.setInputFiles('#restore-file', file);
    await page.check('#restore-replace');
    await page.click('#restore');
    await page.waitForFunction(() =>
      /Restored: .*runs/.test(document.getElementById('restore-outcome').textContent),
    );
    ok((await fetch(`${url}/api/catalogs/late`)).ok, 'what was deleted is back');
    ok((await (await fetch(`${url}/api/runs`)).json()).total === runs, 'with every run');
  });

  await step('a restart in the middle of a ranking', async () => {
    await page.goto(`${url}/${few('quiet work')}`);
    await ranked(page);
    const before = await titles(page);
    await page.goto(`${url}/#/?catalog=jobs&wish=tending+animals+far+away&n=200&readout=relevance`);
    await page.waitForSelector('#rank.running');
    await page.waitForFunction(() => /of 200/.test(document.querySelector('.progress-line').textContent));
    ok((await stop(server)) === 0, 'the server ends in order');
    await page.waitForSelector('.notice.error');
    ok(before.length > 0 && !(await page.isVisible('#cancel')), 'the fault is said, nothing runs');
    server = await start();
    await page.evaluate(() => (location.hash = `${location.hash.replace('n=200', 'n=8')}&k=8`));
    await ranked(page);
    await page.locator('.notice.error button', { hasText: 'Dismiss' }).click();
    ok((await titles(page)).length === 8, 'the page goes on with the new server');
  });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();
  ok((await stop(server)) === 0, 'ended in order');
});
