// A part of the story: a stored run in wide and narrow windows, light and dark.
import { lowContrast, watched } from '../browser.mjs';

export async function widths({ browser, ok, step, url, run }) {
  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      await step(`${width} px, ${colorScheme}`, async () => {
        const w = await watched(browser, url, {
          width,
          height: 844,
          colorScheme,
          reducedMotion: 'reduce',
        });
        await w.page.goto(`${url}/#/run/${run}`);
        await w.page.waitForSelector('.stored');
        await w.page.evaluate(() =>
          document.querySelectorAll('details').forEach(d => {
            d.open = true;
          }),
        );
        await w.page.locator('button.title').first().click();
        ok(
          await w.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          `${width} ${colorScheme}: nothing hangs out`,
        );
        ok(
          (await w.page.evaluate(() => getComputedStyle(document.body).backgroundColor)) ===
            (colorScheme === 'dark' ? 'rgb(18, 22, 20)' : 'rgb(246, 247, 244)'),
          `${width} ${colorScheme}: follows the system`,
        );
        const low = await lowContrast(w.page);
        ok(low.length === 0, `${width} ${colorScheme}: WCAG AA contrast`, low.join(', '));
        const small = await w.page.$$eval('button, select, summary', all =>
          all
            .filter(b => b.checkVisibility() && b.getBoundingClientRect().height < 20)
            .map(b => b.textContent),
        );
        ok(
          small.length === 0,
          `${width} ${colorScheme}: targets are large enough`,
          small.join(', '),
        );
        const unnamed = await w.page.$$eval('input, select, textarea, button', all =>
          all
            .filter(
              e =>
                e.checkVisibility() &&
                !e.labels?.length &&
                !e.getAttribute('aria-label') &&
                !e.textContent.trim(),
            )
            .map(e => e.id || e.className),
        );
        ok(
          unnamed.length === 0,
          `${width} ${colorScheme}: every control has a name`,
          unnamed.join(', '),
        );
        await w.page.click('#theme');
        await w.page.click('#theme');
        ok(
          (await w.page.evaluate(() => getComputedStyle(document.body).backgroundColor)) ===
            'rgb(18, 22, 20)',
          `${width} ${colorScheme}: the toggle reaches dark`,
        );
        await w.page.reload();
        await w.page.waitForSelector('.stored');
        ok(
          (await w.page.getAttribute('html', 'data-theme')) === 'dark',
          `${width} ${colorScheme}: and it is remembered`,
        );
        ok(
          (await w.faults()).length === 0,
          `${width} ${colorScheme}: clean`,
          (await w.faults()).join('; '),
        );
        await w.context.close();
      });
    }
  }
}
