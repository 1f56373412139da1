// The models of the server: which there are, and which one ranks when none is named.
// modelActions(session, api, ranking) returns {load, makeDefault}; state.models is the answer of GET /api/models
export function modelActions(session, api, ranking) {
  const { get, set, failed } = session;

  async function load() {
    try {
      const [models, model] = await Promise.all([api.models(), api.model()]);
      set({ models, model });
    } catch {
      /* a ranking names its model itself */
    }
  }

  async function makeDefault(id) {
    if (get().modelJob) return;
    set({ modelJob: { id, loaded: 0 } });
    try {
      await api.defaultModel(id, p => set({ modelJob: { id, loaded: p.loaded ?? 0 } }));
    } catch (e) {
      set({ modelJob: null });
      await load();
      return failed(`The model ${id}`, e, () => makeDefault(id));
    }
    await load();
    set({ modelJob: null });
    ranking.forgetAnswers();
    session.tell('models');
    session.change({ modelId: '' });
    return ranking.now();
  }
  return { load, makeDefault };
}
