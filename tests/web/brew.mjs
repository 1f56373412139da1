// The view Brew, from what to learn from to an adapter in the list of models: a tiny model, the jobs and their members.
// PROGRAM: the server's program; DATA: an empty folder; SHOTS: a folder for pictures of it, if they are wanted.
import { copyFile, mkdir } from 'node:fs/promises';
import { anew, axe, story, watched } from './browser.mjs';
import { ownServer } from './own_server.mjs';

const tiny = new URL('../../fixtures/tiny/', import.meta.url);
const cache = `${process.env.DATA}/cache`;
await mkdir(`${cache}/models`, { recursive: true });
await copyFile(new URL('tied.gguf', tiny), `${cache}/models/tied.gguf`);
const { url, start, stop } = await ownServer(['--data', `${process.env.DATA}/data`, '--cache', cache, '--model', 'tied']);
const call = async (path, options) => (await fetch(url + path, options)).json();
const brews = async () => (await call('/api/brews')).brews;

await story(async ({ browser, ok, step }) => {
  const server = await start();
  for (const instruction of ['Outdoor work with a team', 'Quiet work in the evening'])
    await call('/api/rank', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ catalog: 'jobs', instruction, candidates: { retrieve: 'popularity', count: 12 } }),
    });
  const { page, context, faults } = await watched(browser, url);
  const state = text => page.waitForFunction(t => document.querySelector('#brew-state')?.textContent.includes(t), text);
  // The recipe is made small: what is tested is the page.
  const edit = more =>
    page.evaluate(change => {
      document.querySelector('.brew-new details').open = true;
      const box = document.querySelector('#brew-recipe');
      const recipe = JSON.parse(box.value);
      recipe.data.members = 6;
      recipe.data.keep_out = 0;
      Object.assign(recipe.steps[0], { rank: 2, lists: 2, items: 4, vocabulary: 0, ...change });
      box.value = JSON.stringify(recipe);
    }, more);

  await step('what to learn from, with counts', async () => {
    await page.goto(`${url}/#/brew`);
    await page.waitForSelector('.brew-from input');
    const from = await page.textContent('.brew-from');
    ok(/jobs: 20 members, 343 interactions/.test(from), 'members and interactions', from);
    await page.uncheck('.brew-from input[value=listings]').catch(() => {});
    await page.check('.brew-from input[value=jobs]');
    const recipe = JSON.parse(await page.inputValue('#brew-recipe'));
    ok(recipe.model === 'tied' && recipe.data.catalogs.join() === 'jobs', 'the recipe says so', JSON.stringify(recipe));
  });
  await step('how long it will take', async () => {
    await edit({ steps: 300, measure: 100 });
    await page.click('#brew-estimate');
    await page.waitForFunction(() => /300 steps of/.test(document.querySelector('#brew-says').textContent));
    ok((await brews()).length === 0, 'nothing is kept of it');
  });
  await step('cancelled and gone on with', async () => {
    await page.click('#brew-go');
    await state('learning');
    ok(/left/.test(await page.textContent('#brew-state')), 'it says what is left', await page.textContent('#brew-state'));
    await page.waitForSelector('.brew-chart:not([hidden]) canvas');
    await page.click('#brew-cancel');
    await state('paused after');
    await page.click('#brew-resume');
    await state('learning');
    ok((await brews()).length === 1, 'it is the same brew');
    await page.click('#brew-cancel');
    await state('paused after');
    await page.click('#brew-discard');
    await page.waitForFunction(() => /No brew yet/.test(document.querySelector('#stage, main')?.textContent ?? ''));
  });
  await step('to its end: curves, report, the last wishes', async () => {
    await edit({ steps: 6, measure: 2 });
    await page.click('#brew-go');
    await state('done, not adopted');
    ok((await page.locator('.brew-chart:not([hidden])').count()) === 2, 'loss and what is kept out');
    const rows = await page.$$eval('.brew-result tbody th', all => all.map(x => x.textContent));
    ok(rows[0] === 'NDCG at 10' && rows.length >= 3, 'before and after', rows);
    await page.click('#brew-sides');
    await page.waitForFunction(() => /The first 5 of/.test(document.querySelector('.brew-sides').textContent));
    ok((await page.locator('.brew-wish').count()) === 2, 'both wishes');
    ok((await page.locator('.brew-wish li').count()) === 20, 'five before, five after');
  });
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']])
    await step(`axe at ${width} px, ${colorScheme}`, async () => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = await axe(page);
      ok(found.length === 0, 'clean', found.join('; '));
      ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing hangs out');
      if (process.env.SHOTS)
        await page.screenshot({ path: `${process.env.SHOTS}/brew-${width}-${colorScheme}.png`, fullPage: true });
    });
  await step('adopted, compared, removed', async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.click('#brew-adopt');
    await state('adopted as tied+mine');
    await page.waitForSelector('.adapters li');
    const { models } = await call('/api/models');
    ok(models.map(m => m.id).join() === 'tied,tied+mine', 'it is a model', models.map(m => m.id).join());
    const href = await page.getAttribute('.adapters a', 'href');
    ok(/model%3Dtied%2Bmine|model%3Dtied%252Bmine/.test(href), 'a column with it', href);
    await page.click('.adapters button');
    await page.waitForFunction(() => !document.querySelector('.adapters li'));
    await page.click('#brew-discard');
    await page.waitForFunction(() => document.querySelector('.experiment').hidden);
  });
  await step('a recipe that is refused', async () => {
    page.expectFailures = true;
    await page.evaluate(() => (document.querySelector('#brew-recipe').value = '{"name":"x"}'));
    await page.click('#brew-go');
    await page.waitForFunction(() => /model is missing/.test(document.querySelector('#brew-says').textContent));
    await anew(page, `${url}/#/brew?id=brew-1`);
    await page.waitForFunction(() => /There is no brew/.test(document.body.textContent));
  });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();
  ok((await stop(server)) === 0, 'the server ends in order');
});
