// The address: "#/?catalog=movies&wish=..." for choices, "#/run/ID" for a stored run, "#/compare?..." for a view. Pure.
import { CHOICES, BASELINES, COUNT_MAX, POLICIES, newClause, clausesTouched, editedClauses } from './state.js';

export const VIEWS = ['compare', 'runs', 'tour', 'evaluate', 'brew', 'story'];

const NUMBERS = [
  ['count', 'n', 1, COUNT_MAX],
  ['top', 'k', 1, 500],
  ['seed', 'seed', 0, 2 ** 31 - 1],
  ['history', 'history', 0, 200],
];
const WORDS = [
  ['catalog', 'catalog'],
  ['words', 'surface'],
  ['modelId', 'model'],
  ['member', 'member'],
  ['wish', 'wish'],
];

// The choices as a query, without the leading "?".
export function toQuery(s) {
  const q = new URLSearchParams();
  for (const [key, name] of WORDS) if (s[key]) q.append(name, s[key]);
  if (clausesTouched(s.clauses))
    for (const c of editedClauses(s))
      q.append('clause', `${c.sign < 0 ? '-' : '+'}${c.weight} ${c.text}`);
  for (const e of s.examples) q.append(e.item ? e.label : `${e.label}text`, e.item || e.text);
  if (s.readout !== CHOICES.readout) q.append('readout', s.readout);
  if (s.retrieve !== CHOICES.retrieve) q.append('from', s.retrieve);
  if (s.policy !== CHOICES.policy) q.append('policy', s.policy);
  for (const [key, name] of NUMBERS) if (s[key] !== CHOICES[key]) q.append(name, String(s[key]));
  if (s.baselines) q.append('baselines', s.baselines.join(' '));
  if (s.constraints !== CHOICES.constraints) q.append('limits', s.constraints);
  if (!s.standing) q.append('standing', 'off');
  if (s.row) q.append('row', s.row);
  return String(q);
}

export const toHash = s => `#/?${toQuery(s)}`;

export const runHash = (id, row = '') =>
  `#/run/${encodeURIComponent(id)}${row ? `?row=${encodeURIComponent(row)}` : ''}`;

export const storyHash = id => `#/story?id=${encodeURIComponent(id)}`;

function clauseOf(text) {
  const m = /^([+-])(\d+(?:\.\d+)?) (.+)$/s.exec(text);
  return m ? newClause(m[3], m[1] === '-' ? -1 : 1, Math.min(2, Number(m[2])), m[3]) : null;
}

function bounded(text, low, high, fallback) {
  const n = Number(text);
  return text !== null && /^\d+$/.test(text) && n >= low && n <= high ? n : fallback;
}

// A wrong value falls back to its default: a link never fails as a whole.
export function fromQuery(query) {
  const q = new URLSearchParams(query);
  const c = { ...CHOICES, row: q.get('row') ?? '' };
  for (const [key, name] of WORDS) c[key] = q.get(name) ?? '';
  c.readout = q.get('readout') ?? CHOICES.readout;
  c.retrieve = q.get('from') ?? CHOICES.retrieve;
  if (Object.hasOwn(POLICIES, q.get('policy') ?? '')) c.policy = q.get('policy');
  c.standing = q.get('standing') !== 'off';
  if (['hide', 'score'].includes(q.get('limits'))) c.constraints = q.get('limits');
  c.clauses = q.getAll('clause').map(clauseOf).filter(Boolean);
  for (const [key, name, low, high] of NUMBERS)
    c[key] = bounded(q.get(name), low, high, CHOICES[key]);
  if (q.has('baselines'))
    c.baselines = BASELINES.filter(b => q.get('baselines').split(' ').includes(b));
  c.examples = [...q].flatMap(([name, value]) => {
    const m = /^(like|dislike)(text)?$/.exec(name);
    return m && value
      ? [{ item: m[2] ? '' : value, title: '', text: m[2] ? value : '', label: m[1] }]
      : [];
  });
  return c;
}

// {run, row}, {view, query} or {choices, empty}.
export function fromHash(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const run = /^\/run\/([^/]+)$/.exec(path);
  if (run) {
    let id = run[1];
    try {
      id = decodeURIComponent(id);
    } catch {
      /* as written: the server says that it does not know it */
    }
    return { run: id, row: new URLSearchParams(query).get('row') ?? '' };
  }
  const view = path.slice(1);
  if (VIEWS.includes(view)) return { view, query };
  return { choices: fromQuery(query), empty: query === '' };
}

// A column of the compare view: "~bm25" is a baseline, anything else the query of a setting.
export const columnText = c => (c.baseline ? `~${c.baseline}` : toQuery({ ...c.choices, row: '' }));
export const columnOf = text =>
  text.startsWith('~') ? { baseline: text.slice(1) } : { choices: fromQuery(text) };

export function compareHash(columns, more = {}) {
  const q = new URLSearchParams(columns.map(c => ['c', columnText(c)]));
  for (const [key, value] of Object.entries(more)) if (value) q.append(key, String(value));
  return `#/compare?${q}`;
}
