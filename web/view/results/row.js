// An opened row: the whole text, what each part of the wish contributed, and the raw numbers.
// detailRow(item, state, columns, intents) returns a <tr>; intents.explain(item, progress) measures its parts;
import { h, fillWith, copyText } from '../../kit/dom.js';
import { ASKED } from '../../kit/effect.js';
import * as f from '../../kit/format.js';
import { wordsOf } from './limit_marks.js';
import { measuredOf, sameScore } from './badges.js';

export function detailRow(i, s, columns, intents) {
  const r = s.result;
  const copy = h(
    'button',
    {
      type: 'button',
      class: 'quiet small',
      'data-key': 'copy-row',
      onclick: () => copyText(intents.rowLink(i.item), copy),
    },
    'Copy link to this row',
  );
  const fact = (name, value, note) => [
    h('dt', {}, name),
    h('dd', { class: 'mono' }, value),
    h('dd', { class: 'note' }, note),
  ];
  return h(
    'tr',
    { role: 'row', class: 'detail' },
    h(
      'td',
      { role: 'cell', colSpan: columns },
      h(
        'div',
        { class: 'detail-box' },
        h(
          'div',
          { class: 'detail-text' },
          i.text
            ? h('p', { class: 'full' }, i.text)
            : h('p', { class: 'fact' }, 'This item has no text.'),
          i.tags?.length ? h('p', { class: 'tags' }, i.tags.join(', ')) : null,
          checkedList(i, r),
          h('p', { class: 'fact mono' }, `id ${i.item}`),
          copy,
        ),
        h(
          'div',
          { class: 'detail-why' },
          contributions(i, r),
          leftOut(i, s, intents),
        ),
        h(
          'div',
          { class: 'detail-raw' },
          h('h3', {}, 'Raw numbers'),
          h(
            'dl',
            { class: 'facts' },
            fact('score', f.num(i.score, 4), 'what the list is ordered by'),
            fact('log-probability', f.num(i.logprob, 4), 'as the model gave it'),
            fact('prior', f.num(i.prior, 4), 'the same without your context'),
            fact('probability', probability(i), probabilityNote(i, r)),
            fact(
              'empty profile',
              i.empty_rank ? `rank ${i.empty_rank}` : f.NONE,
              i.empty_rank ? 'its place when nothing is asked' : 'no place without a wish is known',
            ),
            fact(
              'share of the answer',
              i.label_mass === null || i.label_mass === undefined ? f.NONE : f.num(i.label_mass, 4),
              i.label_mass === null || i.label_mass === undefined
                ? 'label mass: only asking yes or no has one'
                : i.label_mass < f.LOW_LABEL_MASS
                  ? 'label mass, low: yes and no are not what the model wanted to say'
                  : 'label mass: probability on the words yes and no',
            ),
          ),
          h(
            'button',
            {
              type: 'button',
              class: 'quiet small',
              id: 'open-calibration',
              'data-key': 'calibration',
              onclick: () => intents.openCalibration(),
            },
            'Calibration and reliability',
          ),
        ),
      ),
    ),
  );
}

const OUTCOMES = { holds: 'holds', fails: 'fails', unknown: 'not known' };
// Nothing is checked without being shown.
function checkedList(i, r) {
  const all = r.constraints ?? [];
  if (!all.length || !i.outcomes?.length) return null;
  return h(
    'dl',
    { class: 'checked', 'aria-label': 'Checked by rule' },
    all.map((c, k) => [h('dt', {}, wordsOf(c)), h('dd', { class: i.outcomes[k] }, OUTCOMES[i.outcomes[k]])]),
  );
}

const probability = i => (Number.isFinite(i.probability) ? f.num(i.probability, 2) : f.NONE);
// What the number rests on, or why there is none; the rest is in the window behind the button.
function probabilityNote(i, r) {
  const c = r.calibration;
  if (!c) return 'this run knows of no calibration';
  if (!c.calibrated) return `not calibrated: ${c.why}`;
  if (!Number.isFinite(i.probability)) return 'no score like this was among those of the fit';
  return `of a like: ${c.method}, ${f.counted(c.cases, 'interaction')}, ${f.whole(c.likes)} of them likes`;
}

// On request, since each part costs a scoring of its own.
function leftOut(i, s, intents) {
  const measured = measuredOf(s, i.item);
  const box = h('div', { class: 'left-out', 'aria-live': 'polite' });
  if (measured) return fillWith(box, leftOutTable(i, measured, s.explained.kept));
  const button = h(
    'button',
    {
      type: 'button',
      id: 'explain-row',
      class: 'small',
      'data-key': 'explain',
      onclick: async () => {
        button.disabled = true;
        const bar = h('progress', { max: 1, 'aria-label': 'Progress of the measuring' });
        const say = h('p', { class: 'fact' }, 'Leaving out one part after the other');
        fillWith(box, bar, say);
        try {
          await intents.explain(i.item, (done, of) => {
            bar.value = done / of;
            say.textContent = `${done} of ${of} rankings`;
          });
        } catch (e) {
          if (e.name !== 'AbortError')
            fillWith(box, h('p', { class: 'hint' }, [e.message, e.hint].filter(Boolean).join(' ')));
        }
        button.disabled = false;
      },
    },
    'Measure each part by leaving it out',
  );
  return [button, box];
}

function leftOutTable(i, m, kept) {
  const { parts, stability } = m;
  const scale = Math.max(...parts.map(p => Math.abs(p.contribution)), 1e-9);
  const orders = `${stability.orders} other orders of ${f.counted(m.among, 'row')}`;
  return [
    h(
      'p',
      { class: 'finding' },
      !sameScore(i.score, m.score)
        ? `Scored among other items, ${kept ? 'and not when this run was made, ' : ''}the item gets ${f.num(m.score, 4)}.`
        : stability.changed
          ? `Not stable: in ${orders}, ${f.counted(stability.changed, 'score')} moved; the orders agree by ${f.num(stability.tau, 3)} at worst, where 1 is the same (Kendall \u03c4).`
          : `Order-stable: the item gets exactly this score among other items, and in ${orders}.`,
    ),
    partsTable(
      'What the score loses without each part',
      parts.map(p => ({
        v: p.contribution,
        words: [
          ['clause', 'preference'].includes(p.kind)
            ? h(
                'span',
                { class: `word ${p.sign < 0 ? 'less' : ''}` },
                p.sign < 0 ? 'less ' : 'more ',
              )
            : p.kind === 'example'
              ? h('span', { class: 'word' }, p.sign < 0 ? 'disliked ' : 'liked ')
              : null,
          p.words,
          p.kind === 'preference' ? h('span', { class: 'times' }, ' (standing)') : null,
        ],
      })),
      scale,
    ),
    parts.length ? null : h('p', { class: 'fact' }, 'There is no part to leave out.'),
  ];
}

// What an item's score is the sum of. Whatever is left beside the known parts has a line of its own.
export function partsOf(i, r) {
  const given = i.clauses ?? [];
  const lines = given.length ? (r.clauses ?? []).map((c, k) => clauseLine(c, given[k])) : [];
  const more = [
    ['The whole wish as one text', i.whole],
    ['Meaning: how near the texts are (embedding)', i.meaning],
    ['History, examples and profile', i.other],
    ['Learnt from interactions', i.learnt],
  ];
  for (const [words, v] of more) if (Number.isFinite(v)) lines.push({ words: [words], v });
  if (!lines.length) return [];
  const rest = i.score - lines.reduce((sum, x) => sum + (x.v ?? 0), 0);
  if (Math.abs(rest) > 1e-4 * Math.max(1, Math.abs(i.score)))
    lines.push({ words: ['What the model says of the request as a whole'], v: rest });
  return lines;
}

function contributions(i, r) {
  const lines = partsOf(i, r);
  if (!lines.length)
    return h(
      'p',
      { class: 'fact' },
      `Asked ${ASKED[r.readout?.used] ?? 'this way'}, the model reads the wish as a whole, so there are no parts to show.`,
    );
  const all = (r.items ?? []).flatMap(x => partsOf(x, r)).map(x => Math.abs(x.v));
  const scale = Math.max(...all.filter(Number.isFinite), 1e-9);
  return partsTable('What each part contributed', lines, scale, i.score);
}

function partsTable(title, lines, scale, sum) {
  if (!lines.length) return null;
  return [
    h('h3', {}, title),
    h(
      'table',
      { class: 'parts' },
      h('caption', { class: 'sr' }, `${title}: a number for each part`),
      h(
        'thead',
        { class: 'sr' },
        h(
          'tr',
          {},
          ['Part', 'Bar', 'Contribution'].map(t => h('th', { scope: 'col' }, t)),
        ),
      ),
      h(
        'tbody',
        {},
        lines.map(({ words, v }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, words),
            h(
              'td',
              { class: 'axis' },
              h('span', {
                class: `swing ${v < 0 ? 'minus' : 'plus'}`,
                'aria-hidden': 'true',
                vars: { '--share': Number.isFinite(v) ? (Math.abs(v) / scale).toFixed(4) : '0' },
              }),
            ),
            h('td', { class: 'mono value' }, f.signed(v, 2)),
          ),
        ),
      ),
      sum === undefined
        ? null
        : h(
            'tfoot',
            {},
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, 'Together: the score'),
              h('td', {}),
              h('td', { class: 'mono value' }, f.signed(sum, 2)),
            ),
          ),
    ),
  ];
}

function clauseLine(c, v) {
  const less = c.sign < 0;
  return {
    v,
    words: [
      h('span', { class: `word ${less ? 'less' : ''}` }, less ? 'less ' : 'more '),
      c.text,
      c.weight !== 1 ? h('span', { class: 'times' }, ` \u00d7 ${f.num(c.weight, 1)}`) : null,
      c.source === 'preference' ? h('span', { class: 'times' }, ' (standing)') : null,
    ],
  };
}
