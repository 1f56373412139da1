// Takes the pictures of every view from a running server, wide and narrow, light and dark: TAPROOM_URL, CHROMIUM and
// PLAYWRIGHT_CORE as for story.mjs. Usage: node tests/web/screens.mjs [FOLDER [VIEW...]]   (default: screens/ beside this)
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { launch } from './browser.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? path.join(here, 'screens');
const url = process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360';
const WISH = encodeURIComponent('laser guns and starships, nothing for children');
const setting = more => encodeURIComponent(`catalog=movies&wish=${WISH}${more}`);
const RANK = `#/?catalog=movies&wish=${WISH}`;

const listed = page => page.waitForSelector('tbody tr.item');
const clicked = (id, wait) => async page => {
  await listed(page);
  await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
  await page.click(id);
  await page.waitForSelector(wait);
};
const VIEWS = {
  main: [RANK, listed],
  row: [
    RANK,
    async page => {
      await listed(page);
      await page.locator('button.title').first().click();
      await page.click('#explain-row');
      await page.waitForSelector('.left-out .parts');
    },
  ],
  prompt: [RANK, clicked('#open-prompt', '.prompt li')],
  words: [RANK, clicked('#open-surface', '.surface-preview pre')],
  items: [RANK, clicked('#open-browse', '.browse-list li')],
  import: [
    RANK,
    async page => {
      await clicked('#open-import', '#import-file')(page);
      await page.setInputFiles('#import-file', {
        name: 'shelf.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('isbn,name,text\n1,Sea,A quiet walk\n2,Hills,Twelve days on foot\n'),
      });
      await page.waitForSelector('.preview-table');
    },
  ],
  compare: [
    `#/compare?c=${setting('')}&c=~popularity&c=${setting('&readout=relevance')}`,
    page =>
      page.waitForFunction(
        () =>
          document.querySelectorAll('.order').length === 3 &&
          [...document.querySelectorAll('.order')].every(o => o.querySelector('[data-item]')),
      ),
  ],
  tour: [
    '#/tour',
    async page => {
      for (let i = 0; i < 5; i++) await page.click('#tour-next:not([disabled])');
      await page.waitForSelector('.tour-card .remarks');
    },
  ],
  evaluate: ['#/evaluate', page => page.waitForSelector('#experiment-go')],
  runs: ['#/runs', page => page.waitForSelector('.runs tbody tr')],
};

const asked = process.argv.slice(3);
const browser = await launch();
for (const [name, [hash, ready]] of Object.entries(VIEWS)) {
  if (asked.length && !asked.includes(name)) continue;
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({
        viewport: { width, height: width > 600 ? 900 : 844 },
        colorScheme,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(180000);
      await page.goto(`${url}/${hash}`);
      await ready(page);
      await page.waitForFunction(() => !document.querySelector('#rank.running'));
      await page.waitForTimeout(600);
      const file = path.join(folder, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path: file });
      console.log(file);
      await context.close();
    }
}
await browser.close();
