// The seven jobs of the page from start to end in a real browser against a running server, each at 1280 and 390 px, light
// and dark: 28 passages of the same code. TAPROOM_URL names the server, with the catalogue jobs and its members.
// STORIES=2,5 and WIDTHS=390 choose some of them.
import { story, watched, axe, lowContrast } from '../browser.mjs';
import { prototype, niche, understand } from './stories_ask.mjs';
import { coldStart, compare, lookBack, evaluate } from './stories_read.mjs';

const url = (process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360').replace(/\/$/, '');
const STORIES = [
  ['prototype a surface', prototype],
  ['set a niche interest, by keyboard', niche],
  ['show cold start', coldStart],
  ['compare', compare],
  ['understand a score', understand],
  ['look back', lookBack],
  ['evaluate', evaluate],
];
const chosen = (name, all) => (process.env[name] ? process.env[name].split(',').map(Number) : all);
const numbers = chosen(
  'STORIES',
  STORIES.map((_, i) => i + 1),
);
const took = new Map();

await story(async ({ browser, ok, step }) => {
  for (const width of chosen('WIDTHS', [1280, 390]))
    for (const colorScheme of ['light', 'dark'])
      for (const number of numbers) {
        const [name, run] = STORIES[number - 1];
        const at = `${number}. ${name}, ${width} ${colorScheme}`;
        const w = await watched(browser, url, { width, height: 844, colorScheme });
        const { page } = w;
        page.expectFailures = true;
        const said = (good, what, detail) => ok(good, `${at}: ${what}`, detail);
        // What every view must keep in every width and theme; called by a story where it has come to something.
        const clean = async where => {
          const found = await axe(page);
          said(found.length === 0, `axe: ${where}`, found.join(' | '));
          const low = await lowContrast(page);
          said(low.length === 0, `contrast: ${where}`, low.join(', '));
          said(
            await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            `nothing hangs out: ${where}`,
          );
        };
        const begun = Date.now();
        await step(at, () =>
          run({ page, url, ok: said, clean, name: `s${number}-${width}-${colorScheme}` }),
        );
        took.set(at, Date.now() - begun);
        const faults = await w.faults();
        said(faults.length === 0, 'no console error, dialog, CSP report or request elsewhere', faults);
        await w.context.close();
      }
  for (const n of numbers) {
    const times = [...took].filter(([at]) => at.startsWith(`${n}.`)).map(([, ms]) => ms);
    console.log(
      `story ${n}, ${STORIES[n - 1][0]}: ${times.map(t => `${(t / 1000).toFixed(1)} s`).join(', ')}`,
    );
  }
});
