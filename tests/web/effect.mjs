// What a wish did, in sight: the sentence above the list, parts that add up to a score, limits that can be edited, ties,
// and wishes that cannot be ranked. Against the mock. Needs CHROMIUM, PLAYWRIGHT_CORE and AXE_CORE.
import { story, watched, ranked, anew, axe, lowContrast } from './browser.mjs';
import { startMock } from './mock/mock_server.mjs';

const minus = text => Number(text.replace('\u2212', '-').replace('+', ''));

await story(async ({ browser, ok, step }) => {
  const mock = await startMock({ stepMs: 5 });
  const { page, context, faults } = await watched(browser, mock.url, { live: true });
  page.setDefaultTimeout(30000);
  const sent = [];
  page.on('request', r => r.url().endsWith('/api/rank') && sent.push(r.postDataJSON()));
  const at = async query => {
    await anew(page, `${mock.url}/#/?catalog=movies&${query}`);
    await ranked(page);
  };
  const text = s => page.textContent(s);
  // Does it, and waits for the list of a request that it brings about.
  const after = async act => {
    const asked = page.waitForRequest(r => r.url().endsWith('/api/rank'));
    await act();
    await asked;
    await ranked(page);
    return sent.at(-1);
  };

  await step('the headline', async () => {
    await at('wish=storms+at+sea');
    const said = await text('#effect');
    const m = /^Your wish moved (.+) up (\d+) places against popularity\.$/.exec(said);
    ok(m, 'says what the wish did', said);
    const row = page.locator('tr.item', { has: page.locator('button.title', { hasText: m[1] }) }).first();
    ok((await row.locator('.change').first().textContent()) === `+${m[2]}`, 'as its row does', m[2]);
    ok((await text('#live')).startsWith(said.slice(0, -1)) && /20 movies/.test(await text('#live')), 'and the live region', await text('#live'));
    ok(!(await page.isVisible('.produced')), 'how is folded away');
    await page.click('.how summary');
    ok(/asked part by part \(the .query. readout\)/.test(await text('.produced')), 'and explained', await text('.produced'));
    await after(() => page.fill('#wish', 'tender comedies'));
    ok(await page.isVisible('.produced'), 'it stays open with the next list');
    await page.click('.how summary');
  });
  await step('parts add up to the score', async () => {
    await page.locator('button.title').first().click();
    const parts = await page.$$eval('.parts tbody .value', all => all.map(v => v.textContent));
    const sum = parts.map(minus).reduce((a, b) => a + b, 0);
    const said = minus(await text('.parts tfoot .value'));
    ok(parts.length === 3 && Math.abs(sum - said) < 0.02, 'clause, whole wish, meaning', `${parts} = ${said}`);
    ok(Math.abs(said - minus(await text('tr.item.open .score'))) < 0.006, 'which is the row\u2019s score');
    ok(/whole wish as one text.*Meaning/.test(await text('.parts')), 'each by its name');
  });
  await step('bars stand on the scale of the sample', async () => {
    const bars = await page.$$eval('tr.item', rows =>
      rows.map(r => {
        const style = r.querySelector('.bar').style;
        return [r.querySelector('.score').textContent, style.getPropertyValue('--from'), style.getPropertyValue('--to')];
      }),
    );
    ok(bars.every(([s, a, b]) => (minus(s) < 0 ? b === '0.5000' : a === '0.5000')), 'from the average item');
    ok(bars.every(([, a, b]) => Number(a) > 0.05 && Number(b) < 0.95), 'not stretched to the list', bars[0]);
  });
  await step('a limit is edited where it stands', async () => {
    await at('wish=a+limit%3A+nothing+over+500');
    ok((await page.locator('.limit-mark.holds').count()) > 3, 'rows show what they keep');
    await page.click('button.limit-words');
    await page.waitForSelector('.limit-form');
    ok((await page.evaluate(() => document.activeElement.getAttribute('aria-label'))) === 'Field of the limit', 'the focus goes there');
    const found = await axe(page);
    ok(found.length === 0, 'axe: a limit being edited', found.join(' | '));
    await page.selectOption('.limit-form [aria-label=Comparison]', '>=');
    await page.fill('.limit-form [aria-label="Value of the limit"]', '300');
    const body = await after(() => page.press('.limit-form [aria-label="Value of the limit"]', 'Enter'));
    ok(body.clauses?.map(c => c.text).join() === 'a limit: price at least 300 EUR', 'the server is told', JSON.stringify(body.clauses));
    ok(/^price at least 300 EUR$/.test(await text('button.limit-words')), 'and reads it back');
    ok((await page.inputValue('.clause-text')) === 'a limit: price at least 300 EUR', 'as the part says');
    await page.locator('button.title').first().click();
    ok(/price at least 300 EUR(holds|fails|not known)/.test(await text('.checked')), 'an opened row names it');
    const rest = await after(() => page.click('.limit .gone'));
    ok(rest.clauses.map(c => c.text).join() === 'a limit', 'removed without the rest', JSON.stringify(rest.clauses));
    ok((await page.locator('.limit').count()) === 0, 'and gone');
  });
  await step('each part of a wish has its own name', async () => {
    await at('wish=slow+films%2C+sad+films%2C+nothing+scary');
    const names = await page.$$eval('.clause-text', all => all.map(c => c.getAttribute('aria-label')));
    ok(names.length === 3 && new Set(names).size === 3, 'none is called as another', names.join());
  });
  await step('the language of the wish', async () => {
    await at('wish=nicht+gruselig');
    ok(/Read as German/.test(await text('.wish-note')), 'is named when it is not English');
    await at('wish=quiet');
    ok((await page.locator('.wish-note').count()) === 0, 'and not when it is');
  });
  await step('equal scores are tied', async () => {
    await at('wish=a+tie');
    const rows = await page.$$eval('tr.item', all =>
      all.map(r => [r.querySelector('.score').textContent, r.querySelector('.rank').textContent, !!r.querySelector('.tied')]),
    );
    const by = new Map();
    for (const [score, rank, tied] of rows) by.set(score, [...(by.get(score) ?? []), [rank, tied]]);
    const inner = [...by.values()].slice(0, -1);
    ok(inner.some(g => g.length > 1), 'there are some');
    ok(inner.every(g => g.every(([rank]) => rank === g[0][0])), 'they share a place', JSON.stringify(inner));
    ok(inner.every(g => g.length === 1 || g.every(([, tied]) => tied)), 'and say so');
  });
  await step('a wish that contradicts itself', async () => {
    await page.fill('#wish', 'storms, nothing with storms');
    await page.waitForSelector('#rank-anyway');
    ok((await page.locator('tr.item').count()) === 0, 'shows no ranking');
    ok(/"storms" is wanted and unwanted/.test(await text('.nothing')), 'and says why');
    ok(/contradicts itself/.test(await text('.wish-note')), 'also under the wish');
    ok(/no list is shown/.test(await text('#live')), 'and in the live region');
    await page.click('#rank-anyway');
    await page.waitForSelector('tr.item');
    ok(true, 'it can be looked at all the same');
  });
  await step('nothing is asked for', async () => {
    const n = sent.length;
    for (const nothing of ['', ' ... ']) {
      await page.fill('#wish', nothing);
      await page.waitForFunction(() => /Nothing is asked for/.test(document.querySelector('.nothing')?.textContent));
      await page.locator('#wish').press('Control+Enter');
      await page.waitForTimeout(300);
    }
    ok(sent.length === n, 'the server is not asked', sent.length - n);
    ok((await page.locator('tr.item').count()) === 0, 'and there is no list');
    await after(() => page.fill('#wish', 'storms at sea'));
    ok((await page.locator('tr.item').count()) === 20, 'a word brings it back');
  });
  for (const width of [1280, 820, 390])
    for (const colorScheme of ['light', 'dark'])
      await step(`clean at ${width}, ${colorScheme}`, async () => {
        await page.setViewportSize({ width, height: width === 820 ? 1180 : 844 });
        await page.emulateMedia({ colorScheme });
        await at('wish=a+limit%3A+nothing+over+500');
        await page.locator('button.title').first().click();
        await page.evaluate(() => document.querySelectorAll('details').forEach(d => (d.open = true)));
        const found = await axe(page);
        ok(found.length === 0, 'axe', found.join(' | '));
        const low = await lowContrast(page);
        ok(low.length === 0, 'contrast', low.join());
        ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing hangs out');
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/effect-${width}-${colorScheme}.png` });
      });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();
  mock.stop();
});
