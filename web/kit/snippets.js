// A ranking as commands and programs that ask for it again. Pure: (origin, request, items) -> text.

const FIRST = 5;
const pretty = request => JSON.stringify(request, null, 2);
const shell = text => `'${text.replaceAll("'", "'\\''")}'`;
// A JSON string is a string of Python and of JavaScript, too, once what ends a line in some is escaped.
const literal = text => JSON.stringify(text).replace(/[\u007f-\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const curl = (origin, request) =>
  `curl -sS ${origin}/api/rank \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(pretty(request))}\n`;

const ask = (origin, request) => `import json, urllib.request

request = json.loads(${literal(JSON.stringify(request))})
call = urllib.request.Request("${origin}/api/rank", json.dumps(request).encode(), {"Content-Type": "application/json"})
answer = json.load(urllib.request.urlopen(call))
`;

const python = (origin, request) => `${ask(origin, request)}for item in answer["items"]:
    print(item["rank"], item["score"], item["item"], item["title"])
`;

const javascript = (origin, request) => `const answer = await (
  await fetch('${origin}/api/rank', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(${pretty(request).replaceAll('\n', '\n    ')}),
  })
).json();
for (const { rank, score, item, title } of answer.items) console.log(rank, score, item, title);
`;

// Exits with 1 when one of the items that are first now is no longer among the first.
const check = (origin, request, items) => {
  const first = items.slice(0, FIRST).map(i => i.item);
  return `${ask(origin, { ...request, save: false })}expected = json.loads(${literal(JSON.stringify(first))})
first = [item["item"] for item in answer["items"][:${FIRST}]]
missing = [item for item in expected if item not in first]
print("first ${FIRST}:", *first)
raise SystemExit(f"no longer among the first ${FIRST}: {', '.join(missing)}" if missing else 0)
`;
};

export const SNIPPETS = { curl, Python: python, JavaScript: javascript, 'CI check': check };
