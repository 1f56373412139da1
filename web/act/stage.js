// The views beside the ranking. Each is a module of its own that is loaded when it is first asked for.
// createStage(root, rankRoot, context): a module exports mount(root, context) -> {enter(query), leave()}
import { h, styled } from '../kit/dom.js';

const LOAD = {
  compare: () => import('../view/compare/compare.js'),
  tour: () => import('../view/tour/tour.js'),
  evaluate: () => import('../view/evaluate/evaluate.js'),
  brew: () => import('../view/brew/brew.js'),
  story: () => import('../view/runs/story.js'),
  runs: () => import('../view/runs/runs.js'),
};
export const TITLES = {
  rank: 'Rank',
  compare: 'Compare',
  tour: 'Tour',
  evaluate: 'Evaluate',
  brew: 'Brew',
  runs: 'Runs',
  story: 'A story',
};

export function createStage(root, rankRoot, context) {
  const made = new Map(); // name -> {box, view}
  let at = 'rank';

  async function viewOf(name) {
    if (!made.has(name)) {
      const [{ mount }] = await Promise.all([LOAD[name](), styled('views.css')]);
      const box = h('div', { class: `view view-${name}`, hidden: true });
      root.append(box);
      made.set(name, { box, view: mount(box, context) });
    }
    return made.get(name);
  }

  function leave() {
    made.get(at)?.view.leave?.();
    for (const { box } of made.values()) box.hidden = true;
    at = 'rank';
    root.hidden = true;
    rankRoot.hidden = false;
    document.title = 'Taproom';
  }

  return {
    leave,
    async enter(name, query) {
      if (at !== name) leave();
      at = name;
      rankRoot.hidden = true;
      root.hidden = false;
      document.title = `${TITLES[name]} \u2013 Taproom`;
      try {
        const { box, view } = await viewOf(name);
        if (at !== name) return;
        box.hidden = false;
        await view.enter(query);
        // A key may have brought the person here from a row that is out of sight now.
        if (at === name && (document.activeElement === document.body || rankRoot.contains(document.activeElement)))
          root.focus({ preventScroll: true });
      } catch (e) {
        made.delete(name);
        context.session.failed(TITLES[name], e, () => this.enter(name, query));
      }
    },
  };
}
