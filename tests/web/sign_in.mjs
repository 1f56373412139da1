// The page of a server that demands tokens: signing in, what a role allows, a session that ends while a wish is
// being written, signing out; both widths, light and dark. PROGRAM: the server's program; DATA: an empty folder for it.
// PICTURES: a folder for pictures of the window.
import { writeFile } from 'node:fs/promises';
import { axe, lowContrast, ranked, story, watched } from './browser.mjs';
import { ownServer } from './own_server.mjs';
import { few, rankedAfter, titles } from './story/stories_ask.mjs';

const TOKENS = { ada: 'ada-has-a-long-token', rob: 'rob-has-a-long-token' };
const file = `${process.env.DATA}.tokens`;
await writeFile(file, `ada admin ${TOKENS.ada}\nrob rank ${TOKENS.rob}\n`, { mode: 0o600 });
const { url, start, stop } = await ownServer(['--data', process.env.DATA, '--token-file', file]);
const asked = page => page.waitForSelector('#dialog-sign-in[open]');
const isOpen = page => page.evaluate(() => !!document.querySelector('#dialog-sign-in[open]'));
const signIn = async (page, name) => {
  await page.fill('#token', TOKENS[name]);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('#dialog-sign-in[open]'));
};

await story(async ({ browser, ok, step }) => {
  const server = await start();
  const { page, context, faults } = await watched(browser, url);
  page.expectFailures = true;

  await step('signing in', async () => {
    await page.goto(`${url}/${few('quiet work')}`);
    await asked(page);
    ok((await page.evaluate(() => document.activeElement.id)) === 'token', 'the field has the focus');
    ok((await page.locator('table.list tbody tr').count()) === 0, 'nothing is shown before');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    ok(await isOpen(page), 'Esc closes nothing');
    await page.fill('#token', 'a-wrong-token-of-nobody');
    await page.click('#sign-in');
    await page.waitForFunction(() => document.querySelector('#sign-in-fault').textContent !== '');
    ok(/not known/.test(await page.textContent('#sign-in-fault')), 'a wrong token is said to be one');
    ok((await page.getAttribute('#token', 'type')) === 'password', 'the token is hidden');
    await page.check('#token-shown');
    ok((await page.getAttribute('#token', 'type')) === 'text', 'and shown where it is wanted');
    await signIn(page, 'rob');
    await ranked(page);
    ok((await titles(page)).length > 0, 'what the address asked for is ranked');
    ok((await page.textContent('#sign-out')) === 'Sign out rob', 'who is signed in is said');
    ok((await page.locator('.notice.error').count()) === 0, 'without an error on the way');
    const [cookie] = await context.cookies();
    ok(cookie.httpOnly && cookie.sameSite === 'Strict', 'a cookie that no script reads');
    ok(
      !(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]) + document.cookie)).includes('token'),
      'the browser keeps no token',
    );
    ok(!page.url().includes('token'), 'nor does the address');
  });

  await step('a reload stays signed in', async () => {
    await page.reload();
    await ranked(page);
    ok(!(await isOpen(page)), 'no window');
  });

  await step('what a role does not allow is said', async () => {
    await page.goto(`${url}/#/runs`);
    const code = await page.evaluate(async () => (await fetch('/api/dump')).status);
    ok(code === 403, 'a dump is for administrators', code);
  });

  await step('a run is shared on purpose', async () => {
    await page.goto(`${url}/${few('quiet work')}`);
    await rankedAfter(page, () => page.locator('#wish').press('Control+Enter'));
    await page.waitForSelector('a#permalink');
    await page.goto(`${url}/#/runs`);
    const share = page.locator('.runs button', { hasText: /^Share$/ }).first();
    await share.waitFor();
    const asAda = () =>
      fetch(`${url}/api/runs`, { headers: { Authorization: `Bearer ${TOKENS.ada}` } }).then(r => r.json());
    ok((await asAda()).runs[0].shared === false, 'it is its owner\'s alone');
    await share.click();
    await page.locator('.runs button', { hasText: /^Shared$/ }).first().waitFor();
    ok((await asAda()).runs[0].shared === true, 'and others\' once that is wished');
  });

  await step('a session that ends while a wish is written', async () => {
    await page.goto(`${url}/${few('quiet work')}`);
    await ranked(page);
    await page.fill('#wish', 'mending old things');
    await context.clearCookies();
    await page.locator('#wish').press('Control+Enter');
    await asked(page);
    ok((await page.inputValue('#wish')) === 'mending old things', 'the wish is still there');
    await signIn(page, 'rob');
    await page.waitForSelector('a#permalink');
    await ranked(page);
    ok((await page.inputValue('#wish')) === 'mending old things', 'and after signing in');
    ok(decodeURIComponent(page.url()).replaceAll('+', ' ').includes('mending old things'), 'its ranking goes on');
  });

  await step('another one sees nothing of the first', async () => {
    await page.fill('#wish', 'a secret of rob');
    await context.clearCookies();
    await page.locator('#wish').press('Control+Enter');
    await asked(page);
    const loaded = page.waitForEvent('load');
    await page.fill('#token', TOKENS.ada);
    await page.click('#sign-in');
    await loaded;
    await ranked(page);
    ok((await page.textContent('#sign-out')) === 'Sign out ada', 'ada is signed in');
  });

  await step('signing out', async () => {
    await page.click('#sign-out');
    await asked(page);
    ok((await page.locator('table.list tbody tr').count()) === 0, 'the list is gone');
    ok(!page.url().includes('wish'), 'so is the wish');
    ok((await page.evaluate(async () => (await fetch('/api/catalogs')).status)) === 401, 'the session has ended');
  });
  ok((await faults()).length === 0, 'clean', (await faults()).join('; '));
  await context.close();

  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'])
      await step(`the window at ${width}, ${colorScheme}`, async () => {
        const one = await watched(browser, url, { width, colorScheme });
        one.page.expectFailures = true;
        await one.page.goto(url);
        await asked(one.page);
        const low = await lowContrast(one.page);
        ok(low.length === 0, 'every text can be read', low.join('; '));
        const box = await one.page.locator('#dialog-sign-in').boundingBox();
        ok(box.x >= 0 && box.x + box.width <= width, 'it fits', JSON.stringify(box));
        if (process.env.AXE_CORE) {
          const found = await axe(one.page, '#dialog-sign-in');
          ok(found.length === 0, 'axe finds nothing', found.join(' | '));
        }
        if (process.env.PICTURES) {
          await one.page.fill('#token', 'a-wrong-token-of-nobody');
          await one.page.click('#sign-in');
          await one.page.waitForFunction(() => document.querySelector('#sign-in-fault').textContent !== '');
          await one.page.screenshot({ path: `${process.env.PICTURES}/sign-in-${width}-${colorScheme}.png` });
          await signIn(one.page, 'rob');
          await ranked(one.page);
          await one.page.screenshot({ path: `${process.env.PICTURES}/signed-in-${width}-${colorScheme}.png` });
        }
        ok((await one.faults()).length === 0, 'clean', (await one.faults()).join('; '));
        await one.context.close();
      });
  ok((await stop(server)) === 0, 'ended in order');
});
