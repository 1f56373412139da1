// The calls of the view Brew.
import { json, post } from '../../kit/api.js';

const at = id => `/api/brews/${encodeURIComponent(id)}`;

export const calls = {
  brews: async () => (await json('/api/brews')).brews,
  brew: id => json(at(id)),
  // {steps, seconds_step, seconds_training}
  estimate: (recipe, signal) => json(...post('/api/brews?dry_run=1', recipe, signal)),
  begin: recipe => json(...post('/api/brews', recipe)),
  goOn: id => json(...post(`${at(id)}/resume`, {})),
  adopt: (id, force) => json(...post(`${at(id)}/adopt`, { force })),
  discard: id => json(at(id), { method: 'DELETE' }),
  // Gives up the task of a brew; nothing when it has just ended.
  async cancel(id) {
    const { tasks } = await json('/api/tasks');
    const task = tasks.find(t => t.kind === 'brew' && t.subject === id);
    if (task) await json(`/api/tasks/${task.id}`, { method: 'DELETE' });
  },
  adapters: async () => (await json('/api/adapters')).adapters,
  dropAdapter: async name =>
    (await json(`/api/adapters/${encodeURIComponent(name)}`, { method: 'DELETE' })).adapters,
  addAdapter: async (name, file) =>
    (
      await json(`/api/adapters?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/octet-stream' },
        body: file,
      })
    ).adapters,
};
