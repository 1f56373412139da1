// A ranking at work: queue place, items and tokens done, time, scores as they arrive, and Cancel. The line keeps its
// place when nothing runs and says what the last ranking took, so that the list below does not jump.
// mountProgress(root, store, intents); store.job: the last progress event plus {started, scores, arrived}
import { h, svg, fillWith, announce } from '../../kit/dom.js';
import { progressLine, timeLeft, elapsed, extent, tookLine } from '../../kit/format.js';

export function mountProgress(root, store, intents) {
  const line = h('p', { class: 'progress-line' });
  const bar = h('progress', { max: 1, 'aria-label': 'Progress of the ranking' });
  const time = h('p', { class: 'fact mono' });
  const strip = svg('svg', {
    class: 'strip',
    viewBox: '0 0 1000 24',
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  const cancel = h(
    'button',
    { type: 'button', id: 'cancel', onclick: () => intents.cancel() },
    'Cancel',
    h('kbd', { 'aria-hidden': 'true' }, 'Esc'),
  );
  fillWith(root, h('div', { class: 'progress-text' }, line, time), bar, strip, cancel);
  let timer = 0,
    said = -1;
  const clock = () => {
    const { job } = store.get();
    if (!job) return;
    time.textContent = [elapsed(performance.now() - job.started), timeLeft(job.remaining_ms)]
      .filter(Boolean)
      .join(', ');
  };
  store.watch(['job', 'surface', 'result'], s => {
    root.classList.toggle('idle', !s.job);
    root.hidden = !s.job && !s.result;
    clearInterval(timer);
    if (!s.job) {
      said = -1;
      line.textContent = s.result ? tookLine(s.result, s.surface?.item_word ?? 'item') : '';
      time.textContent = '';
      return;
    }
    timer = setInterval(clock, 200);
    clock();
    const { share, text } = progressLine(s.job, s.surface?.item_word ?? 'item');
    line.textContent = text;
    if (share === null) bar.removeAttribute('value');
    else bar.value = share;
    const quarter = share === null ? 0 : Math.floor(share * 4);
    if (quarter > said) {
      said = quarter;
      announce(text);
    }
    drawStrip(strip, s.job.scores);
  });
}

function drawStrip(strip, scores) {
  const [min, max] = extent(scores);
  if (strip.childElementCount > scores.length) strip.replaceChildren();
  while (strip.childElementCount < scores.length)
    strip.append(svg('rect', { y: 2, width: 3, height: 20 }));
  [...strip.children].forEach((tick, i) =>
    tick.setAttribute('x', String(max > min ? 2 + ((scores[i] - min) / (max - min)) * 993 : 500)),
  );
}
