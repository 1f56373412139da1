// What the parts of the story read from the page and the server.
export const json = async (url, path) => (await fetch(url + path)).json();
export const titles = page => page.$$eval('button.title', all => all.map(b => b.textContent));
export const text = (page, at) => page.textContent(at);
