// A part of the story: importing. Rows that are hostile, a shop's file in three clicks, another file in its place, deleted.
import { ranked } from '../browser.mjs';
import { json, text, titles } from './story_help.mjs';

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>';
// Cells are read as HTML where some hold tags: these arrive with their brackets.
const html = t => t.replaceAll('<', '&lt;');
const CSV = `id,title,text,tags\n1,"${html(HOSTILE)}","${html('</td><svg onload=alert(3)> javascript:alert(4)')}",a|b\n2,Walking by the sea,"A slow, quiet walk",sea\n2,Twice,Seen before,sea\n3,Robots,Loud giant robots,loud\n`;

export async function imports({ page, ok, step, url, name }) {
  await step('import', async () => {
    await page.click('#open-import');
    await page.setInputFiles('#import-file', {
      name: `${name}.csv`,
      mimeType: 'text/csv',
      buffer: Buffer.from(CSV),
    });
    await page.waitForSelector('#import-go:not([disabled])');
    const shown = await text(page, '#import-preview');
    ok(shown.includes('<img src=x') && /line 4 .*same id/.test(shown), 'markup is text, the bad line is named', shown);
    ok((await page.inputValue('#import-name')) === name, 'the name comes from the file');
    ok((await text(page, '#import-go')) === 'Import 3 of 4 rows', 'the press says what it does');
    await page.click('#import-go');
    await page.waitForSelector('#import-use');
    ok(
      /4\s*read\s*3\s*kept\s*1\s*rejected/.test(await text(page, '.counts')),
      'counts',
      await text(page, '.counts'),
    );
    await page.click('#import-use');
    await page.waitForFunction(name => document.getElementById('catalog').value === name, name);
    await ranked(page); // by the catalogue's own words, which stand in the wish from then on
    await page.fill('#wish', 'a quiet walk, nothing loud');
    await page.locator('#wish').press('Control+Enter');
    await page.waitForFunction(
      () =>
        document.querySelectorAll('button.title').length === 3 &&
        !document.querySelector('#rank.running'),
    );
    ok((await titles(page)).includes(HOSTILE), 'hostile titles are text');
    await page.locator('button.title', { hasText: '<img' }).click();
    ok((await text(page, '.detail .full')).includes('<svg onload'), 'hostile text is text');
    await page.click('#open-prompt');
    await page.waitForSelector('.prompt li');
    await page.keyboard.press('Escape');
    ok(
      (await page.locator('main img, main script, main svg[onload]').count()) === 0,
      'nothing became an element',
    );
  });

  await step('a shop: from its file to a ranked list in three clicks', async () => {
    const shop = `shop-${name}`;
    const prices = ['1.299,00', '49,90', '89,00', '12,50', '219,00', '7,95'];
    const tags = ['camping, outdoor', 'camping, cooking', 'home, office', 'camping, kitchen', 'home', 'kitchen'];
    const rows = ['Two-person tent', 'Gas stove', 'Desk lamp', 'Enamel mug', 'Wool rug', 'Oak spoon'].map(
      (t, i) => `${t};"<p>${t} &amp; more, <b>made</b> well.</p>";"${tags[i]}";${prices[i]} \u20ac`,
    );
    // Counted as a person would: presses anywhere on the page, and the choice of the file.
    let clicks = 0;
    const click = async at => (clicks++, page.click(at));
    const begun = Date.now();
    await click('#open-import');
    clicks++;
    await page.setInputFiles('#import-file', {
      name: `${shop}.csv`,
      mimeType: 'text/csv',
      buffer: Buffer.from(`Title;Body (HTML);Tags;Variant Price\n${rows.join('\n')}\n`),
    });
    await page.waitForSelector('#import-go:not([disabled])');
    const roles = await page.$$eval('select.role', all => all.map(r => r.value).join());
    ok(roles === 'title,text,tags,field', 'roles', roles);
    ok(/money/.test(await text(page, '.import-columns')), 'prices with a comma are money');
    ok(/Two-person tent & more, made well\./.test(await text(page, '.import-card')), 'HTML is text');
    const looked = Date.now() - begun;
    await click('#import-go');
    await page.waitForFunction(name => document.getElementById('catalog').value === name, shop);
    await ranked(page);
    ok(clicks <= 3, 'at most three clicks', clicks);
    console.log(`a shop's file: ${clicks} clicks, ${looked} ms to what was understood`);
    ok((await titles(page)).length === 6, 'all of it is ranked', await titles(page));
    ok((await page.inputValue('#wish')) === 'a quiet walk, nothing loud', 'a wish of one\'s own stays');
    await page.fill('#wish', '');
    await page.goto(`${url}/#/?catalog=${shop}`);
    await page.reload();
    await ranked(page);
    ok((await page.inputValue('#wish')) === 'camping', 'else the first one is of its words', await page.inputValue('#wish'));
    const { fields } = await json(url, `/api/catalogs/${shop}`);
    const price = fields.find(f => f.name === 'Variant Price');
    ok(price?.unit === 'EUR' && price.range.join() === '7.95,1299', 'prices are numbers', JSON.stringify(price));
  });

  await step('replace, ids of 64 bits, delete', async () => {
    const shop = `shop-${name}`;
    const id = '9007199254740993';
    await page.click('#open-import');
    await page.setInputFiles('#import-file', {
      name: `${shop}.jsonl`,
      mimeType: '',
      buffer: Buffer.from(`{"id":${id},"title":"One"}\n{"id":9007199254740995,"title":"Two"}\n`),
    });
    await page.waitForFunction(() => /already/.test(document.getElementById('import-hint').textContent));
    await page.check('#import-replace');
    await page.waitForSelector('#import-go:not([disabled])');
    await page.click('#import-go');
    await page.waitForFunction(() => !document.querySelector('#dialog-import[open]'));
    await page.waitForFunction(() => document.querySelectorAll('button.title').length === 2);
    await ranked(page);
    const { items } = await json(url, `/api/catalogs/${shop}/items`);
    ok(items.some(i => i.id === id), 'the id is what it was', JSON.stringify(items));
    await page.locator('button.title', { hasText: 'One' }).click();
    await page.waitForFunction(i => location.hash.includes(`row=${i}`), id);
    ok(true, 'on the page, too');
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.click('#open-browse');
    await page.waitForSelector('.browse-list li');
    await page.click('#drop-catalog');
    ok(/for good: 2 items$/.test(await text(page, '#drop-catalog')), 'what goes is said', await text(page, '#drop-catalog'));
    await page.click('#drop-catalog');
    await page.waitForFunction(n => document.getElementById('catalog').value !== n, shop);
    ok((await fetch(`${url}/api/catalogs/${shop}`)).status === 404, 'it is deleted');
    await page.selectOption('#catalog', name);
    await page.fill('#wish', 'a quiet walk, nothing loud');
    await page.locator('#wish').press('Control+Enter');
    await page.waitForFunction(() => document.querySelectorAll('button.title').length === 3);
    await ranked(page);
  });
}
