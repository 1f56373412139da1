// Two models side by side in Compare, from one server that has both. PROGRAM: the server's program; DATA: an empty folder.
import { copyFile, mkdir } from 'node:fs/promises';
import { story, watched, ranked } from './browser.mjs';
import { ownServer } from './own_server.mjs';

const tiny = new URL('../../fixtures/tiny/', import.meta.url);
const cache = `${process.env.DATA}/cache`;
await mkdir(`${cache}/models`, { recursive: true });
await copyFile(new URL('tied.gguf', tiny), `${cache}/models/alpha-q4_1.gguf`);
await copyFile(new URL('wide.gguf', tiny), `${cache}/models/beta-instruct-q8_0.gguf`);
const options = ['--data', `${process.env.DATA}/data`, '--cache', cache, '--model', 'alpha-q4_1'];
const { url, start, stop } = await ownServer([...options, '--models', 2]);
const WORDS = ['red chair', 'blue lamp', 'old boat', 'green kite', 'grey coat', 'white cup', 'pink pot', 'black hat'];

await story(async ({ browser, ok, step }) => {
  const server = await start();
  await fetch(`${url}/api/catalogs?name=things`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: WORDS.map((title, i) => JSON.stringify({ id: `i${i}`, title })).join('\n'),
  });
  const { page, context, faults } = await watched(browser, url);
  await page.goto(`${url}/#/?catalog=things&wish=red+things`);
  await ranked(page);
  const orders = () =>
    page.$$eval('.order', all =>
      all.map(o => [...o.querySelectorAll('[data-item]')].map(x => x.dataset.item).join()),
    );
  await step('a column of another model', async () => {
    await page.click('#open-compare');
    await page.waitForFunction(() => document.querySelectorAll('.order [data-item]').length === 16);
    await page.selectOption('#compare-add', { label: 'beta' });
    await page.click('#compare-do-add');
    await page.waitForFunction(() => document.querySelectorAll('.order [data-item]').length === 24);
    const made = await page.$$eval('.fact[title]', all => all.map(x => x.textContent));
    ok(/alpha/.test(made[0]) && /beta/.test(made[1]), 'each says who ranked', made);
    const [first, , second] = await orders();
    ok(first !== second, 'and they differ', `${first} ${second}`);
    ok(first.split(',').sort().join() === second.split(',').sort().join(), 'on the same items');
    const { models } = await (await fetch(`${url}/api/models`)).json();
    ok(models.filter(m => m.state === 'loaded').length === 2, 'both are loaded');
  });
  await step('the address brings both back', async () => {
    const before = await orders();
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('.order [data-item]').length === 24);
    ok((await orders()).join('|') === before.join('|'), 'the same columns', await orders());
  });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();
  ok((await stop(server)) === 0, 'the server ends in order');
});
