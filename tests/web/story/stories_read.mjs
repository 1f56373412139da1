// Stories of reading: cold start, a comparison, saved runs, an experiment.
// Each: async ({page, url, ok, clean, name}) => {}; see stories.mjs.
import { ranked, anew } from '../browser.mjs';
import { few, rankedAfter, titles } from './stories_ask.mjs';

export async function coldStart({ page, url, ok, clean }) {
  // Films: their texts are short, so that the five rankings are.
  await page.goto(`${url}/#/?catalog=movies&wish=sea&n=8`);
  await ranked(page);
  await page.click('[data-view=tour]');
  for (let i = 0; i < 5; i++) {
    await page.waitForFunction(
      n =>
        document.querySelectorAll('.tour-steps button')[n]?.getAttribute('aria-current') &&
        !document.getElementById('tour-next').disabled,
      i,
    );
    if (i === 1) {
      ok(/wish/i.test(await page.textContent('.tour-card')), 'one instruction');
      await page.click('#tour-keep');
      await page.waitForSelector('#tour-saved');
      const run = decodeURIComponent((await page.getAttribute('#tour-saved', 'href')).split('/').pop());
      const kept = await (await fetch(`${url}/api/runs/${run}`)).json();
      ok(kept.items?.length > 20, 'a step is saved as a run', kept.items?.length);
    }
    await page.click('#tour-next');
  }
  await page.waitForFunction(() => /Popularity/.test(document.querySelector('.tour-card').textContent));
  ok((await page.locator('.tour-steps li').count()) === 8, 'six steps, and two to play with');
  const rows = await page.$$eval('.gaps tbody tr', all => all.map(r => r.textContent));
  ok(
    rows.length >= 3 && rows.every(r => /\d\.\d\d|no data/.test(r)),
    'the gap to each baseline in numbers',
    rows.join(),
  );
  const drawn = await page.$eval('.chart canvas', c => {
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return d.filter((v, i) => i % 4 === 3 && v).length;
  });
  ok(drawn > 1500, 'and drawn', drawn);
  await clean('the tour');
}

export async function compare({ page, url, ok, clean }) {
  await page.goto(`${url}/${few('mending old things')}`);
  await ranked(page);
  const list = await titles(page);
  await page.click('#open-compare');
  const all = n =>
    page.waitForFunction(
      k =>
        document.querySelectorAll('.order').length === k &&
        [...document.querySelectorAll('.order')].every(o => o.querySelector('[data-item]')),
      n,
    );
  await all(2);
  for (const [n, what] of [
    [3, 'relevance'],
    [4, 'whole'],
  ]) {
    await page.selectOption('#compare-add', what);
    await page.click('#compare-do-add');
    await all(n);
  }
  const first = await page.$$eval('.order >> nth=0 >> .order-title', t => t.map(x => x.textContent));
  ok(first.join() === list.join(), 'the first column is the ranking', first.join());
  const says = await page.textContent('.compare-card >> nth=2');
  ok(/8 of the first 8 are the same.*τ/.test(says), 'overlap and rank correlation', says);
  ok((await page.locator('.lines path').count()) >= 8, 'lines between the columns');
  await page.check('#compare-only');
  await page.waitForFunction(() =>
    /items differ/.test(document.querySelector('.compare-grid').textContent),
  );
  await clean('compare');
  const link = page.url();
  await anew(page, link);
  await all(4);
  ok(await page.isChecked('#compare-only'), 'a link opens the same comparison');
}

export async function lookBack({ page, url, ok, clean, name }) {
  const runs = async () => (await (await fetch(`${url}/api/runs`)).json()).total;
  const before = await runs();
  await page.goto(`${url}/${few(`garden work ${name}`)}`);
  await ranked(page);
  ok((await runs()) === before, 'an address alone stores nothing', before);
  await rankedAfter(page, () => page.locator('#wish').press('Control+Enter'));
  const list = await titles(page);
  await page.locator('button.title').nth(1).click();
  ok(/row=/.test(page.url()), 'the open row is in the address');
  const run = decodeURIComponent((await page.getAttribute('#permalink', 'href')).split('/').pop());
  ok((await page.getAttribute('#story', 'href')) === `#/story?id=${run}`, 'and so is its story');
  await page.click('[data-view=runs]');
  await page.waitForSelector('.runs tbody tr');
  ok(
    (await page.locator('.runs th a').first().getAttribute('href')) === `#/run/${run}`,
    'the run is the newest',
  );
  for (const format of ['json', 'csv', 'html']) {
    const href = await page.locator('.runs .exports a', { hasText: format.toUpperCase() }).first().getAttribute('href');
    const file = await fetch(url + href);
    ok(file.ok && (await file.text()).includes(list[0]), `exported as ${format}`);
  }
  const row = page.locator('.runs tbody tr').first();
  await row.locator('[data-key=edit]').click();
  await page.fill('.run-edit input', `A name ${name}`);
  await page.fill('.run-edit textarea', 'what it is for');
  await clean('a run being named');
  await page.click('.run-edit .primary');
  await page.waitForFunction(n => document.querySelector('.runs th a').textContent === n, `A name ${name}`);
  await row.locator('[data-key=pin]').click();
  await page.waitForSelector('.runs [data-key=pin][aria-pressed=true]');
  await page.fill('#runs-q', 'what it is for');
  await page.check('#runs-pinned');
  await page.waitForFunction(() => document.querySelectorAll('.runs tbody tr').length === 1);
  ok(/q=what/.test(page.url()) && /pinned=1/.test(page.url()), 'found by its note, and the search is in the address', page.url());
  await page.uncheck('#runs-pinned');
  await page.fill('#runs-q', 'garden work');
  await page.waitForFunction(() => !/what/.test(location.hash));
  await clean('saved runs');
  await page.locator('.runs a', { hasText: 'Story' }).first().click();
  await page.waitForSelector('.story-moves li');
  const moved = await page.$$eval('.story-moves li', all => all.map(l => l.textContent));
  ok(moved.every(m => /stands at \d+, \d+ places? (higher|lower) than by popularity(, (lifted|held down) most by .+)?\.$/.test(m)), 'what moved, in sentences', moved.join(' | '));
  ok((await page.locator('.story-table tbody tr').count()) === list.length, 'and the list with its baselines');
  await clean('a story');
  await page.goBack();
  await page.waitForSelector('.runs tbody tr');
  await page.locator('.runs th a').first().click();
  await page.waitForSelector('.stored');
  ok((await titles(page)).join() === list.join(), 'the stored order');
  const { y } = await page.locator('.stored').boundingBox();
  ok(y >= 0 && y < page.viewportSize().height * 0.7, 'which is in sight', y);
  await clean('a saved run');
  const item = await page.getAttribute('tr.item >> nth=1', 'data-item');
  await anew(page, `${url}/#/run/${run}?row=${item}`);
  await page.waitForSelector('.detail');
  ok((await page.locator('.item.open').getAttribute('data-item')) === item, 'a link to its row');
  await page.click('#drop-run');
  await page.waitForFunction(() => /deleted/.test(document.getElementById('notices').textContent));
  ok((await fetch(`${url}/api/runs/${run}`)).status === 404, 'deleted from its own page');
  await anew(page, `${url}/#/run/${run}`);
  await page.waitForSelector('.notice.error');
  ok((await page.textContent('.notice.error')).includes(run), 'its link says that it is gone');
}

export async function evaluate({ page, url, ok, clean, name }) {
  await page.goto(`${url}/#/evaluate`);
  await page.waitForSelector('#experiment-go');
  await page.evaluate(() => (document.querySelector('.experiment-new details').open = true));
  const spec = {
    name,
    protocol: 'coldstart',
    catalog: 'jobs',
    split: 'development',
    members: 1,
    grid: { k: [0, 1] },
  };
  await page.fill('#experiment-spec', JSON.stringify(spec));
  await page.click('#experiment-go');
  await page.waitForFunction(
    n =>
      document.querySelector('.experiment-head h3')?.textContent === n &&
      /done: 2 of 2/.test(document.querySelector('.experiment-head').textContent),
    name,
    { timeout: 400000 },
  );
  ok((await page.locator('.results-table thead th').count()) === 3, 'a column for each cell');
  const cut = await page.$eval('.experiment .scroll', s => s.scrollWidth - s.clientWidth);
  ok(cut <= 0, 'and none is cut', cut);
  await page.waitForFunction(() => !document.querySelector('.experiment .chart').hidden);
  const csv = await fetch(url + (await page.getAttribute('.experiment-do a', 'href')));
  ok(csv.ok && (await csv.text()).trim().split(/\r?\n/).length === 3, 'as CSV');
  await clean('an experiment');
  await page.click('.experiment-do [data-key=gone]');
  await page.waitForFunction(
    n => ![...document.querySelectorAll('.experiments button')].some(b => b.textContent === n),
    name,
  );
  ok(true, 'deleted');
}
