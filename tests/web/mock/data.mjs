// What the test double of the server knows: films, members, surfaces.
const FILMS = [
  [
    "The Lamplighter's Winter",
    'An old lamplighter keeps his round after the town is wired for electricity, and after his wife is gone.',
    'Drama',
  ],
  [
    'Salt Between the Boards',
    'A widow and her daughter repair a fishing boat through one slow, quiet summer of grief.',
    'Drama',
  ],
  [
    'Seven Minutes of Night',
    'A crew is hunted through a stranded ice station by something that mimics voices. Scary to the end.',
    'Horror, Thriller',
  ],
  [
    'Brass Pigeons',
    'Two safe crackers fall in love with the same bank, in a funny film about doors.',
    'Comedy, Crime',
  ],
  [
    'A Field Guide to Leaving',
    'A birdwatcher walks the coast from end to end, writing to a brother who no longer answers.',
    'Drama, Romance',
  ],
  [
    'Iron Titan Parade',
    'Giant robots settle a border quarrel over a city that would rather be asleep.',
    'Action, Sci-Fi',
  ],
  [
    'The Understudy',
    'The night the lead falls ill, nobody on stage knows their lines but the usher.',
    'Comedy, Musical',
  ],
  [
    'Nine Tides',
    'A lighthouse logbook, read aloud: nine storms, nine years, nine letters about loss and the sea.',
    'Documentary',
  ],
  ['Dust Ledger', 'A frontier bookkeeper discovers who really owns the railway.', 'Western'],
  [
    'What the Orchard Kept',
    'A family returns to sell the farm and stays for one last harvest; a quiet, tender story.',
    "Drama, Children's",
  ],
  ['Half a Moon of Cheese', 'A mouse, a rocket, and a very patient cat.', 'Animation, Comedy'],
  [
    'Cold Switchboard',
    'A telephone operator in 1947 overhears a crime that has not happened yet.',
    'Film-Noir, Mystery',
  ],
];
const WORDS = [
  'North',
  'Glass',
  'Paper',
  'Second',
  'Copper',
  'Low',
  'Hollow',
  'Early',
  'Quiet',
  'Borrowed',
];

function makeItems() {
  const items = FILMS.map(([title, text, tags], i) => ({
    id: String(i + 1),
    title,
    text,
    tags: tags.split(', '),
    popularity: 900 - 61 * i,
    time: 0,
  }));
  for (let i = items.length; i < 120; i++) {
    const [title, text, tags] = FILMS[i % FILMS.length];
    items.push({
      id: String(i + 1),
      title: `${WORDS[i % 10]} ${title.replace(/^(The|A) /, '')}`,
      text: `${text} Part ${1 + Math.floor(i / 12)}.`,
      tags: tags.split(', '),
      popularity: 300 - i,
      time: 0,
    });
  }
  return items;
}

export const SURFACES = {
  movies: {
    title: 'Movies',
    item_word: 'movie',
    example_wishes: [
      'Slow, quiet films about grief, nothing scary',
      'A funny film, nothing romantic, from before 1980',
      'Something for children that adults do not mind',
    ],
  },
  generic: { title: 'Items', item_word: 'item', example_wishes: ['Something unusual'] },
};

export function newStore(empty) {
  const history = [
    ['1', 5],
    ['3', 1],
    ['8', 4],
  ].map(([item, rating], i) => ({
    item,
    title: FILMS[item - 1][0],
    label: rating > 3 ? 'like' : 'dislike',
    rating,
    at: 880000000 + i * 86400,
  }));
  const members = [
    { id: '196', name: '196', profile: '49 years old, writer', history },
    { id: '7', name: '7', profile: '57 years old, administrator', history: [] },
  ];
  const catalogs = new Map(
    empty
      ? []
      : [
          ['jobs', { surface: 'generic', items: [], members: [], preferences: [], interactions: 0 }],
          [
            'movies',
            { surface: 'movies', items: makeItems(), members, preferences: [], interactions: 100000 },
          ],
        ],
  );
  return { catalogs, runs: new Map() };
}
