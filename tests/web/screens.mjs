// Takes the pictures of every view from a running server, wide and narrow, light and dark: TAPROOM_URL, CHROMIUM and
// PLAYWRIGHT_CORE as for story.mjs. `run.sh screens PROGRAM` starts one with the real model and the films.
// Usage: node screens.mjs [FOLDER [VIEW...]]   (default: screens/ beside this, all views); VIEW-WIDTH-THEME is one picture
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { launch } from './browser.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? path.join(here, 'screens');
const url = process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360';
const WISH = encodeURIComponent('laser guns and starships, nothing for children');
const setting = more => encodeURIComponent(`catalog=movies&wish=${WISH}${more}`);
const SHELF =
  'isbn;name;about;genre;price;published\n1;Sea;"<p>A quiet walk by the sea.</p>";nature, walks;12,50 \u20ac;2021-04-01\n' +
  '2;Hills;Twelve days on foot;walks;9,00 \u20ac;unknown\n3;Noise;A night of drums;music, noise;19,90 \u20ac;2019\n4\n';
const RANK = `#/?catalog=movies&wish=${WISH}`;

const get = async path => (await fetch(url + path)).json();
const aRun = async () => {
  const body = JSON.stringify({ catalog: 'jobs', instruction: 'quiet work', candidates: ['j001', 'j002'] });
  const headers = { 'Content-Type': 'application/json' };
  return (await (await fetch(`${url}/api/rank`, { method: 'POST', headers, body })).json()).run;
};
const { models } = await get('/api/models');
const other = models.find(m => !m.default && m.state !== 'broken');

const listed = page => page.waitForSelector('tbody tr.item');
const clicked = (id, wait) => async page => {
  await listed(page);
  await folds(page);
  await page.click(id);
  await page.waitForSelector(wait);
};
const scrolled = (page, to) => page.locator(to).first().evaluate(el => el.scrollIntoView());
const folds = page => page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
const VIEWS = {
  main: [RANK, listed],
  list: [RANK, async page => (await listed(page), scrolled(page, '#answer'))],
  row: [
    RANK,
    async page => {
      await listed(page);
      await page.locator('button.title').first().click();
      await page.click('#explain-row');
      await page.waitForSelector('.left-out .parts');
      await scrolled(page, 'tr.item');
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
        buffer: Buffer.from(SHELF),
      });
      await page.waitForSelector('#import-go:not([disabled])');
    },
  ],
  compare: [
    `#/compare?c=${setting('')}&c=~popularity&c=${setting(other ? `&model=${other.id}` : '&readout=relevance')}`,
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
  play: [
    '#/tour?catalog=movies&member=2&step=7',
    async page => {
      for (const n of [0, 1]) {
        await page.waitForFunction(k => document.querySelector('.play .gaps caption')?.textContent.includes(`"${k} `), n);
        await page.locator('.play-cards .like').nth(n).click();
      }
      await page.waitForFunction(() => /"2 ex/.test(document.querySelector('.play .gaps caption').textContent));
    },
  ],
  curve: [
    '#/tour?catalog=movies&member=2&step=8',
    page => page.waitForFunction(() => /^Measured/.test(document.querySelector('.curve [role=status]')?.textContent)),
  ],
  story: [
    async () => `#/story?id=${(await get('/api/runs?limit=1')).runs[0]?.id ?? (await aRun())}`,
    page => page.waitForSelector('.story-table'),
  ],
  near: [
    `#/?catalog=listings&wish=${encodeURIComponent('quiet flat, at most 900 EUR, with a balcony')}`,
    clicked('#near-misses', '.near-list li'),
  ],
  settings: [
    RANK,
    async page => {
      await listed(page);
      await folds(page);
      const words = 'nothing with giant robots';
      const { preferences } = await get('/api/catalogs/movies/preferences');
      if (!preferences.length) {
        await page.fill('#preference-new', words);
        await page.press('#preference-new', 'Enter');
        await page.waitForSelector('.preferences li');
      }
      await scrolled(page, '.preferences');
    },
  ],
  progress: [
    () => `${RANK}&seed=${Date.now() % 1e6}`,
    async page => {
      await listed(page);
      await page.fill('#wish', `a voyage to ${Date.now()} places`);
      await page.press('#wish', 'Control+Enter');
      await page.waitForSelector('#rank.running');
      await page.waitForTimeout(500);
    },
    'running',
  ],
  stored: [
    async () => `#/run/${(await get('/api/runs?limit=1')).runs[0]?.id ?? (await aRun())}`,
    page => page.waitForSelector('.stored'),
  ],
  error: ['#/run/r-0000000000000000', page => page.waitForSelector('.notice.error')],
  keys: [RANK, async page => (await listed(page), page.keyboard.press('?'), page.waitForSelector('.keys'))],
  evaluate: ['#/evaluate', page => page.waitForSelector('#experiment-go')],
  experiment: [
    '#/evaluate',
    async page => {
      const name = 'two settings';
      const { experiments } = await get('/api/experiments');
      await page.waitForSelector('#experiment-go');
      if (experiments.some(e => e.name === name)) {
        await page.locator('.experiments button', { hasText: name }).first().click();
      } else {
        await page.evaluate(() => (document.querySelector('.experiment-new details').open = true));
        const spec = { protocol: 'coldstart', catalog: 'jobs', split: 'development', members: 12 };
        await page.fill('#experiment-spec', JSON.stringify({ name, ...spec, grid: { k: [0, 1, 3] } }));
        await page.click('#experiment-go');
      }
      await page.waitForFunction(() => /done: 3 of 3/.test(document.querySelector('.experiment-head')?.textContent));
      await scrolled(page, '.experiment-head');
    },
  ],
  calibration: [
    '#/?catalog=movies&member=196',
    async page => {
      await listed(page);
      await page.locator('button.title').first().click();
      await page.click('#open-calibration');
      await page.waitForSelector('.fits .fit, .fits .fact');
    },
  ],
  runs: ['#/runs', page => page.waitForSelector('.runs tbody tr')],
  // As it is on the server: what there is to learn from, and the newest brew where there is one.
  brew: [
    '#/brew',
    async page => {
      await page.waitForSelector('.brew-from input');
      if ((await get('/api/brews')).brews.length) await page.waitForSelector('#brew-state');
      await page.waitForTimeout(1000);
    },
  ],
};

const asked = process.argv.slice(3);
const wanted = (name, picture) =>
  !asked.length || asked.includes(name) || asked.includes(picture);
const browser = await launch();
for (const [name, [hash, ready, running]] of Object.entries(VIEWS))
  for (const width of [1280, 820, 390])
    for (const colorScheme of ['light', 'dark']) {
      const picture = `${name}-${width}-${colorScheme}`;
      if (!wanted(name, picture)) continue;
      const context = await browser.newContext({
        viewport: { width, height: { 1280: 900, 820: 1180, 390: 844 }[width] },
        colorScheme,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(180000);
      await page.goto(`${url}/${typeof hash === 'string' ? hash : await hash()}`);
      await ready(page);
      if (!running) await page.waitForFunction(() => !document.querySelector('#rank.running'));
      await page.waitForTimeout(600);
      const file = path.join(folder, `${picture}.png`);
      await page.screenshot({ path: file });
      console.log(file);
      await context.close();
    }
await browser.close();
