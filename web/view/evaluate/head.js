// Above the figures of an experiment: its verdict, how far it is, and what can be done with it.
// experimentHead(x, {figures, metric, left, api}, {cancel, goOn, remove, choose}) -> elements; left: the time left, in words
import { h } from '../../kit/dom.js';
import { counted } from '../../kit/format.js';
import { METRICS, verdictOf } from '../../kit/experiment.js';

export const stateOf = x =>
  `${x.state}: ${x.done} of ${counted(x.cells, 'cell')}${x.failed ? `, ${x.failed} failed` : ''}`;

const atWork = ({ running: run }, left) =>
  h(
    'p',
    { class: 'fact' },
    h('progress', {
      max: run.cases_total || 1,
      value: run.cases_done,
      'aria-label': 'Cases of the cell at work',
    }),
    run.cases_total
      ? ` cell ${run.cell}: ${run.cases_done} of ${counted(run.cases_total, 'case')}`
      : ` cell ${run.cell} is being prepared`,
    left,
  );

// To end it while it goes on, to go on with it where it was ended.
function goingOn(x, { cancel, goOn }) {
  const button = (key, text, onclick) =>
    h('button', { type: 'button', 'data-key': key, id: `experiment-${key}`, onclick }, text);
  if (x.done + x.failed < x.cells) return button('cancel', 'Cancel, keep what is done', cancel);
  return x.results.some(c => c.error === 'cancelled') ? button('on', 'Go on', goOn) : null;
}

export function experimentHead(x, { figures, metric, left, api }, acts) {
  const verdict = verdictOf(x.results);
  const pick = h(
    'select',
    { id: 'experiment-metric', 'data-key': 'metric', onchange: () => acts.choose(pick.value) },
    figures.metrics.map(m => h('option', { value: m, selected: m === metric }, METRICS[m] ?? m)),
  );
  return [
    h('h3', {}, x.name),
    verdict.length ? h('p', { class: 'experiment-verdict' }, verdict.join(' ')) : null,
    h('p', { class: 'fact' }, stateOf(x)),
    x.running ? atWork(x, left) : null,
    h(
      'div',
      { class: 'experiment-do' },
      figures.metrics.length ? h('label', { class: 'check' }, 'Show ', pick) : null,
      ['csv', 'json'].map(format =>
        h(
          'a',
          { href: api.experimentFile(x.id, format), download: `${x.id}.${format}` },
          `Table as ${format.toUpperCase()}`,
        ),
      ),
      goingOn(x, acts),
      h('button', { type: 'button', class: 'quiet', 'data-key': 'gone', onclick: acts.remove }, 'Delete'),
    ),
  ];
}
