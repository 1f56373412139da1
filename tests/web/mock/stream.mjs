// A ranking as events, as slow or as broken as the wish asks for: "queue", "cut", "break", "slow motion".
import { noise } from './words.mjs';

const FULL = {
  code: 'out_of_memory',
  message: 'The ranking needs 812 MB and 500 MB are allowed.',
  field: 'candidates.count',
  line: null,
  hint: 'Rank fewer candidates or start with a larger --memory.',
};
const TOTAL = 100;
const wait = ms => new Promise(done => setTimeout(done, ms));
const queued = at => ({
  phase: 'queue',
  queue_position: at,
  items_done: 0,
  items_total: TOTAL,
  tokens_done: 0,
  tokens_total: 0,
  elapsed_ms: 0,
  remaining_ms: null,
});
const scoring = (done, stepMs) => ({
  phase: 'score',
  items_done: done,
  items_total: TOTAL,
  tokens_done: done * 81,
  tokens_total: TOTAL * 81,
  elapsed_ms: (done * stepMs) / 10,
  remaining_ms: ((TOTAL - done) * stepMs) / 10,
  queue_position: 0,
});

export async function stream(res, seen, stepMs, result, wish) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const pace = wish.includes('slow motion') ? 20 : wish.includes('queue') ? 8 : 1;
  let seq = 0,
    gone = false;
  res.on('close', () => {
    gone = !res.writableFinished;
    if (gone) seen.aborted++;
  });
  const send = (event, body) => res.write(`event: ${event}\ndata: ${JSON.stringify({ seq: ++seq, ...body })}\n\n`);
  for (let q = wish.includes('queue') ? 3 : 0; q > 0 && !gone; q--) {
    send('progress', queued(q));
    await wait(stepMs * 8);
  }
  for (let done = 0; done <= TOTAL && !gone; done += 10) {
    if (wish.includes('cut') && done === 50) return res.destroy();
    if (wish.includes('break') && done === 50) {
      send('error', { error: FULL });
      return res.end();
    }
    send('progress', scoring(done, stepMs));
    for (let k = done; k < Math.min(TOTAL, done + 10); k++)
      send('score', { item: String(k + 1), logprob: noise(`s${k}`) * 4 - 1 });
    await wait(stepMs * pace);
  }
  if (gone) return;
  send('done', { result });
  res.end();
}
