// The way from all items to the list, above it; each number changes what it counts. funnelLine(state, intents)
// "1,682 movies → 640 within your limits → 100 ranked (found by embedding and BM25) → 20 shown"
import { h, sr } from '../../kit/dom.js';
import { counted, plural, whole } from '../../kit/format.js';
import { CHOICES } from '../../kit/state.js';

const TOP_MAX = 500;

export function funnelLine(s, intents) {
  const f = s.result?.funnel;
  if (!f) return null;
  const word = s.surface?.item_word ?? 'item';
  const link = (id, text, title, act, more = {}) =>
    h('button', { type: 'button', class: 'link', id, 'data-key': id, title, onclick: act, ...more }, text);
  const hidden = s.constraints === 'hide';
  const shown = s.result.items?.length ?? 0;
  const steps = [
    link('funnel-items', counted(f.items, word), `Look at all ${plural(word)}`, () => intents.openBrowse()),
  ];
  if (f.within < f.items)
    steps.push(
      link(
        'funnel-within',
        `${whole(f.within)} within your limits`,
        hidden ? 'Show the others behind them again' : 'Show no others',
        () => intents.rankWith({ constraints: hidden ? CHOICES.constraints : 'hide' }),
        { 'aria-pressed': String(hidden) },
      ),
    );
  if (f.ranked < f.within || f.failing_kept)
    steps.push([
      link('funnel-ranked', `${whole(f.ranked)} ranked`, 'Change how many', () => intents.openSetting('count')),
      f.by ? h('span', { class: 'found-by' }, ` (found by ${f.by})`) : '',
      f.failing_kept ? `, ${whole(f.failing_kept)} of them outside your limits` : '',
    ]);
  if (shown < f.ranked)
    steps.push(
      link('funnel-shown', `${whole(shown)} shown`, `Show up to ${TOP_MAX} of them`, () =>
        intents.rankWith({ top: Math.min(TOP_MAX, f.ranked) }),
      ),
    );
  const more = f.ranked < f.items && s.retrieve !== 'all';
  const dot = () => h('span', { class: 'to', 'aria-hidden': 'true' }, ' \u00b7 ');
  const arrow = () => [h('span', { class: 'to', 'aria-hidden': 'true' }, ' \u2192 '), sr(', ')];
  return h(
    'p',
    { class: 'funnel', id: 'funnel' },
    steps.flatMap((step, i) => (i ? [arrow(), step] : [step])),
    more && [
      dot(),
      link('rank-all', `Rank all ${plural(word)}`, 'Takes longer: the model reads each of them', intents.rankAll),
    ],
    f.near > 0 && [
      dot(),
      link(
        'near-misses',
        `${counted(f.near, 'near miss')} left out`,
        `${plural(word)} that fail one limit only`,
        () => intents.openNear(),
      ),
    ],
  );
}
