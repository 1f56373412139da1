// Above the list: what the wish did in one sentence; how the order was made, behind a small "how".
// headline(state, intents, how): how is {open}, kept from one list to the next
import { h } from '../../kit/dom.js';
import { agreementWords, ASKED, headlineOf } from '../../kit/effect.js';
import * as f from '../../kit/format.js';

export function headline(s, how) {
  const box = h(
    'details',
    { class: 'how', open: how.open, ontoggle: () => (how.open = box.open) },
    h('summary', { 'data-key': 'how', 'aria-label': 'How this order was made' }, 'how'),
    h(
      'ul',
      {},
      howLines(s).map(line => h('li', {}, line)),
    ),
  );
  return h('div', { class: 'effect' }, h('h2', { id: 'effect' }, `${headlineOf(s)}.`), box);
}

function howLines(s) {
  const r = s.result;
  const used = r.readout?.used ?? '?';
  const on = [r.model?.precision, r.model?.backend].filter(Boolean).join(' on ');
  return [
    h(
      'span',
      { class: 'produced' },
      'The model was asked ',
      h('strong', {}, ASKED[used] ?? used),
      ` (the \u201c${used}\u201d readout)`,
      r.readout?.why ? `: ${r.readout.why}.` : '.',
    ),
    r.model && [h('span', { title: f.modelDetail(r.model) }, f.modelName(r.model)), on ? `, ${on}.` : '.'],
    r.calibration?.calibrated
      ? `Probabilities of a like are fitted to ${f.counted(r.calibration.cases, 'interaction')} of this catalogue (they are off by ${f.num(r.calibration.ece, 3)} on average, ECE ${f.num(r.calibration.ece, 3)}${r.calibration.stale ? '; the catalogue was changed since' : ''}). Other scores are comparable within this run only.`
      : 'Scores are comparable within this run only; 0 is the average item of the catalogue where parts are shown.',
    s.surface?.name === 'movies' && 'The model may have read about these films.',
    f.overlapLine(s.previous, r.items ?? []),
    r.empty && !r.empty.same
      ? `Against the order without a wish: ${agreementWords(r.empty.tau)} (${f.num(r.empty.tau)}; 1 is the same, 0 unrelated, ${f.MINUS}1 reversed: Kendall\u2019s \u03c4).`
      : null,
  ].filter(Boolean);
}
