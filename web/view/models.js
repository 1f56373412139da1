// The choice of the model: what it is, how it is loaded, and whether it is the one for everything.
// modelPicker(store, intents) returns an element; modelOptions(models) the options of a select
import { h, fillWith, announce } from '../kit/dom.js';
import { modelDetail, modelName, whole } from '../kit/format.js';

const MB = 1e6;
const listed = s => s.models?.models ?? [];
const current = s => listed(s).find(m => (s.modelId ? m.id === s.modelId : m.default));

// Two files of one model are told apart by their whole names.
function optionName(m, all) {
  const short = modelName(m);
  return all.filter(o => modelName(o) === short).length > 1 ? m.id : short;
}

export const modelOptions = s => {
  const own = current({ ...s, modelId: '' });
  return [
    ['', `the default${own ? `: ${optionName(own, listed(s))}` : ''}`],
    ...listed(s).map(m => [
      m.id,
      `${optionName(m, listed(s))}${m.state === 'broken' ? ' (broken)' : ''}`,
    ]),
  ];
};

// What is known of a model, and whether the next ranking has to wait for it.
function facts(m) {
  const size = m.parameters ? `${whole(m.parameters)} parameters` : `${whole(m.bytes / MB)} MB`;
  const state =
    m.state === 'loaded'
      ? `${m.precision} on ${m.backend}`
      : m.state === 'broken'
        ? `cannot be loaded: ${m.error}`
        : `${whole(m.bytes / MB)} MB on disk, loaded with its first ranking`;
  return `${size}, ${whole(m.context)} tokens of context, ${state}. ${modelDetail(m)}.`;
}

export function modelPicker(store, intents) {
  const select = h('select', {
    id: 'model',
    onchange: () => intents.setChoice('modelId', select.value),
  });
  const says = h('p', { class: 'fact' });
  const bar = h('progress', { max: 1, 'aria-label': 'Loading the model' });
  const always = h('button', {
    type: 'button',
    class: 'quiet small',
    id: 'model-default',
    onclick: async () => {
      announce('Loading the model');
      await intents.makeDefault(store.get().modelId);
    },
  });
  const box = h(
    'div',
    { class: 'field models' },
    h('label', { htmlFor: 'model' }, 'Model'),
    select,
    says,
    bar,
    always,
  );
  store.watch(['models', 'modelId', 'modelJob'], s => {
    const all = modelOptions(s);
    const odd = s.modelId && !all.some(([id]) => id === s.modelId);
    fillWith(
      select,
      [...all, ...(odd ? [[s.modelId, s.modelId]] : [])].map(([value, text]) =>
        h('option', { value }, text),
      ),
    );
    select.value = s.modelId;
    box.hidden = listed(s).length < 2 && !s.modelId;
    const m = current(s);
    says.textContent = m ? facts(m) : odd ? 'This server has no such model.' : '';
    always.hidden = !m || m.default || m.state === 'broken';
    always.disabled = !!s.modelJob;
    always.textContent = s.modelJob
      ? `Loading, ${Math.round(s.modelJob.loaded * 100)} %`
      : 'Make it the default of this server';
    bar.hidden = !s.modelJob;
    bar.value = s.modelJob?.loaded ?? 0;
  });
  return box;
}
