// Reading the first rows of a file before it is sent: CSV by RFC 4180, or one JSON object a line. Pure.

// What the header line has most of, quotes aside; a comma where it has none. The server guesses in the same way.
export function separatorOf(text) {
  const count = { ',': 0, ';': 0, '\t': 0 };
  for (const c of text.slice(0, headerLength(text)).replace(/"[^"]*("|$)/g, '')) {
    if (c in count) count[c]++;
  }
  return Object.keys(count).reduce((best, c) => (count[c] > count[best] ? c : best));
}

// Rows of fields; stops after `limit` rows. A last row without its line end counts only when complete is true.
export function parseCsv(text, limit = Infinity, complete = true) {
  const rows = [];
  const separator = separatorOf(text);
  let row = [],
    field = '',
    quoted = false,
    any = false;
  const endRow = () => {
    row.push(field);
    rows.push(row);
    row = [];
    field = '';
    any = false;
  };
  let i = text[0] === '\uFEFF' ? 1 : 0;
  for (; i < text.length && rows.length < limit; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && field === '') {
      quoted = true;
      any = true;
    } else if (c === separator) {
      row.push(field);
      field = '';
      any = true;
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      if (any || field !== '') endRow();
    } else {
      field += c;
      any = true;
    }
  }
  if (rows.length < limit && complete && (any || field !== '')) endRow();
  return rows;
}

// {columns, rows, problem}: rows as text, the union of the first lines' keys as columns.
export function previewJsonl(text, limit, complete) {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (!complete) lines.pop();
  const found = [];
  let problem = '';
  for (const [i, line] of lines.entries()) {
    if (found.length >= limit) break;
    if (!line.trim()) continue;
    try {
      const value = JSON.parse(line);
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw new Error('not an object');
      found.push(value);
    } catch {
      problem ||= `line ${i + 1} is not one JSON object`;
    }
  }
  const columns = [...new Set(found.flatMap(Object.keys))];
  return { columns, problem, rows: found.map(o => columns.map(c => cell(o[c]))) };
}

const cell = v =>
  v === undefined || v === null
    ? ''
    : Array.isArray(v)
      ? v.join(' | ')
      : typeof v === 'object'
        ? JSON.stringify(v)
        : String(v);

export function previewCsv(text, limit, complete) {
  const [columns = [], ...rows] = parseCsv(text, limit + 1, complete);
  const odd = rows.findIndex(r => r.length !== columns.length);
  return {
    columns,
    rows,
    problem:
      odd < 0 ? '' : `row ${odd + 1} has ${rows[odd].length} fields, the header ${columns.length}`,
  };
}

export const isCsv = name => !/\.(jsonl|ndjson|json)$/i.test(name);
// A catalogue name from a file name: what the server allows, [A-Za-z0-9._-]{1,64}.
export const nameFrom = file =>
  file
    .replace(/\.[^.]+$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);

export const FIELDS = {
  items: ['id', 'title', 'text', 'tags', 'popularity', 'time'],
  members: ['id', 'name', 'profile'],
  interactions: ['member', 'item', 'label', 'rating', 'at'],
};

// The header line with columns renamed: [[theirs, ours], ...]; the rest of the file is not touched.
export function renamedHeader(columns, names, separator = ',') {
  return columns
    .map(c => names.get(c) || c)
    .map(c => (/[",;\t\r\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c))
    .join(separator);
}

// Characters of the header row with its line end, so that the rest can be kept as bytes.
export function headerLength(text) {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && (text[i] === '\n' || text[i] === '\r'))
      return text[i] === '\r' && text[i + 1] === '\n' ? i + 2 : i + 1;
  }
  return text.length;
}

// What RecBole and MovieLens call our fields; their headers are "name:type".
const KNOWN = {
  items: { item_id: 'id', movie_title: 'title', class: 'tags', description: 'text' },
  members: { user_id: 'id' },
  interactions: { user_id: 'member', item_id: 'item', timestamp: 'at', rating: 'rating' },
};
// [[theirs, ours], ...] for columns whose meaning is plain; none when one of ours is there already.
export function guessNames(columns, kind) {
  const taken = new Set(columns);
  return columns.flatMap(c => {
    const plain = c.replace(/:(token|token_seq|float|float_seq)$/, '');
    const ours = KNOWN[kind][plain] ?? (plain !== c && FIELDS[kind].includes(plain) ? plain : '');
    if (!ours || ours === c || taken.has(ours)) return [];
    taken.add(ours);
    return [[c, ours]];
  });
}

// Lines of JSON with keys renamed; a line that is no object stays as it is, for the server to name.
export function renamedJsonl(text, names) {
  return text
    .split('\n')
    .map(line => {
      let value;
      try {
        value = JSON.parse(line);
      } catch {
        return line;
      }
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return line;
      return JSON.stringify(
        Object.fromEntries(Object.entries(value).map(([k, v]) => [names.get(k) ?? k, v])),
      );
    })
    .join('\n');
}
