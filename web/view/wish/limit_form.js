// The controls of one limit: its field, its comparison, its value.
import { h, fillWith } from '../../kit/dom.js';
import { canBeField, formOf, isName, opsFor } from '../../kit/limit.js';

// Field, comparison and value of one limit; done(form, type) says it anew.
export function limitForm(c, fields, done) {
  const typeOf = name => fields.find(f => f.name === name)?.type ?? (c.unit ? 'money' : 'number');
  const form = formOf(c, typeOf(c.field));
  const options = select => Object.entries(select).map(([value, text]) => h('option', { value }, text));
  const choices = isName(c) ? [] : fields.filter(canBeField).map(f => f.name);
  if (!choices.includes(c.field)) choices.unshift(c.field);
  const field = h(
    'select',
    { 'aria-label': 'Field of the limit', disabled: choices.length < 2 },
    choices.map(name => h('option', { value: name }, name.replaceAll('_', ' '))),
  );
  const op = h('select', { 'aria-label': 'Comparison' });
  const value = h('input', { type: 'text', 'aria-label': 'Value of the limit', value: form.value, required: true });
  const upto = h('input', { type: 'text', 'aria-label': 'Upper value of the limit', value: form.upto });
  const unit = h('span', { class: 'fact' });
  const show = () => {
    const type = typeOf(field.value);
    const was = op.value || form.op;
    fillWith(op, options(opsFor(c, type)));
    op.value = [...op.options].some(o => o.value === was) ? was : op.options[0].value;
    upto.hidden = op.value !== 'between';
    const known = fields.find(f => f.name === field.value);
    form.unit = field.value === c.field ? formOf(c, type).unit : type === 'duration' ? 'minutes' : (known?.unit ?? '');
    unit.textContent = type === 'date' ? 'year or date' : form.unit;
  };
  field.value = c.field;
  show();
  field.onchange = op.onchange = show;
  return h(
    'form',
    {
      class: 'limit-form',
      onsubmit: e => {
        e.preventDefault();
        const range = op.value === 'between';
        if (!value.value.trim() || (range && !upto.value.trim())) return (range ? upto : value).focus();
        const said = { value: value.value.trim(), upto: upto.value.trim() };
        done({ ...form, ...said, field: field.value, op: op.value }, typeOf(field.value));
      },
    },
    field,
    op,
    value,
    upto,
    unit,
    h('button', { type: 'submit', class: 'small' }, 'Apply'),
  );
}
