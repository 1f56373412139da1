// Limits as a person edits them: from what the server read in a wish to words that it reads again, and the clauses that
// hold them. All pure. A limit is an entry of an answer's `constraints`.
import { dropClause, editClause, liveClauses, newClause } from './state.js';

export const NUMBER_OPS = {
  '<=': 'at most',
  '>=': 'at least',
  '<': 'below',
  '>': 'above',
  '=': 'exactly',
  between: 'between',
  about: 'about',
};
export const DATE_OPS = {
  '<': 'before',
  '<=': 'until',
  '>': 'after',
  '>=': 'from',
  between: 'between',
};
const NAME_OPS = { has: 'with', without: 'without' };
const CHECKED = ['number', 'money', 'duration', 'date'];

export const isName = c => c.op === 'has';
export const canBeField = f => CHECKED.includes(f.type);
export const opsFor = (c, type) => (isName(c) ? NAME_OPS : type === 'date' ? DATE_OPS : NUMBER_OPS);

const day = at => new Date(at * 1000).toISOString().slice(0, 10);
const TURNED = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

// What the controls show: {field, op, value, upto, unit}; values as a person writes them.
export function formOf(c, type) {
  if (isName(c)) return { field: c.field, op: c.negated ? 'without' : 'has', value: c.value.split('|')[0], upto: '', unit: '' };
  const say = v => (v === null ? '' : type === 'date' ? day(v) : type === 'duration' ? String(v / 60) : String(v));
  const op = c.negated ? (TURNED[c.op] ?? c.op) : c.op;
  const about = op === 'about' && c.lo !== null && c.hi !== null;
  const range = op === 'between';
  return {
    field: c.field,
    op,
    value: about ? say((c.lo + c.hi) / 2) : say(range ? c.lo : (c.hi ?? c.lo)),
    upto: range ? say(c.hi) : '',
    unit: type === 'duration' ? 'minutes' : (c.unit ?? ''),
  };
}

// Words that say the limit: "price at most 500 EUR", "time before 1990".
export function phraseOf(form, type) {
  const field = form.field.replaceAll('_', ' ');
  const { op, value, upto } = form;
  const unit = form.unit && type !== 'date' ? ` ${form.unit}` : '';
  if (type === 'date') {
    if (op === 'between') return `${field} from ${value} to ${upto}`;
    return `${field} ${DATE_OPS[op]} ${value}${op === '>=' ? ' on' : ''}`;
  }
  if (op === 'between') return `${field} between ${value} and ${upto}${unit}`;
  return `${field} ${NUMBER_OPS[op]} ${value}${unit}`;
}

const tidy = text =>
  text
    .replace(/\s+/g, ' ')
    .replace(/^[\s,;:.]+|[\s,;:]+$/g, '')
    .replace(/(?:^|\s)(?:and|but|with|or|for|in)$/i, '');

// The clause's words around the limit's; a field's name right before it belongs to it.
function around(text, c) {
  const at = text.toLowerCase().indexOf(c.text.toLowerCase());
  if (at < 0) return null;
  const field = c.field.replaceAll('_', ' ').toLowerCase();
  const before = text.slice(0, at).trimEnd();
  const cut = before.toLowerCase().endsWith(field) ? before.slice(0, before.length - field.length) : before;
  return [cut, text.slice(at + c.text.length)];
}

// The clauses without the limit's words.
export function withoutLimit(clauses, id, c) {
  const clause = clauses.find(x => x.id === id);
  const parts = clause && around(clause.text, c);
  const left = parts ? tidy(parts.join(' ')) : '';
  return left ? editClause(clauses, id, { text: left }) : dropClause(clauses, id);
}

// The clauses with the limit said anew.
export function withLimit(clauses, id, c, form, type) {
  const clause = clauses.find(x => x.id === id);
  if (!clause) return clauses;
  const sign = isName(c) && form.op === 'without' ? -1 : 1;
  const said = isName(c) ? renamed(c, form.value) : phraseOf(form, type);
  const parts = around(clause.text, c);
  if (parts && clause.sign === sign) {
    const [before, after] = parts;
    return editClause(clauses, id, { text: [before, said, after].map(t => t.trim()).filter(Boolean).join(' ').replace(/ ([,;:.])/g, '$1') });
  }
  const alone = !parts || !tidy(parts.join(' '));
  if (alone) return editClause(clauses, id, { text: said, sign });
  return [...withoutLimit(clauses, id, c), newClause(said, sign, clause.weight)];
}

// "in Mirefield" stays "in ...".
function renamed(c, value) {
  const was = c.value.split('|').find(v => c.text.toLowerCase().includes(v.toLowerCase()));
  if (!was) return value;
  const at = c.text.toLowerCase().indexOf(was.toLowerCase());
  return c.text.slice(0, at) + value + c.text.slice(at + was.length);
}

// Which of the page's clauses a limit came from; null where a preference holds it, or the list is of another wish.
export function clauseOfLimit(s, c) {
  const from = s.result?.clauses?.[c.clause];
  if (!from || from.source !== 'wish') return null;
  const text = from.text.trim();
  return liveClauses(s.clauses).find(x => x.text.trim() === text) ?? null;
}
