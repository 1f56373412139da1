// The mock's imports: rows of CSV or JSON lines, columns with guessed roles, faults by line, the answer in the server's shape.
import { parseCsv, separatorOf } from './mock_csv.mjs';

const KNOWN = {
  items: {
    id: /^(id|isbn|sku)$/i,
    title: /^(title|name|product)$/i,
    text: /^(text|about|description|body.*)$/i,
    tags: /^(tags|genres?)$/i,
    popularity: /^(popularity|sales)$/i,
  },
  members: { id: /^(id|user_?id)$/i, name: /^name$/i, profile: /^(profile|about)$/i },
  interactions: {
    member: /^(member|user_?id)$/i,
    item: /^(item|item_?id|isbn)$/i,
    rating: /^(rating|stars)$/i,
  },
};
const SEPARATORS = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };
const MARKS = { comma: ',', semicolon: ';', pipe: '|', slash: '/', none: '\0' };

// {format, names, rows: [[line, cells by name or null]]}
function read(text) {
  if (text.trimStart()[0] !== '{') {
    const [names = [], ...rest] = parseCsv(text);
    const rows = rest.map((r, i) => [
      i + 2,
      r.length === names.length ? Object.fromEntries(names.map((n, k) => [n, r[k]])) : null,
    ]);
    return { format: 'csv', names, rows };
  }
  const rows = text.split('\n').flatMap((t, i) => {
    if (!t.trim()) return [];
    try {
      return [[i + 1, JSON.parse(t)]];
    } catch {
      return [[i + 1, null]];
    }
  });
  return { format: 'jsonl', names: [...new Set(rows.flatMap(([, r]) => Object.keys(r ?? {})))], rows };
}

const pairs = text =>
  new Map(
    text
      .split(/(?<!\\),/)
      .filter(Boolean)
      .map(p => [p.slice(0, p.lastIndexOf(':')), p.slice(p.lastIndexOf(':') + 1)])
      .map(pair => pair.map(t => t.replaceAll('\\,', ','))),
  );

function rolesOf(kind, names, map) {
  const roles = new Map(map);
  for (const [role, rule] of Object.entries(KNOWN[kind])) {
    if ([...roles.values()].includes(role)) continue;
    const name = names.find(n => !roles.has(n) && rule.test(n));
    if (name !== undefined) roles.set(name, role);
  }
  return roles;
}

const textOf = v => (v === undefined || v === null ? '' : Array.isArray(v) ? v.join('|') : String(v));

function refusedFor(read, good, errors, q) {
  if (!good) return 'no row could be kept; nothing was stored';
  if (errors.length && q('strict') === '1') return `${errors.length} rows cannot be kept, so nothing was stored.`;
  if (q('skip_bad') !== '1' && errors.length > 1 && errors.length * 10 > read)
    return `${errors.length} of ${read} rows cannot be kept, more than a tenth, so nothing was stored.`;
  return null;
}

export function importRows(db, url, kind, catalog, text, refuse) {
  const q = name => url.searchParams.get(name) ?? '';
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(catalog ?? ''))
    refuse(400, 'bad_name', 'The name may hold letters, digits, ".", "_" and "-".', { field: 'name' });
  const dry = q('dry_run') === '1';
  const old = db.catalogs.get(catalog);
  if (kind === 'items' && old && !dry && q('replace') !== '1')
    refuse(409, 'conflict', `There is a catalogue "${catalog}" already.`, {
      field: 'name',
      hint: 'Choose another name, delete it, or replace it.',
    });
  const { format, names, rows } = read(text);
  const map = pairs(q('map'));
  const lists = pairs(q('lists'));
  const roles = rolesOf(kind, names, map);
  for (const role of kind === 'interactions' ? ['member', 'item'] : [])
    if (![...roles.values()].includes(role))
      refuse(422, 'invalid', `no column is the ${role}; the columns are: ${names.join(', ')}`, {
        hint: `say which one it is, as in map=COLUMN:${role}`,
      });
  const by = role => names.filter(n => roles.get(n) === role);
  const get = (r, role) => by(role).map(n => textOf(r[n])).filter(Boolean).join(' ');
  const mark = n => lists.get(n) ?? (rows.some(([, r]) => /,/.test(textOf(r?.[n]))) ? 'comma' : 'pipe');
  const lost = new Map(names.map(n => [n, []]));
  const items = new Map();
  const errors = [];
  for (const [line, r] of rows) {
    const id = r && (get(r, kind === 'interactions' ? 'item' : 'id') || `n${line}`);
    const fault = !r
      ? 'the row cannot be read'
      : kind === 'interactions'
        ? !old.items.some(i => i.id === id) && `there is no item '${id}' in the catalogue`
        : items.has(id) && `the same id as in line ${items.get(id).line}`;
    if (fault) errors.push({ line, message: fault });
    if (!r || fault) continue;
    for (const n of by('popularity')) if (Number.isNaN(Number(textOf(r[n])))) lost.get(n).push(line);
    items.set(kind === 'interactions' ? line : id, {
      line,
      id,
      title: get(r, 'title') || get(r, 'text').slice(0, 20),
      text: get(r, 'text').replace(/<[^>]*>/g, ''),
      tags: by('tags').flatMap(n => textOf(r[n]).split(MARKS[mark(n)]).map(t => t.trim()).filter(Boolean)),
      popularity: Number(get(r, 'popularity')) || 0,
      extra: Object.fromEntries(names.filter(n => !roles.has(n) || roles.get(n) === 'field').map(n => [n, r[n]])),
    });
  }
  const good = [...items.values()];
  const reason = refusedFor(rows.length, good.length, errors, q);
  const kept = reason ? 0 : good.length;
  if (kept && !dry && kind === 'items')
    db.catalogs.set(catalog, {
      surface: q('surface') || old?.surface || 'generic',
      items: good,
      members: old?.members ?? [],
      preferences: old?.preferences ?? [],
      interactions: old?.interactions ?? 0,
    });
  if (kept && !dry && kind === 'interactions') old.interactions += kept;
  const valuesLost = [...lost.values()].flat().length;
  const stars = by('rating').flatMap(n => rows.map(([, r]) => Number(r?.[n]))).filter(Number.isFinite);
  const refused = reason
    ? { code: 'invalid', message: reason, field: null, line: errors[0]?.line ?? null, hint: 'Correct the file.' }
    : null;
  const report = {
    catalog,
    read: rows.length,
    kept,
    rejected: rows.length - good.length,
    stored: kept > 0 && !dry,
    refused,
    errors: errors.slice(0, 20),
    values_lost: valuesLost,
    continued: 0,
    dropped: { interactions: kind === 'items' && old ? Math.min(7, old.interactions) : 0 },
    format,
    encoding: 'UTF-8',
    separator: format === 'csv' ? SEPARATORS[separatorOf(text)] : '',
    gzip: false,
    header: format === 'csv',
    ...(stars.length
      ? {
          ratings: {
            lowest: Math.min(...stars),
            highest: Math.max(...stars),
            like_from: Number(q('like_from') || 4),
            dislike_to: Number(q('dislike_to') || 2),
          },
        }
      : {}),
    looked_at: rows.length,
    columns: names.map(name => {
      const all = rows.map(([, r]) => textOf(r?.[name])).filter(Boolean);
      const role = roles.get(name) ?? (kind === 'items' ? 'field' : '');
      const lines = lost.get(name);
      return {
        name,
        role,
        ...(role === 'field' ? { field: name } : {}),
        type: role === 'tags' ? 'list' : all.every(v => !Number.isNaN(Number(v))) ? 'number' : 'text',
        ...(role === 'tags' ? { list: mark(name) } : {}),
        filled: all.length,
        samples: [...new Set(all)].slice(0, 3),
        lost: lines.length,
        ...(lines.length ? { lost_lines: lines.slice(0, 5), lost_example: 'no number' } : {}),
      };
    }),
    ...(good.length && kind === 'items'
      ? { item: { ...good[0], prompt: `${good[0].title}. ${good[0].text}` } }
      : {}),
    warnings: by('id').length || kind !== 'items' ? [] : ['no column holds ids; each item gets one'],
  };
  if (refused && !dry) refuse(422, 'invalid', reason, { ...refused, beside: report });
  return report;
}
