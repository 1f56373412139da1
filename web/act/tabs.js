// What this tab does when another one has changed something: it follows, and keeps its own wish.
// followTabs(session, acts) sets session.tell; acts: {preferences, models, ranking, route, wish}
import { announce } from '../kit/dom.js';
import { createTabs } from '../kit/tabs.js';

export function followTabs(session, { preferences, models, ranking, route, wish }) {
  const { get } = session;
  const heard = {
    preferences: catalog => catalog === get().catalog && preferences.changed(),
    models() {
      ranking.forgetAnswers();
      return models.load();
    },
    async catalogs() {
      ranking.forgetAnswers();
      const catalogs = await route.loadCatalogs();
      const { catalog } = get();
      if (!catalog) return wish.setCatalog(catalogs[0]?.name ?? '');
      if (catalogs.some(c => c.name === catalog) || get().stored) return;
      const text = `The catalogue ${catalog} was deleted in another tab.`;
      announce(text);
      await wish.setCatalog(catalogs[0]?.name ?? '');
      session.notice({ text });
    },
    // The name comes with the message: what the browser keeps may reach this tab later.
    theme(name) {
      document.documentElement.dataset.theme = name;
      session.set({ theme: name });
    },
  };
  const tabs = createTabs((what, detail) =>
    Promise.resolve(Object.hasOwn(heard, what) && heard[what](detail)).catch(() => {}),
  );
  session.tell = tabs.tell;
}
