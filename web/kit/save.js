// Files that the page makes itself.
import { h } from './dom.js';

// Gives the person a file of that text.
export function saveFile(name, text, type) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
