// Where a person is and what is in reach: the list beside the wish on phone and tablet, targets for a thumb, the way by
// keyboard, steps of Back, the row that stays, tabs that follow, outages, copies. Against the mock.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { story, watched, ranked, anew, axe } from './browser.mjs';
import { startMock } from './mock/mock_server.mjs';

const shell = promisify(execFile);
const SIZES = [
  [1280, 900],
  [820, 1180],
  [390, 844],
];

await story(async ({ browser, ok, step }) => {
  const mock = await startMock({ stepMs: 4 });
  const { page, context, faults } = await watched(browser, mock.url, { live: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  page.setDefaultTimeout(30000);
  page.expectFailures = true;
  const at = async query => {
    await anew(page, `${mock.url}/#/?catalog=movies&${query}`);
    await ranked(page);
  };
  const text = s => page.textContent(s);
  const ask = (wish = 'tender comedies') => at(`wish=${encodeURIComponent(wish)}`);
  const settled = async act => {
    const asked = page.waitForRequest(r => r.url().endsWith('/api/rank'));
    await act();
    await asked;
    await ranked(page);
  };

  await step('a hint of three lines, once', async () => {
    await ask();
    const lines = await page.$$eval('#first-run li', all => all.map(l => l.getBoundingClientRect().height));
    ok(lines.length === 3 && lines.every(h => h < 30), 'three lines that do not wrap', lines.join());
    await page.click('#hint-away');
    await page.reload();
    await ranked(page);
    ok((await page.locator('#first-run').count()) === 0, 'and then never again');
  });
  for (const [width, height] of SIZES)
    await step(`the list is in sight at ${width} x ${height}`, async () => {
      await page.setViewportSize({ width, height });
      await ask('slow films');
      await page.focus('#wish');
      await settled(() => page.fill('#wish', 'slow, quiet films about grief, nothing scary'));
      const seen = await page.evaluate(() => {
        const sheet = document.getElementById('ask').getBoundingClientRect();
        const bottom = innerWidth > 940 ? innerHeight : sheet.top;
        const rows = [...document.querySelectorAll('tr.item')].map(r => r.getBoundingClientRect());
        return { rows: rows.filter(r => r.top >= 0 && r.bottom <= bottom).length, heights: [...new Set(rows.map(r => Math.round(r.height)))] };
      });
      ok((await page.evaluate(() => document.activeElement.id)) === 'wish', 'while the wish is edited');
      ok(seen.rows >= 5, 'five rows', JSON.stringify(seen));
      ok(seen.heights.every(h => h <= 57), 'of 56 px', seen.heights.join());
      const alone = await page.$$eval('.actions', all =>
        all.flatMap(a => {
          const rows = new Map();
          const kids = [...a.children].filter(b => b.checkVisibility());
          for (const b of kids) rows.set(b.offsetTop, [...(rows.get(b.offsetTop) ?? []), b]);
          const wide = a.clientWidth * 0.9;
          return [...rows.values()].filter(r => r.length === 1 && kids.length > 1 && r[0].offsetWidth < wide).map(r => r[0].id);
        }),
      );
      ok(alone.length === 0, 'no control wraps alone', alone.join());
      await page.waitForTimeout(500);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/reach-${width}.png` });
      if (width > 940) return;
      const hit = await page.evaluate(() => {
        const row = document.querySelector('tr.item').getBoundingClientRect();
        const found = document.elementFromPoint(row.left + row.width / 2, row.top + row.height / 2);
        return innerWidth > 720 || found.closest('button.title') !== null;
      });
      ok(hit, 'a row is opened wherever it is met');
      await page.evaluate(() => document.querySelectorAll('details').forEach(d => (d.open = true)));
      await page.fill('#wish', 'a limit: nothing over 500, sad');
      await page.waitForSelector('button.limit-words');
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('#rank-view :is(button, select, summary, input:not([type=range], [type=checkbox]), .views a)')]
          .filter(e => e.checkVisibility() && !e.matches('.link, .title, .sort') && !e.closest('.sr'))
          .filter(e => e.getBoundingClientRect().height < 43.5)
          .map(e => `${e.tagName}.${e.className}#${e.id} ${e.getBoundingClientRect().height}`),
      );
      ok(small.length === 0, 'targets of 44 px', [...new Set(small)].slice(0, 6).join('; '));
      await page.waitForFunction(() => !document.querySelector('.results.waiting, .results.stale'));
      await page.waitForTimeout(600);
      await page.click('#sheet');
      ok((await page.getAttribute('#sheet', 'aria-expanded')) === 'true', 'the sheet can have more room');
      const found = await axe(page);
      ok(found.length === 0, 'axe', found.join(' | '));
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/reach-tall-${width}.png` });
    });
  await page.setViewportSize({ width: 1280, height: 900 });
  await step('by keyboard to the first result', async () => {
    await page.goto('about:blank');
    await ask();
    let tabs = 0;
    const isRow = () => page.evaluate(() => document.activeElement.matches('button.title'));
    await page.keyboard.press('Tab');
    tabs++;
    await page.keyboard.press('Enter');
    ok((await isRow()) && tabs <= 12, 'one tab, and Enter');
    await page.goto('about:blank');
    await ask();
    const link = () => page.evaluate(() => document.activeElement.matches('.skip-on'));
    for (tabs = 0; tabs < 80 && !(await link()); tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    ok((await isRow()) && tabs <= 12, 'past the first link, too: by the views and the wish', tabs);
    await page.focus('body');
  });
  await step('each settled edit is one step of Back', async () => {
    await ask('one thing');
    for (const wish of ['another thing', 'a third thing']) {
      await settled(() => page.fill('#wish', wish));
      await page.waitForTimeout(1300);
    }
    await page.goBack();
    await page.waitForFunction(() => document.getElementById('wish').value === 'another thing');
    await page.goBack();
    await page.waitForFunction(() => document.getElementById('wish').value === 'one thing');
    ok(true, 'two edits, two steps');
    await ranked(page);
  });
  await step('an opened row stays where it is', async () => {
    await ask('storms at sea');
    await page.setViewportSize({ width: 1280, height: 560 });
    const row = page.locator('tr.item').nth(11);
    const id = await row.getAttribute('data-item');
    await row.locator('.title').click();
    const own = page.locator(`tr[data-item="${id}"]`);
    await own.evaluate(r => r.scrollIntoView({ block: 'start' }));
    await page.waitForTimeout(100);
    const top = async () => (await own.boundingBox()).y;
    const before = await top();
    const rank = await own.locator('.rank').textContent();
    await settled(() => own.locator('.mark-as.like').click());
    await page.waitForTimeout(600);
    ok((await own.locator('.rank').textContent()) !== rank, 'its rank has changed');
    ok(Math.abs((await top()) - before) < 3, 'its place in the window has not', (await top()) - before);
    ok(await page.evaluate(i => document.activeElement.matches('.like') && document.activeElement.closest('tr').dataset.item === i, id), 'and the focus is on its +');
    await page.setViewportSize({ width: 1280, height: 900 });
  });
  await step('a weight being dragged shows where rows would go', async () => {
    await ask('storms at sea, quiet grief');
    await page.waitForSelector('.clause');
    let asked = 0;
    const count = r => r.url().endsWith('/api/rank') && asked++;
    page.on('request', count);
    const slider = page.locator('.clause input[type=range]').first();
    const drag = value =>
      slider.evaluate((s, v) => {
        s.value = v;
        s.dispatchEvent(new Event('input'));
      }, value);
    await drag('0.1');
    await page.waitForSelector('.ghost');
    ok(asked === 0 && (await page.locator('.ghost').count()) > 2, 'without a ranking', asked);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/ghosts.png` });
    const would = await page.$$eval('tr.item', all => all.map(r => [r.dataset.item, (r.querySelector('.ghost')?.textContent.match(/number (\d+)/) ?? [])[1] ?? r.querySelector('.rank').textContent]));
    await settled(() => slider.dispatchEvent('change'));
    page.off('request', count);
    ok((await page.locator('.ghost').count()) === 0, 'they go when it is let go');
    const now = new Map(await page.$$eval('tr.item', all => all.map(r => [r.dataset.item, r.querySelector('.rank').textContent])));
    const first = would.filter(([, to]) => Number(to) <= 3 && now.has(would[0][0]));
    ok(first.length > 0, 'and told of the first places', JSON.stringify(first));
  });
  await step('a key that opens a view takes the person there', async () => {
    await ask();
    await page.locator('button.title').first().focus();
    await page.keyboard.press('c');
    await page.waitForSelector('.compare-card');
    await page.waitForFunction(() => document.getElementById('stage').contains(document.activeElement));
    ok(true, 'c');
  });
  await step('copies of a ranking run elsewhere', async () => {
    await ask("it's a storm");
    const first = await page.$$eval('tr.item', all => all.slice(0, 5).map(r => r.dataset.item));
    const copied = async id => {
      await page.click(`#copy-${id}`);
      await page.waitForFunction(i => document.getElementById(i).textContent === 'Copied', `copy-${id}`);
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const curl = JSON.parse((await shell('bash', ['-c', await copied('curl')])).stdout);
    ok(curl.items.slice(0, 5).map(i => i.item).join() === first.join(), 'curl', curl.error);
    const listed = out => out.trim().split('\n').slice(0, 5).map(l => l.split(' ')[2]).join();
    const py = (await shell('python3', ['-c', await copied('python')])).stdout;
    ok(listed(py) === first.join(), 'Python', py);
    const js = (await shell('node', ['--input-type=module', '-e', await copied('javascript')])).stdout;
    ok(listed(js) === first.join(), 'JavaScript', js);
    const check = await copied('ci-check');
    ok(/first 5:/.test((await shell('python3', ['-c', check])).stdout), 'the check passes');
    const fails = await shell('python3', ['-c', check.replace(`\\"${first[0]}\\"`, '\\"gone\\"')]).catch(e => e);
    ok(fails.code === 1 && /no longer among the first 5: gone/.test(fails.stderr), 'and fails with the item', fails.stderr);
  });
  await step('a catalogue is exported as it is imported', async () => {
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.click('#open-browse');
    await page.waitForSelector('.browse-list li');
    const file = page.waitForEvent('download');
    await page.click('#export-catalog');
    const saved = await file;
    ok(saved.suggestedFilename() === 'movies.jsonl', 'by its name');
    const { readFile } = await import('node:fs/promises');
    const lines = (await readFile(await saved.path(), 'utf8')).trim().split('\n').map(l => JSON.parse(l));
    ok(lines.length === 120 && lines[0].id === '1' && lines[119].title, 'all its items', lines.length);
    await page.keyboard.press('Escape');
  });
  await step('tabs follow each other', async () => {
    await ask();
    const other = await context.newPage();
    await other.goto(`${mock.url}/#/?catalog=movies&wish=calm+films`);
    await ranked(other);
    await other.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await other.fill('#preference-new', 'trains');
    await other.press('#preference-new', 'Enter');
    await other.waitForSelector('.preferences li');
    await page.bringToFront();
    await page.waitForFunction(() => [...document.querySelectorAll('.preferences .clause-text')].some(p => p.value === 'trains'));
    ok((await page.inputValue('#wish')) === 'tender comedies', 'a preference, not the wish');
    await other.bringToFront();
    await other.click('#theme');
    await page.bringToFront();
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    ok(/light/.test(await text('#theme')), 'the theme');
    await other.close();
  });
  await step('a window that could not be loaded is asked for again', async () => {
    await anew(page, `${mock.url}/#/?catalog=movies&wish=calm`);
    await ranked(page);
    let broken = true;
    await page.route('**/view/browse.js*', r => (broken ? r.abort() : r.continue()));
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.click('#open-browse');
    await page.waitForSelector('.notice.error');
    ok(/could not be loaded/.test(await text('#notices')), 'it says so');
    broken = false;
    await page.locator('.notice.error button', { hasText: 'Try again' }).click();
    await page.waitForSelector('.browse-list li');
    ok((await page.locator('.notice.error').count()) === 0, 'and then it opens');
    await page.keyboard.press('Escape');
  });
  await step('one notice for one outage', async () => {
    const port = Number(new URL(mock.url).port);
    mock.stop();
    for (const wish of ['first try', 'second try']) {
      await page.fill('#wish', wish);
      await page.waitForTimeout(900);
    }
    await page.click('#open-prompt');
    await page.waitForTimeout(500);
    await page.waitForSelector('#notices .notice.error');
    const said = await page.$$eval('#notices .notice.error', all => all.map(n => n.textContent));
    ok(said.length === 1, 'however often it is met', said.join(' | '));
    const again = await startMock({ stepMs: 4, port });
    await page.waitForFunction(() => !document.querySelector('#notices .notice.error'));
    await page.waitForFunction(() => !document.querySelector('.stale .stale-note') && document.querySelector('tr.item'));
    ok(true, 'gone when it is over, and the list is of the last wish');
    again.stop();
  });
  const bad = (await faults()).filter(f => !/Failed to (load|fetch)/.test(f));
  ok(bad.length === 0, 'clean', bad.join('; '));
  await context.close();
});
