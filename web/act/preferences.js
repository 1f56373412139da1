// Standing preferences: wishes that the server keeps for a catalogue, or for one of its members, until they end.
// preferenceActions(session, api) returns {load, need, changed, add, edit, drop, move}; each change is seen in the ranking at once.

const LONGEST_TIMER_S = 86400;

export function preferenceActions(session, api) {
  const { get, set, failed } = session;
  let timer = 0,
    loadedFor = null;

  // A preference that ends while the page is open must not seem to count.
  function wakeAtNextEnd(preferences) {
    clearTimeout(timer);
    const now = Date.now() / 1000;
    const ends = preferences.map(p => p.expires).filter(t => t && t > now);
    const left = Math.min(...ends) - now;
    if (left < LONGEST_TIMER_S) timer = setTimeout(() => changed(), (left + 1) * 1000);
  }

  async function load() {
    const { catalog } = get();
    let preferences = [];
    try {
      if (catalog) ({ preferences } = await api.preferences(catalog));
    } catch {
      /* the catalogue is not there: the ranking says so */
    }
    if (get().catalog !== catalog) return;
    set({ preferences });
    loadedFor = catalog;
    wakeAtNextEnd(preferences);
  }

  // Waits only for those of another catalogue; the same ones are looked at again meanwhile.
  async function need() {
    const done = load();
    if (loadedFor !== get().catalog) await done;
  }

  async function changed() {
    await load();
    session.onChange();
  }

  async function act(title, change) {
    try {
      await change(get().catalog);
    } catch (e) {
      failed(title, e);
    }
    session.tell('preferences', get().catalog);
    return changed();
  }

  const next = () => get().preferences.reduce((n, p) => Math.max(n, p.position + 1), 0);
  const end = seconds => (seconds ? Math.round(Date.now() / 1000) + seconds : null);

  return {
    load,
    need,
    changed,
    // The words are split as a wish is, so that "nothing scary" becomes less of "scary".
    add: (text, { seconds, member }) =>
      act('The preference was not kept', async catalog => {
        const { clauses } = await api.clauses(text);
        const parts = clauses.length ? clauses : [{ text, sign: 1, weight: 1 }];
        for (const { text: words, sign, weight } of parts)
          await api.addPreference(catalog, {
            text: words,
            sign,
            weight,
            member,
            position: next() + parts.findIndex(p => p.text === words),
            expires: end(seconds),
          });
      }),
    edit: (id, patch) =>
      act('The preference was not changed', catalog => api.putPreference(catalog, id, patch)),
    setEnd: (id, seconds) =>
      act('The preference was not changed', catalog =>
        api.putPreference(catalog, id, { expires: end(seconds) }),
      ),
    drop: id =>
      act('The preference was not removed', catalog => api.dropPreference(catalog, id)),
    // Puts one in the place of another; positions are numbered anew, since several may share one.
    move: (id, place) =>
      act('The order was not changed', async catalog => {
        const order = get().preferences.filter(p => p.id !== id);
        const moved = get().preferences.find(p => p.id === id);
        order.splice(
          get().preferences.findIndex(p => p.id === place),
          0,
          moved,
        );
        for (const [i, p] of order.entries())
          if (p.position !== i) await api.putPreference(catalog, p.id, { position: i });
      }),
  };
}
