// Separated text for the mock: RFC 4180 with a guessed separator. Pure.

// Characters of the header row with its line end, so that the rest can be kept as bytes.
function headerLength(text) {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && (text[i] === '\n' || text[i] === '\r'))
      return text[i] === '\r' && text[i + 1] === '\n' ? i + 2 : i + 1;
  }
  return text.length;
}

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
