// What the page knows of a file before the server has read it, and the choices that go with it. Pure, but for File's bytes.

export const PICKED =
  '.csv,.tsv,.txt,.dat,.json,.jsonl,.ndjson,.xml,.rss,.gz,.item,.inter,.user,text/csv,text/tab-separated-values,application/json,application/x-ndjson,application/gzip';

const WHOLE = 32 << 20; // bytes up to which all of a file is looked at
const PART = 4 << 20; // of a larger one
const TYPES = [
  [/\.(jsonl|ndjson)$/i, 'application/x-ndjson'],
  [/\.json$/i, 'application/json'],
  [/\.csv$/i, 'text/csv'],
  [/\.(tsv|item|inter|user)$/i, 'text/tab-separated-values'],
  [/\.gz$/i, 'application/gzip'],
  [/\.(xml|rss)$/i, 'application/xml'],
];
// A hint only: the server looks at the bytes.
export const typeOf = name =>
  TYPES.find(([ending]) => ending.test(name))?.[1] ?? 'application/octet-stream';

// A catalogue name from a file name: what the server allows, [A-Za-z0-9._-]{1,64}.
export const nameFrom = file =>
  file
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 64);
export const NAME = /^[A-Za-z0-9._-]{1,64}$/;

// Where the first bytes of a long file may end: behind the last line that closes its quotes. 0: only all of it can be
// read (packed, UTF-16, XML, one value of JSON, one line).
export function cutAt(bytes) {
  const [a, b] = bytes;
  if ((a === 0x1f && b === 0x8b) || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    return 0;
  let at = a === 0xef && b === 0xbb ? 3 : 0;
  while (at < bytes.length && bytes[at] <= 0x20) at++;
  const first = String.fromCharCode(bytes[at]);
  if (first === '<' || first === '[') return 0;
  if (first === '{' && !isJson(bytes.subarray(at, bytes.indexOf(10, at) + 1))) return 0;
  let quotes = 0,
    closed = 0,
    last = 0;
  for (; at < bytes.length; at++) {
    if (bytes[at] === 0x22) quotes++;
    else if (bytes[at] === 10) {
      last = at + 1;
      if (quotes % 2 === 0) closed = last;
    }
  }
  return first === '{' || closed < last / 2 ? last : closed;
}

function isJson(bytes) {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

// {body, partial}: what a first look sends of the file.
export async function sampleOf(file) {
  const end =
    file.size > WHOLE ? cutAt(new Uint8Array(await file.slice(0, PART).arrayBuffer())) : 0;
  return end ? { body: file.slice(0, end), partial: true } : { body: file, partial: false };
}

// --- kinds and roles
const plain = name =>
  name
    .replace(/:(token|float)(_seq)?$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z]+/g, ' ')
    .trim();
const WHO =
  /^(user|member|customer|reviewer|visitor|viewer|reader|listener|rater|client|shopper|profile)( (id|key|hash|no|number))?$/;
const WHICH =
  /^((parent )?asin|isbn|sku|item|movie|film|product|book|anime|song|track|artist|game|job|listing|article|recipe|restaurant|business|video|show|offer)( (id|key|hash|no|number))?$/;
const DONE = /^(rating|stars|score|label|event|event type|action|click|timestamp|time|date|at|ts)$/;
const TOLD = /^(title|description|body|content|text|summary|overview|abstract)( html)?$/;

// What the rows seem to be, by the names of their columns.
export function guessKind(names, file) {
  if (/\.inter(\.gz)?$/i.test(file)) return 'interactions';
  if (/\.user(\.gz)?$/i.test(file)) return 'members';
  const words = names.map(plain);
  const some = rule => words.some(w => rule.test(w));
  if (!some(WHO) || some(TOLD)) return 'items';
  if (some(WHICH)) return 'interactions';
  return some(DONE) ? 'items' : 'members';
}

export const ROLES = {
  items: {
    title: 'title',
    text: 'text',
    tags: 'tags',
    id: 'id',
    popularity: 'popularity',
    time: 'date',
    field: 'further field',
    '': 'left out',
  },
  members: { id: 'id', name: 'name', profile: 'profile', '': 'left out' },
  interactions: {
    member: 'member',
    item: 'item',
    label: 'like or dislike',
    rating: 'rating',
    at: 'time',
    '': 'left out',
  },
};
const JOINED = ['text', 'tags', 'profile']; // several columns may be these
const REST = { items: 'field', members: '', interactions: '' };

// The roles that a person has seen and changed: what the columns are now, with one of them changed. A role that only
// one column can have leaves the other one.
export function withRole(kind, columns, roles, name, role) {
  const next = new Map(roles);
  for (const c of columns) {
    if (c.name === name) next.set(name, role);
    else if (c.role && c.role !== 'field')
      next.set(c.name, c.role === role && !JOINED.includes(role) ? REST[kind] : c.role);
  }
  return next;
}

// The pairs of a query: "theirs:ours,theirs:ours", a comma of a name as "\,".
export const pairsOf = map =>
  [...map].map(pair => pair.map(text => text.replaceAll(',', '\\,')).join(':')).join(',');
