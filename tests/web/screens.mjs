// Takes the README's pictures from a running server: TAPROOM_URL, CHROMIUM and PLAYWRIGHT_CORE as for story.mjs.
// Usage: node tests/web/screens.mjs [FOLDER]   (default: screens/ beside this file)
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { launch } from './browser.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? path.join(here, 'screens');
const url = process.env.TAPROOM_URL ?? 'http://127.0.0.1:8360';
const browser = await launch();

const views = [
  ['main', 1280, 'light'],
  ['main', 1280, 'dark'],
  ['main', 390, 'light'],
  ['main', 390, 'dark'],
];
for (const [name, width, colorScheme] of views) {
  const context = await browser.newContext({
    viewport: { width, height: width > 600 ? 900 : 844 },
    colorScheme,
  });
  const page = await context.newPage();
  await page.goto(`${url}/#/?catalog=movies&wish=laser+guns+and+starships%2C+nothing+for+children`);
  await page.waitForSelector('tbody tr', { timeout: 180000 });
  await page.waitForSelector('button:has-text("Rank"):not([disabled])', { timeout: 180000 });
  await page.waitForTimeout(1500);
  const file = path.join(folder, `${name}-${width}-${colorScheme}.png`);
  await page.screenshot({ path: file });
  console.log(file);
  await context.close();
}
await browser.close();
