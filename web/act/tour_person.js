// The person of the tour: what is known, what they like later, and among which other items it must be found.
import * as plan from './tour_plan.js';

const OTHERS = 60,
  PAGES = 12,
  PEOPLE = 20;

// people: members with a history, this one among them. Throws where too little can be held back.
export async function personOf(api, catalog, id, people) {
  const { history } = await api.member(catalog, id);
  const parts = plan.split([...history].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)));
  if (!parts)
    throw new Error('This member likes too few items to hold some back. Choose another one.');
  const seen = new Set(history.map(i => i.item));
  const [all, others] = await Promise.all([
    sample(api, catalog),
    othersLiked(
      api,
      catalog,
      people.map(m => m.id).filter(m => m !== id),
      seen,
    ),
  ]);
  const tags = new Map(all.map(i => [i.id, i.tags ?? []]));
  const likes = parts.known.filter(plan.liked);
  return {
    known: parts.known,
    wanted: new Set(parts.wanted.map(i => i.item)),
    others: others.length,
    candidates: plan.shuffled([...parts.wanted.map(i => i.item), ...others], id),
    wish: plan.wishOf(
      likes.map(i => tags.get(i.item)).filter(Boolean),
      all.map(i => i.tags ?? []),
    ),
  };
}

// Items from all over the catalogue, for what its tags are like.
async function sample(api, catalog) {
  const { total } = await api.items(catalog, { limit: 1 });
  const size = Math.ceil(total / PAGES);
  const pages = await Promise.all(
    Array.from({ length: PAGES }, (_, i) =>
      api.items(catalog, { offset: i * size, limit: Math.min(100, size) }),
    ),
  );
  return pages.flatMap(p => p.items);
}

// What must not be mistaken for a like: items from other people's histories, so that popular ones come up as often
// as they are popular, and popularity alone does not solve the task.
async function othersLiked(api, catalog, ids, seen) {
  const people = await Promise.all(plan.spreadOver(ids, PEOPLE).map(m => api.member(catalog, m)));
  const items = people.flatMap(m => plan.spreadOver(m.history, 20).map(i => i.item));
  return plan.spreadOver(
    [...new Set(items)].filter(i => !seen.has(i)),
    OTHERS,
  );
}
