// The dialogs of files and catalogues against the mock: what is seen of a file before it is stored, what is refused,
// names, replacing and deleting. Needs CHROMIUM and PLAYWRIGHT_CORE only.
import { anew, story, watched, ranked } from './browser.mjs';
import { startMock } from './mock/mock_server.mjs';

await story(async ({ browser, ok, step }) => {
  const mock = await startMock({ stepMs: 25 });
  const { page, context, faults } = await watched(browser, mock.url);
  page.setDefaultTimeout(20000);
  page.expectFailures = true;
  const wish = async text => {
    await page.fill('#wish', text);
    await page.locator('#wish').press('Control+Enter');
  };
  await page.goto(mock.url);
  await ranked(page);

  const choose = async (name, text) => {
    await page.setInputFiles('#import-file', { name, mimeType: '', buffer: Buffer.from(text) });
    await page.waitForSelector('#import-go:not([disabled]), #import-hint:not(:empty), #import-preview .notice');
  };
  const roles = () => page.$$eval('select.role', all => all.map(r => r.value).join());
  const preview = () => page.textContent('#import-preview');
  const looked = async act => {
    const said = page.waitForResponse(r => /dry_run=1/.test(r.url()));
    await act();
    await said;
    await page.waitForSelector('#import-preview:not(.waiting)');
  };
  await step('what a file holds is shown before it is stored, and can be changed', async () => {
    await page.click('#open-import');
    await choose('shelf 1.csv', 'no;label;name;sales\r\n7;Sea, deep;Ann;3\r\n8;Hills;Ben;many\r\n9\r\n');
    const said = await page.textContent('#dialog-import [role=status]');
    ok(/shelf 1\.csv.*CSV with semicolons, UTF-8, 3 rows, 4 columns/.test(said), 'its form', said);
    ok((await roles()) === 'field,field,title,popularity', 'the roles', await roles());
    ok(/1 value lost, in line 3: no number/.test(await preview()), 'a value lost, beside its column');
    ok(/1 row cannot be used.*line 4/s.test(await preview()), 'a row that costs a fault');
    ok(/What the model reads of itAnn\. /.test(await preview()), 'an item and its prompt');
    ok((await page.textContent('#import-go')) === 'Import 2 of 3 rows', 'the press says what it does');
    await looked(() => page.selectOption('select.role >> nth=1', 'title'));
    ok((await roles()) === 'field,title,field,popularity', 'a title moves', await roles());
    await page.focus('select.role >> nth=0');
    await looked(() => page.selectOption('select.role >> nth=0', 'id'));
    ok((await roles()) === 'id,title,field,popularity', 'and stays', await roles());
    ok(await page.$eval('select.role', r => r === document.activeElement), 'the focus stays on it');
    await page.click('#import-go');
    await page.waitForSelector('#import-use');
    const counts = await page.textContent('.counts');
    ok(/3\s*read\s*2\s*kept\s*1\s*rejected/.test(counts), 'what was left out stays in sight', counts);
    const stored = mock.db.catalogs.get('shelf-1')?.items.map(i => `${i.id} ${i.title}`);
    ok(stored?.join('|') === '7 Sea, deep|8 Hills', 'the server got our roles', stored);
    await page.keyboard.press('Escape');
  });
  await step('a file with many faults is refused, and taken all the same by a press that says so', async () => {
    await page.click('#open-import');
    await choose('torn.csv', 'id;title\n1;One\n2\n3\n4;Four\n');
    ok(/This file would be refused/.test(await preview()), 'it says so');
    ok(/2 of 4 rows cannot be kept, more than a tenth/.test(await preview()), 'and why');
    ok((await page.textContent('#import-go')) === 'Import 2 of 4 rows all the same', 'the press says what it does');
    await page.click('#import-go');
    await page.waitForSelector('#import-use');
    ok(/skip_bad=1/.test(mock.seen.imports.at(-1)), 'the rest is asked for', mock.seen.imports.at(-1));
    ok(mock.db.catalogs.get('torn')?.items.length === 2, 'and stored');
    await page.keyboard.press('Escape');
  });
  await step('a name that is taken can be replaced', async () => {
    await page.click('#open-import');
    await choose('movies.csv', 'id,title\n1,One\n');
    ok(await page.isDisabled('#import-go'), 'not by chance');
    ok(/"movies" already/.test(await page.textContent('#import-hint')), 'it says so');
    ok(/members and likes stay.*7 interactions/.test(await page.textContent('.import-target')), 'and what would go');
    await page.fill('#import-name', 'one');
    await page.waitForSelector('#import-go:not([disabled])');
    await page.fill('#import-name', 'shelf-1');
    await page.check('#import-replace');
    await page.waitForSelector('#import-go:not([disabled])');
    ok(/Replace by 1 row/.test(await page.textContent('#import-go')), 'the press says so, too');
    await page.click('#import-go');
    await page.waitForFunction(() => !document.querySelector('#dialog-import[open]'));
    await ranked(page);
    ok((await page.inputValue('#catalog')) === 'shelf-1', 'its new list is in sight');
    ok(mock.db.catalogs.get('shelf-1').items.length === 1, 'replaced');
    await page.selectOption('#catalog', 'movies');
    await ranked(page);
  });
  await step('a clean file is ranked at once, with a wish in its own words', async () => {
    const rows = ['camping, lamps', 'camping, tents', 'kitchen, pots', 'camping', 'kitchen'];
    const data = await page.evaluateHandle(text => {
      const d = new DataTransfer();
      d.items.add(new File([text], 'half.csv'));
      return d;
    }, `\uFEFFisbn;name;genre\n${rows.map((t, i) => `900719925474099${i};Thing ${i};${t}`).join('\n')}\n`);
    await page.fill('#wish', '');
    await page.dispatchEvent('#answer', 'drop', { dataTransfer: data });
    await page.waitForSelector('#import-go:not([disabled])');
    ok((await page.inputValue('td select[data-key^=list]')) === 'comma', 'a list by commas');
    await page.click('#import-go');
    await page.waitForFunction(() => document.getElementById('catalog').value === 'half');
    await ranked(page);
    ok((await page.inputValue('#wish')) === 'camping', 'the first wish', await page.inputValue('#wish'));
    ok(!(await page.isVisible('#dialog-import')), 'the window has closed');
    const said = await page.$$eval('.starter', all => all.map(b => b.textContent).join('|'));
    ok(/^camping\|kitchen, lamps/.test(said), 'further ones', said);
    await page.locator('button.title').first().click();
    await page.waitForFunction(() => /row=900719925474099\d(&|$)/.test(location.hash));
    ok(true, 'ids of 64 bits stay what they are');
  });
  await step('an older look never hides a newer one', async () => {
    await page.click('#open-import');
    mock.seen.importMs = [600];
    await page.setInputFiles('#import-file', { name: 'old.csv', mimeType: '', buffer: Buffer.from('id,title\n1,Old\n') });
    await page.waitForFunction(() => /Reading old/.test(document.querySelector('#dialog-import [role=status]').textContent));
    await choose('new.csv', 'id,title\n1,New\n2,Newer\n');
    await page.waitForTimeout(800);
    ok(/^new\.csv.*2 rows/.test(await page.textContent('#dialog-import [role=status]')), 'the newer file stands');
    ok(/New/.test(await preview()) && !/Old/.test(await preview()), 'with its items');
    await page.keyboard.press('Escape');
  });
  await step('likes are seen as such, with a threshold; a column that nobody knows can be chosen', async () => {
    await page.click('#open-import');
    await choose('likes.csv', 'user_id,isbn,stars\n196,9007199254740990,5\n196,9007199254740991,1\n');
    ok((await page.inputValue('#import-kind')) === 'interactions', 'the kind is guessed');
    ok((await page.inputValue('#import-into')) === 'half', 'into the catalogue in sight');
    ok(/Ratings from 1 to 5/.test(await preview()), 'the range');
    await looked(async () => {
      await page.fill('#import-like_from', '4.5');
      await page.press('#import-like_from', 'Tab');
    });
    ok(/like_from=4\.5/.test(mock.seen.imports.at(-1)), 'the threshold is asked for', mock.seen.imports.at(-1));
    await choose('odd.inter', 'who,what\n196,9007199254740990\n');
    ok(/no column is the member/.test(await preview()), 'a fault of the whole file');
    await looked(() => page.selectOption('select.role >> nth=0', 'member'));
    await looked(() => page.selectOption('select.role >> nth=1', 'item'));
    await page.waitForSelector('#import-go:not([disabled])');
    ok((await page.locator('#import-preview .notice').count()) === 0, 'is mended by choosing');
    await page.click('#import-go');
    await page.waitForFunction(() => !document.querySelector('#dialog-import[open]'));
    ok(mock.db.catalogs.get('half').interactions === 1, 'stored');
    await ranked(page);
  });
  await step('another catalogue', async () => {
    await wish('slow motion');
    await page.waitForSelector('#rank.running');
    await page.selectOption('#catalog', 'half');
    await page.waitForSelector('#rank.running');
    ok(/from half/.test(await page.textContent('.results')), 'it says whose list will come');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('#rank.running'));
    ok(
      (await page.locator('table.list').count()) === 0 &&
        /No list from half yet/.test(await page.textContent('.nothing')),
      'the list of the catalogue before is gone',
    );
    await page.selectOption('#catalog', 'movies');
    await ranked(page);
  });
  await step('a line that is not JSON', async () => {
    await page.click('#open-import');
    const data = await page.evaluateHandle(() => {
      const d = new DataTransfer();
      d.items.add(new File(['{"id":"1","title":"T"}\nnope\n'], 'drop.jsonl'));
      return d;
    });
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
    await page.waitForSelector('.line-errors');
    ok(/line 2 /.test(await preview()), 'is named');
    ok((await page.inputValue('#import-name')) === 'drop', 'a dropped file names the catalogue');
    await page.keyboard.press('Escape');
  });
  await step('a catalogue is renamed, and its items replaced by a file', async () => {
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.selectOption('#catalog', 'half');
    await ranked(page);
    await page.click('#open-browse');
    await page.waitForSelector('.browse-list li');
    const was = { ...mock.db.catalogs.get('half') };
    ok((await page.inputValue('#catalog-name')) === 'half', 'its name is there to be changed');
    await page.fill('#catalog-name', 'movies');
    await page.click('#rename-catalog');
    const said = () => page.textContent('#dialog-browse [role=status]');
    await page.waitForFunction(() => /already/.test(document.querySelector('#dialog-browse [role=status]').textContent));
    ok(/'movies' already/.test(await said()), 'a taken name is refused');
    await page.fill('#catalog-name', 'whole');
    await page.click('#rename-catalog');
    await page.waitForFunction(() => /is called whole/.test(document.querySelector('#dialog-browse [role=status]').textContent));
    ok(/half is called whole now/.test(await said()) && /catalog=whole/.test(page.url()), 'and a free one taken', await said());
    ok(mock.db.catalogs.has('whole') && !mock.db.catalogs.has('half'), 'by the server, too');
    await page.click('#replace-catalog');
    await choose('other.csv', 'id,title\n1,One\n2,Two\n');
    ok((await page.inputValue('#import-name')) === 'whole' && (await page.isVisible('#import-replace')), 'a file in its place');
    await page.check('#import-replace');
    await page.click('#import-go');
    await page.waitForFunction(() => !document.querySelector('#dialog-import[open]'));
    await ranked(page);
    ok(mock.db.catalogs.get('whole').items.length === 2, 'has replaced its items');
    mock.db.catalogs.set('half', was);
    mock.db.catalogs.delete('whole');
    await anew(page, `${mock.url}/#/?catalog=movies&wish=calm`);
    await ranked(page);
  });
  await step('a catalogue is deleted, after one more question', async () => {
    await page.evaluate(() => document.querySelectorAll('.fold').forEach(d => (d.open = true)));
    await page.selectOption('#catalog', 'half');
    await ranked(page);
    await page.click('#open-browse');
    await page.waitForSelector('.browse-list li');
    await page.click('#drop-catalog');
    const asked = await page.textContent('#drop-catalog');
    ok(/Delete half for good: 5 items and 1 interaction/.test(asked), 'it says what goes', asked);
    await page.focus('#browse-q');
    ok((await page.textContent('#drop-catalog')) === 'Delete this catalogue', 'a look away is no');
    ok(mock.db.catalogs.has('half'), 'nothing is gone yet');
    await page.click('#drop-catalog');
    await page.click('#drop-catalog');
    await page.waitForFunction(() => document.getElementById('catalog').value === 'movies');
    await ranked(page);
    ok(!mock.db.catalogs.has('half') && !(await page.isVisible('#dialog-browse')), 'then it is');
    ok(/half is deleted/.test(await page.textContent('#notices')), 'and the page says so');
  });
  ok(
    (await faults()).length === 0,
    'no console error, dialog, CSP report or request elsewhere',
    (await faults()).join('; '),
  );
  await context.close();
  mock.stop();
});
